import {readdir, readFile} from 'node:fs/promises';
import path from 'node:path';
import {afterEach, beforeEach, expect, it} from 'vitest';
import {type ScriptedModelServer, startScriptedModelServer} from '../../src/testing/scripted-model-server.ts';
import {makeFleet} from '../../src/testing/temporary-fleet.ts';
import {anthropicAt, invitePerson, type Person, wholeFile} from '../support/person.ts';

let server: ScriptedModelServer;
let person: Person;

beforeEach(async () => {
  server = await startScriptedModelServer();
  person = await invitePerson(anthropicAt(server.url));
  await makeFleet(path.join(person.home, 'code'), {
    api: {files: {'main.py': 'print("hello")\n', 'src/a.py': 'x = 1\n'}},
  });
  await person.write('config/repos.json', {repositories: [{name: 'api', path: '~/code/api'}]});
});

afterEach(async () => {
  await person[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

it('works through a repo with tools, and the diff is what counts', async () => {
  server.reply(({turns, toolResults}) => {
    if (turns === 0)
      return {
        text: 'I look first.',
        toolCalls: [
          {name: 'list_files', input: {}},
          {name: 'read_file', input: {path: 'main.py'}},
        ],
      };
    if (turns === 1) {
      expect(toolResults.map(({text}) => text)).toEqual(['main.py\nsrc/a.py', 'print("hello")']);
      return {text: '', toolCalls: [{name: 'write_file', input: {path: 'README.md', content: wholeFile('api')}}]};
    }
    return {text: '', toolCalls: [{name: 'finish', input: {summary: 'Wrote the README.'}}]};
  });
  const said = await person.start(['--agent', '--skill', 'readme-generator', '--repo-names', 'api']);
  expect(said.stderr).toBe('');
  expect(said.stdout).toMatch(/job=readme-generator\/api changed README\.md \+\d+ -0 \d\.\d{4} USD/);
  expect(said).toMatchObject({exitCode: 0, stderr: ''});
  const [row] = await person.results();
  expect(row).toMatchObject({status: 'success', outcome: 'changed', mode: 'agent', attempts: 3});
  expect(row?.usage?.requests).toBe(3);
  expect(await readFile(path.join(person.home, 'code/api/README.md'), 'utf8')).toBe(wholeFile('api'));
  const folder = path.join(person.state, 'runs', row!.run, 'transcripts');
  const [file] = await readdir(folder);
  expect(file).toMatch(/^readme-generator-api-[0-9a-f]{16}\.jsonl$/);
  const lines = (await readFile(path.join(folder, file!), 'utf8'))
    .trim()
    .split('\n')
    .map(line => JSON.parse(line));
  expect(lines.map(({type, turn, tool}) => [type, turn, tool].filter(part => part !== undefined).join(' '))).toEqual([
    'job',
    'system',
    'prompt',
    'reply 1',
    'result 1 list_files',
    'result 1 read_file',
    'reply 2',
    'result 2 write_file',
    'reply 3',
    'result 3 finish',
  ]);
});
