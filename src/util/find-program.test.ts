import {chmodSync, mkdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {expect, it} from 'vitest';
import {makeTemporaryDirectory} from '../testing/temporary-fleet.ts';
import {findProgram, programFile, searchPath} from './find-program.ts';
import {runCommand} from './run-command.ts';

it.each([
  ['/usr/bin:/bin', '/usr/bin:/bin'],
  [':/usr/bin', '/usr/bin'],
  ['/usr/bin:', '/usr/bin'],
  ['/usr/bin::/bin', '/usr/bin:/bin'],
  ['.:./bin:bin:../bin:/bin', '/bin'],
  ['', '/usr/local/bin:/usr/bin:/bin'],
  ['.', '/usr/local/bin:/usr/bin:/bin'],
  [undefined, '/usr/local/bin:/usr/bin:/bin'],
])('PATH %j is searched as %j', (PATH, searched) => {
  expect(searchPath({PATH})).toBe(searched);
});

it('finds programs, and neither folders nor files that cannot be run', async () => {
  await using temporary = await makeTemporaryDirectory();
  const [first, second] = ['first', 'second'].map(name => path.join(temporary.path, name)) as [string, string];
  mkdirSync(path.join(first, 'tool'), {recursive: true});
  mkdirSync(second);
  writeFileSync(path.join(first, 'other'), 'no program');
  for (const name of ['tool', 'other']) writeFileSync(path.join(second, name), '#!/bin/sh\n', {mode: 0o755});
  const env = {PATH: `${first}:${second}`};
  expect(findProgram('tool', env)).toBe(path.join(second, 'tool'));
  expect(findProgram('other', env)).toBe(path.join(second, 'other'));
  expect(findProgram('third', env)).toBeUndefined();
  expect(() => programFile('third', env)).toThrow('spawn third ENOENT');
});

it.each([':', '.:', 'bin:', '/nonexistent::'])('with PATH %j no program of a working directory is run', async PATH => {
  await using temporary = await makeTemporaryDirectory();
  for (const name of ['planted', 'bin/planted']) {
    const file = path.join(temporary.path, name);
    mkdirSync(path.dirname(file), {recursive: true});
    writeFileSync(file, '#!/bin/sh\ntouch ran\n');
    chmodSync(file, 0o755);
  }
  await expect(runCommand('planted', [], {cwd: temporary.path, env: {PATH}})).rejects.toThrow('ENOENT');
  // Nor by a program that we run, which looks for others by itself.
  const nested = await runCommand('sh', ['-c', 'planted'], {cwd: temporary.path, env: {PATH: `${PATH}:/usr/bin:/bin`}});
  expect(nested.exitCode).toBe(127);
});
