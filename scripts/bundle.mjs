// One bundle for the command line and the threads it starts, with the libraries in it: a run loads some twenty files instead of five
// hundred. Names stay, so that a stack still says where it was.
import {globSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {rolldown} from 'rolldown';

/** Writes the bundle and gives the licences of what is in it. */
export async function bundle(root, directory) {
  const source = path.join(root, 'src');
  const build = await rolldown({
    input: {
      main: path.join(source, 'cli/main.ts'),
      'context-thread': path.join(source, 'orchestrator/context/context-thread.ts'),
    },
    platform: 'node',
    // Of packages that have both, modules can be cut down to what is used.
    resolve: {mainFields: ['module', 'main']},
    external: [/^node:/, 'pg-native'],
    plugins: [keepPlaces(source)],
    onLog(level, log, report) {
      if (level === 'warn' && log.code === 'UNRESOLVED_IMPORT') throw new Error(log.message);
      if (level !== 'warn' || !['EVAL', 'CIRCULAR_DEPENDENCY'].includes(log.code)) report(level, log);
    },
  });
  const {output} = await build.write({
    dir: directory,
    format: 'esm',
    minify: {compress: false, mangle: false, codegen: {removeWhitespace: true}},
    chunkFileNames: '[name]-[hash].js',
  });
  await build.close();
  return licencesOf(output.flatMap(({moduleIds = []}) => moduleIds));
}

/** Modules that look for a file beside them find it beside their own compiled self, and threads beside the bundle. */
function keepPlaces(source) {
  return {
    name: 'keep-places',
    transform(code, id) {
      if (!id.startsWith(`${source}/`) || !code.includes('import.meta.url')) return null;
      const module = path.relative(source, id).replace(/\.ts$/, '.js');
      const place = module === 'orchestrator/context/context-threads.js' ? './main.js' : `../${module}`;
      return {code: code.replaceAll('import.meta.url', `new URL('${place}', import.meta.url).href`)};
    },
  };
}

function licencesOf(moduleIds) {
  const packages = new Map();
  for (const id of moduleIds) {
    const found = /^(.*\/node_modules\/((?:@[^/]+\/)?[^/]+))\//.exec(id);
    if (found !== null) packages.set(found[2], found[1]);
  }
  const sections = [...packages].sort().map(([name, folder]) => {
    const {version, license} = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
    const [file] = globSync('{LICENSE,LICENCE,license,License}*', {cwd: folder}).sort();
    const text = file === undefined ? '' : readFileSync(path.join(folder, file), 'utf8').trim();
    return `${name} ${version} (${license})\n\n${text}\n`;
  });
  return `What is in this bundle beside orchestrator itself:\n\n${sections.join(`\n${'-'.repeat(80)}\n\n`)}`;
}
