// Builds what is measured: a checkout whose sources are newer than its bundle runs the sources, and is slower and larger.
import {spawnSync} from 'node:child_process';
import {fileURLToPath} from 'node:url';

const {status} = spawnSync(process.execPath, [fileURLToPath(new URL('../scripts/build.mjs', import.meta.url))], {
  stdio: 'inherit',
});
if (status !== 0) throw new Error('the build failed');
