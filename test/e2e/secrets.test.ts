import {existsSync} from 'node:fs';
import {readdir, readFile} from 'node:fs/promises';
import path from 'node:path';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {type ScriptedModelServer, startScriptedModelServer} from '../../src/testing/scripted-model-server.ts';
import {makeFleet, makeRepo} from '../../src/testing/temporary-fleet.ts';
import {anthropicAt, invitePerson, type Person, repoOf, wholeFile} from '../support/person.ts';

// Of no vendor's form, so that nothing but knowing it can find it.
const key = 'canary-key-of-the-operator-93c1e7';

let server: ScriptedModelServer;
let person: Person;
beforeEach(async () => {
  server = await startScriptedModelServer();
  person = await invitePerson(anthropicAt(server.url, key));
});
afterEach(async () => {
  await person[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

describe('secrets', () => {
  it('the key of the operator is in nothing that is written or said, not even when the server repeats it', async () => {
    await person.own(['well', 'bad-request', 'forbidden', 'broken', 'in-file']);
    server.reply(request => {
      const told = String(request.headers['x-api-key']);
      expect(told).toBe(key);
      switch (repoOf(request)) {
        case 'bad-request':
          return {fault: 'status', status: 400, message: `your key ${told} is odd`, type: told};
        case 'forbidden':
          return {fault: 'status', status: 403, message: `not for ${told}`};
        case 'broken':
          return {fault: 'raw', body: `<html>${told}</html>`};
        case 'in-file':
          return wholeFile(`Project ${told}`);
        default:
          return wholeFile('Well');
      }
    });
    await person.write('config/night.json', {
      tasks: [{name: 'READMEs', skill: 'readme-generator', group: 'all'}],
      settings: {max_attempts: 1, log_file: '~/night.log'},
    });
    const said = [await person.start(['--config', 'config/night.json'])];
    for (const args of [
      ['status'],
      ['status', '--json'],
      ['report'],
      ['report', '--md', '-'],
      ['history', '--json'],
      ['logs'],
      ['list', 'models', '--json'],
      ['doctor'],
    ])
      said.push(await person.call(args));
    for (const one of said) expect(one.stdout + one.stderr).not.toContain(key);
    expect(await filesWith(person.directory, [key, Buffer.from(key).toString('base64').slice(0, 40)])).toEqual([]);
    const rows = await person.results();
    expect(rows.map(row => `${row.repo} ${row.outcome}`)).toEqual([
      'well changed',
      'bad-request provider-bad-request',
      'forbidden provider-forbidden',
      'broken reply-malformed',
      'in-file reply-malformed',
    ]);
  });

  it("a repo's files with secrets are held back, and named in plan, row and log", async () => {
    const token = `ghp_${'A1b2C3d4E5f6'.repeat(3)}`;
    await makeRepo(path.join(person.home, 'code/api'), {
      files: {
        'main.py': 'print("hello")\n',
        '.env': 'DB_PASSWORD=correct-horse-battery\n',
        'deploy/settings.py': `import os\nTOKEN = "${token}"\n`,
        'deploy/db.ini': 'host = db\npassword = hunter2\n',
        'docs/mirror.md': 'Clone https://bob:Xk29sLq8WzT3@example.com/repo.git first.\n',
        'keys/server.pem': '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----\n',
      },
    });
    const names = ['.env', 'deploy/db.ini', 'deploy/settings.py', 'docs/mirror.md', 'keys/server.pem'];
    const args = ['--skill', 'readme-generator', '--repos', '~/code/api'];
    const text = await person.call([...args, '--dry-run']);
    for (const name of names) expect(text.stdout).toContain(`held back: ${name} (`);
    const plan = JSON.parse((await person.call([...args, '--dry-run', '--json'])).stdout);
    expect(plan.jobs[0].held_back.map((held: string) => held.split(' ')[0])).toEqual(names);

    server.reply(wholeFile('API'));
    const {exitCode, stdout} = await person.call(args);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('held-back=5');
    const [row] = await person.results();
    expect(row?.held_back?.map(held => held.split(' ')[0])).toEqual(names);
    const {body} = server.requests[0]!;
    for (const secret of [
      token,
      'correct-horse-battery',
      'hunter2',
      'Xk29sLq8WzT3',
      'MIIEvQIBADANBgkqhkiG9w0BAQEFAASC',
    ]) {
      expect(body).not.toContain(secret);
      expect(stdout + JSON.stringify(row) + text.stdout).not.toContain(secret);
      expect(await filesWith(person.state, [secret])).toEqual([]);
    }
    // What is held back is named to the model, so that it does not wonder.
    for (const name of names) expect(server.requests[0]!.prompt).toContain(`"${name}": secret`);
  });

  it('nothing of one repo is in a request for another, over sixty repos', async () => {
    const names = Array.from({length: 60}, (_, index) => `r${index}`);
    const canary = (name: string, where: string): string => `canary-${where}-of-${name}-end`;
    await makeFleet(
      path.join(person.home, 'code'),
      Object.fromEntries(
        names.map(name => [
          name,
          {
            files: {
              'main.py': `print("${canary(name, 'file')}")\n`,
              'README.md': `# ${name}\n\n${canary(name, 'readme')}\n`,
              [`src/${canary(name, 'path')}.py`]: 'x = 1\n',
            },
            commits: [{files: {'b.py': 'y = 2\n'}, message: canary(name, 'message'), author: canary(name, 'author')}],
          },
        ]),
      ),
    );
    await person.write('config/repos.json', {
      repositories: names.map(name => ({name, path: `~/code/${name}`, description: canary(name, 'description')})),
    });
    server.reply(request => wholeFile(repoOf(request)));
    expect((await person.call(['--skill', 'readme-generator', '--max-workers', '16'])).exitCode).toBe(0);
    expect((await person.call(['--skill', 'journal', '--max-workers', '16'])).exitCode).toBe(0);
    expect(server.requests).toHaveLength(120);
    for (const request of server.requests) {
      const found = new Set(Array.from(request.body.matchAll(/canary-[a-z]+-of-(r\d+)-end/g), match => match[1]));
      expect([...found]).toEqual([repoOf(request)]);
    }
    expect(server.requests[0]!.body).toContain(canary(repoOf(server.requests[0]!), 'file'));
  });
});

async function filesWith(folder: string, texts: readonly string[]): Promise<string[]> {
  if (!existsSync(folder)) return [];
  const found: string[] = [];
  for (const entry of await readdir(folder, {recursive: true, withFileTypes: true})) {
    if (!entry.isFile()) continue;
    const bytes = await readFile(path.join(entry.parentPath, entry.name));
    if (texts.some(text => bytes.includes(text)))
      found.push(path.relative(folder, path.join(entry.parentPath, entry.name)));
  }
  return found;
}
