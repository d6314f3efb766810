// Compiles src to dist: modules with their types for programs, and one bundle for the command line. Run by npm when the
// packages of a checkout have changed and when it packs. Where only what is needed to run was installed, sources run as they are.
import {spawnSync} from 'node:child_process';
import {cpSync, existsSync, globSync, rmSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const tsc = path.join(root, 'node_modules/.bin/tsc');
const dist = path.join(root, 'dist');
const isPacking = ['pack', 'publish'].includes(process.env.npm_command);

if (existsSync(tsc) || isPacking) {
  rmSync(dist, {recursive: true, force: true});
  // The page runs in a browser, with other types. It goes first, so that what both share gets its declarations.
  process.exitCode = compile('src/web/page/tsconfig.build.json') || compile('tsconfig.build.json');
  for (const style of globSync('**/*.css', {cwd: path.join(root, 'src')})) {
    cpSync(path.join(root, 'src', style), path.join(dist, style));
  }
  if (process.exitCode === 0) {
    const {bundle} = await import('./bundle.mjs');
    writeFileSync(path.join(dist, 'bundle/LICENSES.txt'), await bundle(root, path.join(dist, 'bundle')));
  }
}

function compile(project) {
  return spawnSync(tsc, ['-p', project], {cwd: root, stdio: 'inherit'}).status ?? 1;
}
