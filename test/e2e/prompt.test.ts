import {cp, rename, rm, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterEach, beforeEach, expect, it} from 'vitest';
import {type ScriptedModelServer, startScriptedModelServer} from '../../src/testing/scripted-model-server.ts';
import {makeRepo, runGit} from '../../src/testing/temporary-fleet.ts';
import {anthropicAt, invitePerson, type Person, repoOf, wholeFile} from '../support/person.ts';
import {serveTo} from '../support/served-page.ts';

interface Shown {
  readonly kind: string;
  readonly notes: readonly string[];
  readonly system: string | null;
  readonly prompt: string | null;
  readonly tools: readonly {name: string}[] | null;
  readonly digest: string | null;
  readonly sent_digest: string | null;
  readonly left_out: readonly {path: string; reason: string; detail?: string}[];
}

let server: ScriptedModelServer;
let person: Person;
let repo: string;

beforeEach(async () => {
  server = await startScriptedModelServer();
  person = await invitePerson(anthropicAt(server.url));
  repo = path.join(person.home, 'code', 'api');
  await makeRepo(repo, {
    files: {'main.py': 'print("hello")\n', 'logo.png': Buffer.from([137, 80, 78, 71, 0]), '.env': 'TOKEN=abc\n'},
  });
  await person.write('config/repos.json', {repositories: [{name: 'api', path: '~/code/api', description: 'An API'}]});
  await cp('skills/readme-generator', path.join(person.work, 'skills', 'readme-generator'), {recursive: true});
});

afterEach(async () => {
  await person[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

async function spendNight(...more: string[]): Promise<string> {
  const how = more.includes('--deliver') ? more : [...more, '--deliver', 'patch'];
  await person.call(['--skill', 'readme-generator', '--repo-names', 'api', ...how]);
  return (await person.results())[0]!.run;
}

async function shown(run: string): Promise<Shown> {
  const {stdout, stderr} = await person.call(['explain', 'api', '--prompt', '--run', run, '--json']);
  expect(stderr).toBe('');
  return JSON.parse(stdout) as Shown;
}

it('shows byte for byte what was sent, though the repo has moved on since', async () => {
  server.reply(request => wholeFile(repoOf(request)));
  const run = await spendNight();
  const [sent] = server.requests;
  await runGit(repo, ['checkout', '-q', '-b', 'other']);
  await writeFile(path.join(repo, 'main.py'), 'print("bye")\n');
  await runGit(repo, ['commit', '-q', '-a', '-m', 'bye']);
  const prompt = await shown(run);
  expect(prompt).toMatchObject({kind: 'exact', notes: [], system: sent!.system, prompt: sent!.prompt});
  expect(prompt.sent_digest).toBe(prompt.digest);
  expect(prompt.left_out).toEqual([
    {path: '.env', reason: 'secret', detail: expect.any(String)},
    {path: 'logo.png', reason: 'binary'},
  ]);
  const plain = await person.call(['explain', 'api', '--prompt', '--run', run]);
  expect(plain.stdout).toBe(`${sent!.system}\n\n${sent!.prompt}\n`);
  expect(plain.stderr).toContain(`exactly what was sent: digest ${prompt.digest}`);
  expect(plain.stderr).toContain('held back: .env');
  expect(server.requestCount).toBe(1);
});

it('says of a reply that was used again when it was sent', async () => {
  server.reply(request => wholeFile(repoOf(request)));
  const first = await spendNight('--deliver', 'files');
  await rm(path.join(repo, 'README.md'));
  const second = await spendNight('--deliver', 'files');
  expect(second).not.toBe(first);
  expect(server.requestCount).toBe(1);
  expect(await shown(second)).toMatchObject({
    kind: 'exact',
    notes: [expect.stringContaining(`sent in ${first}`)],
    prompt: server.requests[0]!.prompt,
  });
});

it('says what differs when it cannot be made again as it was', async () => {
  server.reply(request => wholeFile(repoOf(request)));
  const run = await spendNight();
  const file = path.join(person.work, 'skills', 'readme-generator', 'SKILL.md');
  await writeFile(file, '---\nname: readme-generator\ndescription: Another.\n---\nWrite less.\n');
  const changed = await shown(run);
  expect(changed).toMatchObject({
    kind: 'differs',
    notes: [expect.stringMatching(/^The skill has changed since: \w{12} then/)],
  });
  expect(changed.system).toContain('Write less.');
  expect(changed.sent_digest).not.toBe(changed.digest);

  await rename(repo, `${repo}-away`);
  await makeRepo(repo, {files: {'main.py': 'print("another repo")\n'}});
  expect((await shown(run)).notes).toEqual([
    expect.stringContaining('The skill has changed'),
    expect.stringMatching(/^The commit \w{12} that it was made from is gone/),
  ]);

  await rm(repo, {recursive: true});
  const gone = await shown(run);
  expect(gone).toMatchObject({kind: 'none', notes: ['It cannot be made again: Path does not exist'], prompt: null});

  await rm(path.join(person.work, 'skills'), {recursive: true});
  expect((await shown(run)).notes).toEqual([expect.stringContaining('"readme-generator" cannot be read any more')]);
});

it('shows what was sent when no reply came, and what would be sent now', async () => {
  server.reply({fault: 'status', status: 400});
  const run = await spendNight();
  expect(await shown(run)).toMatchObject({
    kind: 'unproven',
    notes: [expect.stringContaining('no reply is recorded')],
    prompt: server.requests[0]!.prompt,
  });
  const now = await person.call(['explain', 'api', '--skill', 'readme-generator', '--prompt']);
  expect(now).toMatchObject({exitCode: 0, stdout: expect.stringContaining('print("hello")')});
});

it('shows the first request of an agent with its tools, and says of a script that it asks no model', async () => {
  server.reply(({turns}) =>
    turns === 0
      ? {text: '', toolCalls: [{name: 'write_file', input: {path: 'README.md', content: wholeFile('api')}}]}
      : {text: '', toolCalls: [{name: 'finish', input: {summary: 'Wrote it.'}}]},
  );
  const run = await spendNight('--agent');
  const agent = await shown(run);
  expect(agent).toMatchObject({kind: 'exact', system: server.requests[0]!.system});
  expect(agent.tools!.map(({name}) => name)).toContain('write_file');

  await person.write(
    'skills/touch/SKILL.md',
    '---\nname: touch\ndescription: Touches.\nmetadata:\n  mode: script\n---\nTouches.\n',
  );
  await person.write('skills/touch/scripts/run', '#!/bin/sh\necho x > x\n');
  await person.call(['--script', '--skill', 'touch', '--repo-names', 'api', '--deliver', 'patch']);
  const script = (await person.results())[0]!.run;
  const said = await person.call(['explain', 'api', '--skill', 'touch', '--prompt', '--run', script]);
  expect(said).toMatchObject({exitCode: 1, stdout: '', stderr: expect.stringContaining('no model was asked')});
});

it('is on the page of the job, held back files named', async () => {
  server.reply(request => wholeFile(repoOf(request)));
  const run = await spendNight();
  await using served = await serveTo(person);
  const headers = {authorization: `Bearer ${served.url.split('#token=')[1]}`};
  const ask = async (address: string): Promise<unknown> =>
    await (await fetch(served.origin + address, {headers})).json();
  const {rows} = (await ask(`/api/runs/${run}/jobs`)) as {rows: {id: string}[]};
  expect(await ask(`/api/runs/${run}/jobs/${rows[0]!.id}/prompt`)).toMatchObject({
    kind: 'exact',
    texts: [
      {name: 'System', text: server.requests[0]!.system, cut: 0},
      {name: 'Prompt', text: server.requests[0]!.prompt, cut: 0},
    ],
    files: [{path: 'main.py', cut: false}],
    leftOut: [
      {path: '.env', reason: 'secret'},
      {path: 'logo.png', reason: 'binary'},
    ],
  });
  expect((await fetch(`${served.origin}/api/runs/${run}/jobs/none/prompt`, {headers})).status).toBe(404);
});

it('asks which job is meant, and needs --prompt for a run', async () => {
  server.reply(request => wholeFile(repoOf(request)));
  const run = await spendNight();
  await person.call(['--skill', 'repo-summarizer', '--repo-names', 'api', '--deliver', 'patch']);
  expect(await person.call(['explain', 'api', '--prompt'])).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('--skill'),
  });
  expect(await person.call(['explain', 'api', '--run', run])).toMatchObject({exitCode: 2});
  expect(await person.call(['explain', 'nothing', '--prompt', '--run', run])).toMatchObject({exitCode: 2});
});
