// Compiles src to dist for the package; a checkout runs its sources unbuilt.
import {spawnSync} from 'node:child_process';
import {cpSync, globSync, rmSync} from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
rmSync(path.join(root, 'dist'), {recursive: true, force: true});
// The page runs in a browser, with other types. It goes first, so that what both share gets its declarations.
const status = compile('src/web/page/tsconfig.build.json') || compile('tsconfig.build.json');
for (const style of globSync('**/*.css', {cwd: path.join(root, 'src')})) {
  cpSync(path.join(root, 'src', style), path.join(root, 'dist', style));
}
process.exitCode = status;

function compile(project) {
  const tsc = path.join(root, 'node_modules/.bin/tsc');
  return spawnSync(tsc, ['-p', project], {cwd: root, stdio: 'inherit'}).status ?? 1;
}
