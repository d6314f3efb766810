import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdir, readdir, readFile, symlink, writeFile} from 'node:fs/promises';
import {createServer, type ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import path from 'node:path';
import {createInterface} from 'node:readline';
import {describe, expect, it} from 'vitest';
import {makeFleet, makeTemporaryDirectory} from '../../src/testing/temporary-fleet.ts';
import {runCommand} from '../../src/util/run-command.ts';
import {root} from '../support/documents.ts';

describe('a run in the background', () => {
  // Sourced, so that this shell is its parent and learns its exit code.
  const withNohup = `source '${path.join(root, 'examples/nohup.sh')}' config/night.json`;
  const without = 'orchestrator --config config/night.json >/dev/null & echo "process $!."';

  it.each([
    ['with nohup', withNohup],
    ['without nohup', without],
  ])('survives the hang-up of its terminal %s, and tail -f shows its progress', async (_, start) => {
    await using night = await openNight();
    const shell = spawn('bash', ['-c', `${start}; wait "$!"`], {cwd: night.workspace, env: night.env});
    const [line] = (await once(createInterface(shell.stdout), 'line')) as [string];
    const pid = Number(/process (\d+)\./.exec(line)?.[1]);

    const first = await night.nextCall();
    await using tail = followLog(night.log);
    await tail.until(/job=repo-summarizer\/one started/);
    process.kill(pid, 'SIGHUP');
    answer(first);
    await tail.until(/job=repo-summarizer\/one changed PROJECT\.md \+3 -0/);

    const second = await night.nextCall();
    expect(tail.lines.join('\n')).not.toMatch(/finished/);
    answer(second);
    await tail.until(/finished: 2 changed; .*, exit 0/);
    expect(await once(shell, 'exit')).toEqual([0, null]);
  });
});

describe('a run from cron', () => {
  it('works from the crontab of the examples, in the environment of cron, and prints nothing', async () => {
    await using night = await openNight();
    const lines = (await readFile(path.join(root, 'examples/cron/crontab'), 'utf8')).split('\n');
    const entry = lines.find(line => /^\d/.test(line))!.replace('overnight.json', 'night.json');
    const command = entry.split(' ').slice(5).join(' ');
    const ended = runCommand(
      '/usr/bin/env',
      ['-i', `HOME=${night.home}`, `PATH=${night.env['PATH']}`, '/bin/sh', '-c', command],
      {
        cwd: night.home,
        env: {},
        timeoutMs: 50_000,
      },
    );
    for (const _ of ['one', 'two']) answer(await night.nextCall());
    const {exitCode, stdout, stderr} = await ended;
    expect({exitCode, stdout: stdout.toString(), stderr}).toEqual({exitCode: 0, stdout: '', stderr: ''});
    expect(await readFile(night.log, 'utf8')).toContain('finished: 2 changed');
    expect((await readdir(night.home)).filter(name => name.startsWith('orchestrator_batch_'))).toHaveLength(1);
  });
});

/** A home with a workspace, a fleet of two, a key file, a configuration, and a model server that answers when the test says so. */
async function openNight() {
  const directory = await makeTemporaryDirectory();
  const home = directory.path;
  const workspace = path.join(home, 'workspace');
  const waiting: ServerResponse[] = [];
  let arrived = (): void => {};
  const server = createServer((request, response) => {
    request.resume();
    if (request.headers.authorization !== 'Bearer key-of-the-night') return void response.writeHead(401).end();
    waiting.push(response);
    arrived();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  await makeFleet(workspace, {one: {files: {'a.txt': '1'}}, two: {files: {'a.txt': '2'}}});
  const bin = path.join(home, 'bin');
  for (const folder of [bin, path.join(workspace, 'config'), path.join(home, '.config/orchestrator')])
    await mkdir(folder, {recursive: true});
  await symlink(path.join(root, 'bin/orchestrator.js'), path.join(bin, 'orchestrator'));
  await writeFile(path.join(home, '.config/orchestrator/env'), 'LOCAL_KEY=key-of-the-night\n', {mode: 0o600});
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  await writeJson(path.join(workspace, 'config/models.json'), {
    providers: {local: {base_url: url, api_key_env: 'LOCAL_KEY'}},
  });
  await writeJson(path.join(workspace, 'config/night.json'), {
    tasks: [{name: 'Night', skill: 'repo-summarizer', repos: ['../one', '../two']}],
    settings: {model: 'local/any', parallel: false, log_file: '~/.orchestrator/logs/night.log'},
  });
  return {
    home,
    workspace,
    log: path.join(home, '.orchestrator/logs/night.log'),
    env: {
      HOME: home,
      PATH: `${bin}:${path.dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
      TMPDIR: home,
      LOCAL_KEY: 'key-of-the-night',
    } as Record<string, string>,
    async nextCall(): Promise<ServerResponse> {
      while (waiting.length === 0) await new Promise<void>(resolve => (arrived = resolve));
      return waiting.shift()!;
    },
    async [Symbol.asyncDispose](): Promise<void> {
      server.closeAllConnections();
      server.close();
      await directory[Symbol.asyncDispose]();
    },
  };
}

function answer(response: ServerResponse): void {
  const content = `# A project\n\n${'What it is and how it is laid out, in a few honest words. '.repeat(8)}\n`;
  response.writeHead(200, {'content-type': 'application/json'}).end(
    JSON.stringify({
      id: 'reply',
      object: 'chat.completion',
      created: 1,
      model: 'any',
      choices: [{index: 0, message: {role: 'assistant', content}, finish_reason: 'stop'}],
      usage: {prompt_tokens: 100, completion_tokens: 20, total_tokens: 120},
    }),
  );
}

function followLog(file: string) {
  const tail = spawn('tail', ['-n', '+1', '-F', file], {stdio: ['ignore', 'pipe', 'ignore']});
  const lines: string[] = [];
  let grew = (): void => {};
  createInterface(tail.stdout).on('line', line => {
    lines.push(line);
    grew();
  });
  return {
    lines,
    async until(pattern: RegExp): Promise<void> {
      while (!lines.some(line => pattern.test(line))) await new Promise<void>(resolve => (grew = resolve));
    },
    async [Symbol.asyncDispose](): Promise<void> {
      tail.kill();
      await once(tail, 'exit');
    },
  };
}

async function writeJson(file: string, value: unknown): Promise<void> {
  await writeFile(file, JSON.stringify(value));
}
