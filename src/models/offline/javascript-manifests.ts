import {type Command, type EntryPoint, isPlainWord, type Manifest, type ManifestInput, textOf} from './manifest.ts';

export function readPackageJson({file, paths}: ManifestInput): Manifest | undefined {
  const json = parseObject(file.text);
  if (json === undefined) return undefined;
  const manager = paths.has('pnpm-lock.yaml')
    ? 'pnpm'
    : paths.has('yarn.lock')
      ? 'yarn'
      : paths.has('bun.lock')
        ? 'bun'
        : 'npm';
  const locked = manager === 'npm' && paths.has('package-lock.json');
  const dependencies = namesAndRanges(json['dependencies']);
  const developmentDependencies = namesAndRanges(json['devDependencies']);
  const scripts = strings(json['scripts']).filter(([name]) => isPlainWord(name) && !/^(?:pre|post)/.test(name));
  const bins = binaries(json);
  const commands: Command[] = [];
  if (dependencies.length + developmentDependencies.length > 0) {
    commands.push({kind: 'install', command: locked ? 'npm ci' : `${manager} install`});
  }
  for (const [name, path] of bins) {
    if (paths.has(path)) commands.push({kind: 'run', command: `node ${path}`, note: `the command ${name}`});
  }
  for (const [name, script] of scripts) {
    const command = manager === 'npm' && !['test', 'start'].includes(name) ? `npm run ${name}` : `${manager} ${name}`;
    commands.push({kind: kindOfTask(name), command, note: textOf(script, 160)});
  }
  const entryPoints: EntryPoint[] = bins.map(([name, path]) => ({path, role: `command ${name}`}));
  const main = relativePath(json['main']) ?? relativePath(firstTarget(json['exports']));
  if (main !== undefined && paths.has(main))
    entryPoints.push({path: main, role: 'what an import of the package loads'});
  const node = textOf(objectOf(json['engines'])?.['node'], 60);
  return {
    path: file.path,
    stack: paths.has('tsconfig.json') ? 'TypeScript on Node.js' : 'Node.js',
    name: textOf(json['name'], 120),
    version: textOf(json['version'], 60),
    description: textOf(json['description']),
    license: textOf(json['license'], 60),
    requires: node === undefined ? [] : [`Node.js ${node}`],
    dependencies,
    developmentDependencies,
    commands,
    entryPoints,
  };
}

export function readDenoJson({file}: ManifestInput): Manifest | undefined {
  const json = parseObject(file.text.replace(/^[ \t]*\/\/.*$/gm, ''));
  if (json === undefined) return undefined;
  const tasks = strings(json['tasks']).filter(([name]) => isPlainWord(name));
  const main = relativePath(json['exports']) ?? relativePath(firstTarget(json['exports']));
  return {
    path: file.path,
    stack: 'Deno',
    name: textOf(json['name'], 120),
    version: textOf(json['version'], 60),
    license: textOf(json['license'], 60),
    dependencies: strings(json['imports']).map(([name, target]) => `${name} ${target}`),
    commands: tasks.map(([name, task]) => ({
      kind: kindOfTask(name),
      command: `deno task ${name}`,
      note: textOf(task, 160),
    })),
    entryPoints: main === undefined ? [] : [{path: main, role: 'what an import of the package loads'}],
  };
}

export function readComposerJson({file, paths}: ManifestInput): Manifest | undefined {
  const json = parseObject(file.text);
  if (json === undefined) return undefined;
  const required = strings(json['require']);
  const php = required.find(([name]) => name === 'php')?.[1];
  const isPackage = ([name]: [string, string]): boolean => name.includes('/');
  const scripts = Object.keys(objectOf(json['scripts']) ?? {}).filter(
    name => isPlainWord(name) && !/^(?:pre|post)-/.test(name),
  );
  return {
    path: file.path,
    stack: 'PHP',
    name: textOf(json['name'], 120),
    version: textOf(json['version'], 60),
    description: textOf(json['description']),
    license: textOf(json['license'], 60),
    requires: php === undefined ? [] : [`PHP ${php}`],
    dependencies: required.filter(isPackage).map(pair => pair.join(' ')),
    developmentDependencies: strings(json['require-dev'])
      .filter(isPackage)
      .map(pair => pair.join(' ')),
    commands: [
      {kind: 'install', command: 'composer install'},
      ...scripts.map((name): Command => ({kind: kindOfTask(name), command: `composer ${name}`})),
      ...(paths.has('phpunit.xml') || paths.has('phpunit.xml.dist')
        ? [{kind: 'test' as const, command: 'vendor/bin/phpunit'}]
        : []),
    ],
  };
}

/** What a task of this name is for. */
export function kindOfTask(name: string): Command['kind'] {
  if (/^(?:tests?|spec|check)(?:[:_-]|$)/i.test(name)) return 'test';
  if (/^(?:build|compile|all)(?:[:_-]|$)/i.test(name)) return 'build';
  if (name === 'install') return 'install';
  if (/^(?:start|run|serve|dev)(?:[:_-]|$)/i.test(name)) return 'run';
  return 'other';
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    return objectOf(JSON.parse(text));
  } catch {
    // not JSON: the file then says nothing we could repeat
    return undefined;
  }
}

function objectOf(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

function strings(value: unknown): [string, string][] {
  return Object.entries(objectOf(value) ?? {})
    .slice(0, 500)
    .filter((pair): pair is [string, string] => typeof pair[1] === 'string')
    .map(([name, text]) => [name.slice(0, 120), text.slice(0, 300)]);
}

const namesAndRanges = (value: unknown): string[] => strings(value).map(pair => pair.join(' '));

function binaries(json: Record<string, unknown>): [string, string][] {
  const own = textOf(json['name'], 120);
  const single = relativePath(json['bin']);
  const pairs: [string, unknown][] =
    single === undefined ? strings(json['bin']) : [[own?.split('/').at(-1) ?? 'main', single]];
  return pairs.flatMap(([name, target]) => {
    const path = relativePath(target);
    return path === undefined ? [] : [[name, path] as [string, string]];
  });
}

function firstTarget(exports: unknown): unknown {
  let target = objectOf(exports)?.['.'] ?? exports;
  // conditions nest: {"import": {"default": "./x.js"}}
  for (let depth = 0; depth < 5 && objectOf(target) !== undefined; depth++) {
    const conditions = objectOf(target)!;
    target = conditions['import'] ?? conditions['default'] ?? conditions['node'] ?? conditions['require'];
  }
  return target;
}

function relativePath(value: unknown): string | undefined {
  const path = textOf(value, 200)?.replace(/^\.\//, '');
  return path !== undefined && isPlainWord(path) ? path : undefined;
}
