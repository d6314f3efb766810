// Every benchmark, one after another; the figures of one machine and day stand in bench/README.md.
import {spawnSync} from 'node:child_process';
import {fileURLToPath} from 'node:url';

for (const name of [
  'start.ts',
  'night.ts',
  'second-night.ts',
  'context.ts',
  'workspace.ts',
  'page.ts',
  'queue.ts',
  'agent.ts',
]) {
  const {status} = spawnSync(process.execPath, [fileURLToPath(new URL(name, import.meta.url))], {stdio: 'inherit'});
  if (status !== 0) process.exitCode = 1;
}
