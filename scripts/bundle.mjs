// One bundle for the command line and the threads it starts, with the libraries in it: a run loads some twenty files instead of five
// hundred. Names stay, so that a stack still says where it was.
import {globSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {rolldown} from 'rolldown';

// Groups bring together what is imported late and what needs it at once, where both belong to the same users.
const quiet = new Set(['EVAL', 'CIRCULAR_DEPENDENCY', 'INEFFECTIVE_DYNAMIC_IMPORT']);

/** Writes the bundle and gives the licences of what is in it. */
export async function bundle(root, directory) {
  const source = path.join(root, 'src');
  const build = await rolldown({
    input: {
      main: path.join(source, 'cli/main.ts'),
      'context-thread': path.join(source, 'orchestrator/context/context-thread.ts'),
    },
    platform: 'node',
    preserveEntrySignatures: 'allow-extension',
    // Of packages that have both, modules can be cut down to what is used.
    resolve: {mainFields: ['module', 'main']},
    external: [/^node:/, 'pg-native'],
    plugins: [keepPlaces(source)],
    onLog(level, log, report) {
      if (level === 'warn' && log.code === 'UNRESOLVED_IMPORT') throw new Error(log.message);
      if (level !== 'warn' || !quiet.has(log.code)) report(level, log);
    },
  });
  const {output} = await build.write({
    dir: directory,
    // Found and linked faster than modules: the first call of a run goes out earlier (docs/adr/0020).
    format: 'cjs',
    minify: {compress: false, mangle: false, codegen: {removeWhitespace: true}},
    entryFileNames: '[name].cjs',
    chunkFileNames: '[name]-[hash].cjs',
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: [{name: groupsOf(source), debugName: 'users', test: id => id.startsWith(source + path.sep)}],
    },
  });
  await build.close();
  return licencesOf(output.flatMap(({moduleIds = []}) => moduleIds));
}

// What a run of simple mode loads before its first call, beside the command itself.
const lateInRun = `
  context/estimate-tokens context/render-context context/secrets delivery/files dispatch/limits dispatch/local dispatch/shared-limits
  models/ai-sdk-model models/models models/offline-model models/prices modes/simple
  orchestrator/context/context-threads orchestrator/context/open-contexts report/transcript run/obtain-reply run/reply-source
  run/repo-use run/run-gate run/run-jobs run/run-sandbox run/start-job run/steer-run run/verify-change util/holds-blob util/post-once
  workspace/object-store`;

/**
 * A file for each set of those that load a module: the command line, a run, its threads, `status`. To find a file takes longer than to
 * run what is in it, and nobody loads what only another needs.
 */
function groupsOf(source) {
  const moduleAt = name => path.join(source, `${name}.ts`);
  const users = {
    start: ['cli/main'],
    run: ['cli/commands/run', ...lateInRun.trim().split(/\s+/)],
    thread: ['orchestrator/context/context-thread'],
    status: ['cli/commands/status'],
  };
  let closures;
  return (id, context) => {
    closures ??= Object.entries(users).map(([name, roots]) => [name, closureOf(roots.map(moduleAt), context)]);
    const names = closures.filter(([, closure]) => closure.has(id)).map(([name]) => name);
    return names.includes('run') ? names.join('-') : null;
  };
}

/** The modules themselves and all that they import. Throws when there is no such module, so that a list does not grow old unseen. */
function closureOf(roots, context) {
  const found = new Set();
  const open = [...roots];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (found.has(id)) continue;
    const info = context.getModuleInfo(id);
    if (info === null) throw new Error(`no module ${id} in the bundle`);
    found.add(id);
    open.push(...info.importedIds.filter(imported => !imported.startsWith('node:')));
  }
  return found;
}

/** Modules that look for a file beside them find it beside their own compiled self, and threads beside the bundle. */
function keepPlaces(source) {
  return {
    name: 'keep-places',
    transform(code, id) {
      if (!id.startsWith(`${source}/`) || !code.includes('import.meta.url')) return null;
      const module = path.relative(source, id).replace(/\.ts$/, '.js');
      const isThread = module === 'orchestrator/context/context-threads.js';
      const placed = code.replaceAll(
        'import.meta.url',
        `new URL('${isThread ? './main.cjs' : `../${module}`}', import.meta.url).href`,
      );
      return {code: isThread ? placed.replace('./context-thread.js', './context-thread.cjs') : placed};
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
