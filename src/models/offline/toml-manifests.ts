import {type Command, type EntryPoint, isPlainWord, type Manifest, type ManifestInput, textOf} from './manifest.ts';
import {listItems, readTomlLines} from './toml-lines.ts';

export function readCargoToml({file, paths}: ManifestInput): Manifest {
  const tables = readTomlLines(file.text);
  const crate = tables.get('package');
  const name = textOf(crate?.get('name'), 120);
  const rust = textOf(crate?.get('rust-version'), 20);
  const entryPoints: EntryPoint[] = [];
  if (paths.has('src/lib.rs')) entryPoints.push({path: 'src/lib.rs', role: 'the library'});
  if (paths.has('src/main.rs')) entryPoints.push({path: 'src/main.rs', role: `command ${name ?? 'main'}`});
  for (const path of paths) {
    if (/^src\/bin\/[^/]+\.rs$/.test(path)) entryPoints.push({path, role: `command ${path.slice(8, -3)}`});
  }
  const binaries = entryPoints.filter(entry => entry.role.startsWith('command '));
  return {
    path: file.path,
    stack: 'Rust',
    name,
    version: versionOf(crate?.get('version')),
    description: textOf(crate?.get('description')),
    license: textOf(crate?.get('license'), 60),
    requires: rust === undefined ? [] : [`Rust ${rust} or newer`],
    dependencies: crateNames(tables.get('dependencies')),
    developmentDependencies: crateNames(tables.get('dev-dependencies')),
    commands: [
      {kind: 'build', command: 'cargo build'},
      ...binaries.map(
        (entry): Command => ({
          kind: 'run',
          command: binaries.length === 1 ? 'cargo run' : `cargo run --bin ${entry.role.slice(8)}`,
        }),
      ),
      {kind: 'test', command: 'cargo test'},
    ],
    entryPoints,
  };
}

export function readPyproject({file, paths}: ManifestInput): Manifest {
  const tables = readTomlLines(file.text);
  const project = tables.get('project') ?? tables.get('tool.poetry');
  const poetry = tables.has('tool.poetry');
  const name = textOf(project?.get('name'), 120);
  const python = textOf(project?.get('requires-python'), 40);
  const extras = [...(tables.get('project.optional-dependencies') ?? []), ...(tables.get('dependency-groups') ?? [])];
  const development = extras
    .filter(([extra]) => /^(?:dev|test|tests|development)$/.test(extra))
    .flatMap(([, list]) => listItems(list));
  const scripts = [...(tables.get('project.scripts') ?? tables.get('tool.poetry.scripts') ?? [])].filter(([script]) =>
    isPlainWord(script),
  );
  const commands: Command[] = [
    {kind: 'install', command: paths.has('uv.lock') ? 'uv sync' : poetry ? 'poetry install' : 'pip install .'},
  ];
  for (const [script] of scripts) commands.push({kind: 'run', command: poetry ? `poetry run ${script}` : script});
  const entryPoints: EntryPoint[] = scripts.flatMap(([script, target]) => {
    const module = target.split(':', 1)[0]!.replaceAll('.', '/');
    const path = [`src/${module}.py`, `${module}.py`, `src/${module}/__init__.py`, `${module}/__init__.py`].find(it =>
      paths.has(it),
    );
    return path === undefined ? [] : [{path, role: `command ${script}`}];
  });
  const taken = new Set(entryPoints.map(entry => entry.path));
  for (const path of paths) {
    if (!/^(?:src\/)?[\w/]{1,100}\/__main__\.py$/.test(path) || taken.has(path)) continue;
    const module = path
      .replace(/^src\//, '')
      .slice(0, -'/__main__.py'.length)
      .replaceAll('/', '.');
    entryPoints.push({path, role: `python -m ${module}`});
    commands.push({kind: 'run', command: `python -m ${module}`});
  }
  const extra = extras.find(([, list]) => /pytest/.test(list))?.[0];
  if (extra !== undefined && tables.get('project.optional-dependencies')?.has(extra) === true && isPlainWord(extra)) {
    commands.push({kind: 'other', command: `pip install -e '.[${extra}]'`, note: 'for development'});
  }
  if ([...paths].some(path => /(?:^|\/)test_[^/]*\.py$|_test\.py$/.test(path))) {
    commands.push({kind: 'test', command: /pytest/.test(file.text.slice(0, 50_000)) ? 'pytest' : 'python -m unittest'});
  }
  return {
    path: file.path,
    stack: 'Python',
    name,
    version: versionOf(project?.get('version')),
    description: textOf(project?.get('description')),
    license: licenseOf(project?.get('license')),
    requires: python === undefined ? [] : [`Python ${python}`],
    dependencies: poetry ? crateNames(tables.get('tool.poetry.dependencies')) : listItems(project?.get('dependencies')),
    developmentDependencies: development,
    commands,
    entryPoints,
  };
}

function versionOf(value: string | undefined): string | undefined {
  const version = textOf(value, 60);
  return version !== undefined && /^\d/.test(version) ? version : undefined;
}

/** `MIT`, or the text of `{ text = "MIT" }`; a table that names a file says nothing. */
function licenseOf(value: string | undefined): string | undefined {
  if (value === undefined || !value.startsWith('{')) return textOf(value, 60);
  return textOf(/text\s{0,5}=\s{0,5}["']([^"']{1,60})["']/.exec(value)?.[1], 60);
}

function crateNames(entries: ReadonlyMap<string, string> | undefined): string[] {
  return [...(entries ?? [])].slice(0, 500).map(([name, value]) => {
    const version =
      /^[\d^~=<>*][^"{}]{0,40}$/.exec(value)?.[0] ?? /version\s{0,5}=\s{0,5}"([^"]{1,40})"/.exec(value)?.[1];
    return version === undefined ? name.slice(0, 120) : `${name.slice(0, 120)} ${version}`;
  });
}
