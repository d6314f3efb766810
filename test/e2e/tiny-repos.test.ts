import {readFile} from 'node:fs/promises';
import path from 'node:path';
import {afterEach, beforeEach, expect, it} from 'vitest';
import {startScriptedModelServer} from '../../src/testing/scripted-model-server.ts';
import {type Files, makeFleet} from '../../src/testing/temporary-fleet.ts';
import {readDocuments} from '../support/documents.ts';
import {anthropicAt, invitePerson, type Person} from '../support/person.ts';

let person: Person;

const shipped = ['readme-generator', 'repo-summarizer', 'code-reviewer', 'journal'];

/** What people try a tool on first, and files whose words look like those of a model that talks. */
const tiny: Readonly<Record<string, Files>> = {
  title: {'README.md': '# title\n'},
  text: {'a.txt': 'hello\n'},
  'one-line': {'README.md': 'one line'},
  'no-title': {'README.md': '## Usage\n\nRun it.\n'},
  script: {'x.py': 'print(1)\n'},
  manifest: {'package.json': '{}'},
  licence: {LICENSE: 'MIT License\n'},
  blank: {'README.md': '\n'},
  colon: {'README.md': '# x\n\nUsage:'},
  talk: {'README.md': 'Sure! Here is the README:\n\n# x\n\nLet me know if you need anything else!\n'},
  'open-fence': {'README.md': '# x\n\n```sh\nfoo\n'},
  'dead-link': {'README.md': '# x\n\nSee the [docs](docs/none.md) for more about it.\n'},
  control: {'README.md': '# x\n\n\fA page\u001b[0m\n'},
  windows: {'README.md': '# x\r\n\r\nText.\r\n'},
};

beforeEach(async () => {
  person = await invitePerson();
  await makeFleet(
    path.join(person.home, 'code'),
    Object.fromEntries(Object.entries(tiny).map(([name, files]) => [name, {files}])),
  );
});

afterEach(() => person[Symbol.asyncDispose]());

it.each(shipped)('%s writes its file for every tiny repo without a model', async skill => {
  const {stdout, exitCode} = await person.call(['-s', skill, '-r', '~/code/*', '--model', 'offline']);
  expect(stdout.split('\n').filter(line => line.includes(' ERROR '))).toEqual([]);
  expect(exitCode).toBe(0);
  expect(await person.results()).toHaveLength(Object.keys(tiny).length);
});

it.each(shipped)('%s takes a short file from a model', async skill => {
  await using server = await startScriptedModelServer();
  server.reply(() => '# Title\n\nShort but fine.\n');
  const {exitCode} = await person.call(['-s', skill, '-r', '~/code/*'], {env: anthropicAt(server.url)});
  expect((await person.results()).map(({message}) => message).filter(message => message !== undefined)).toEqual([]);
  expect(exitCode).toBe(0);
});

it('writes the file of the skill in the guide without a model, with the heading that it asks for', async () => {
  const guide = readDocuments().find(({file}) => file === 'docs/guide/write-a-skill.md')!;
  const text = guide.fences.find(({language}) => language === 'markdown')!.text;
  await person.write('skills/licence-notes/SKILL.md', text);
  const run = ['-s', 'licence-notes', '-r', '~/code/manifest', '--model', 'offline'];
  expect((await person.call(run)).exitCode).toBe(0);
  const written = await readFile(path.join(person.home, 'code/manifest/LICENCES.md'), 'utf8');
  expect(written).toContain('\n## Dependencies\n');
});

it('says of a skill that cannot be satisfied without a model that a retry does not help', async () => {
  const skill = (name: string, checks: string): string =>
    `---\nname: ${name}\ndescription: x\nmetadata:\n  output: NOTES.md\n  checks:\n    ${checks}\n---\nWrite.\n`;
  await person.write('skills/wise/SKILL.md', skill('wise', 'must-contain: ["Wisdom is"]'));
  await person.write('skills/brief/SKILL.md', skill('brief', 'max-characters: 20'));
  for (const name of ['wise', 'brief']) {
    const {exitCode} = await person.call(['-s', name, '-r', '~/code/text', '--model', 'offline']);
    expect(exitCode).toBe(1);
    expect(await person.results()).toMatchObject([{outcome: 'offline-unfit'}]);
    const [cause] = JSON.parse((await person.call(['failures', '--json'])).stdout) as {retry_helps: string}[];
    expect(cause).toMatchObject({retry_helps: 'after-fix', next: expect.stringContaining('template.md')});
  }
});
