import {execFileSync, spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync, mkdirSync, readdirSync, statSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {expect, it} from 'vitest';
import {makeTemporaryDirectory} from '../testing/temporary-fleet.ts';

const script = (more: string): string[] => [
  '--input-type=module',
  '-e',
  `const {makeTemporaryFolder} = await import('${new URL('./temporary-folder.ts', import.meta.url)}');
console.log(makeTemporaryFolder('agent')); ${more}`,
];

it.skipIf(process.platform !== 'linux')(
  'temporary folders are private, and those of killed processes are removed by the next one',
  async () => {
    await using temporary = await makeTemporaryDirectory();
    const env = {PATH: process.env['PATH'], TMPDIR: temporary.path};
    mkdirSync(path.join(temporary.path, 'orchestrator-of-somebody-else'));
    const start = async () => {
      const child = spawn(process.execPath, script('setInterval(() => {}, 1000);'), {env});
      const [folder] = (await once(child.stdout, 'data')) as [Buffer];
      return {child, folder: folder.toString().trim()};
    };
    const [killed, living] = [await start(), await start()];
    expect(statSync(killed.folder).mode & 0o777).toBe(0o700);
    writeFileSync(path.join(killed.folder, 'key'), 'secret');
    killed.child.kill('SIGKILL');
    await once(killed.child, 'exit');
    execFileSync(process.execPath, script(''), {env});
    expect(existsSync(killed.folder)).toBe(false);
    expect(existsSync(living.folder)).toBe(true);
    expect(readdirSync(temporary.path)).toContain('orchestrator-of-somebody-else');
    living.child.kill('SIGKILL');
  },
);
