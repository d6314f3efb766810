import {execFileSync, spawn} from 'node:child_process';
import {once} from 'node:events';
import {fileURLToPath} from 'node:url';
import {expect, it} from 'vitest';
import {runCommand} from './run-command.ts';

const env = {PATH: process.env['PATH']};

it('gives input, output and exit code, in a group of its own too', async () => {
  for (const group of [false, true]) {
    const options = {env, group, input: 'hello\n'};
    const ended = await runCommand('sh', ['-c', 'cat; echo "$0 $1" >&2; exit 3', 'a b', "c'd"], options);
    expect([ended.exitCode, ended.stdout.toString(), ended.stderr]).toEqual([3, 'hello\n', "a b c'd\n"]);
  }
});

it('ends a group at its time, with all that it started, and says that a signal did it', async () => {
  const mark = `7${String(Date.now()).slice(-7)}1`;
  const script = `sleep ${mark} & sleep ${mark}`;
  const {exitCode} = await runCommand('sh', ['-c', script], {env, group: true, timeoutMs: 200});
  expect(exitCode).toBeNull();
  await expect.poll(() => processes(mark), {timeout: 2000}).toEqual([]);
});

it('rejects for a program that is not there', async () => {
  for (const group of [false, true])
    await expect(runCommand('no-such-program', [], {env, group})).rejects.toMatchObject({code: 'ENOENT'});
});

it('leaves no group behind when the process that waits for it is killed', async () => {
  const mark = `7${String(Date.now()).slice(-7)}2`;
  const module = fileURLToPath(new URL('run-command.ts', import.meta.url));
  const script = `import {runCommand} from ${JSON.stringify(module)};
    await runCommand('sh', ['-c', 'sleep ${mark} & sleep ${mark}'], {env: process.env, group: true});`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {stdio: 'ignore'});
  await expect.poll(() => processes(mark).length, {timeout: 10_000}).toBeGreaterThan(1);
  child.kill('SIGKILL');
  await once(child, 'exit');
  await expect.poll(() => processes(mark), {timeout: 2000}).toEqual([]);
});

function processes(mark: string): string[] {
  const listed = execFileSync('ps', ['-eo', 'args'], {encoding: 'utf8'});
  return listed.split('\n').filter(line => line.startsWith('sleep') && line.includes(mark));
}
