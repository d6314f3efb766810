import type {TreeEntry} from '../domain/git.ts';

/** What `verify: "auto"` runs: the usual check of each kind of project that lies at the root of the repo, as the planned commit has it. */
export async function findVerifyCommands(
  entries: ReadonlyMap<string, Pick<TreeEntry, 'kind'>>,
  read: (path: string) => Promise<string | undefined>,
): Promise<string[]> {
  const has = (path: string): boolean => ['file', 'executable'].includes(entries.get(path)?.kind ?? '');
  const text = async (path: string): Promise<string> => (has(path) ? ((await read(path)) ?? '') : '');
  const commands: string[] = [];
  if (hasTestScript(await text('package.json'))) commands.push('npm test');
  const paths = [...entries.keys()];
  const isPython = ['pyproject.toml', 'setup.py', 'setup.cfg', 'tox.ini', 'pytest.ini', 'requirements.txt'].some(has);
  const hasPythonTest = paths.some(path => /(?:^|\/)(?:test_[^/]*|[^/]*_test)\.py$/.test(path));
  if (has('pytest.ini') || (isPython && hasPythonTest)) commands.push('pytest');
  if (has('Cargo.toml')) commands.push('cargo test --offline');
  if (has('go.mod') && paths.some(path => path.endsWith('_test.go'))) commands.push('go test ./...');
  const makefile = await readMakefile(text);
  const target = ['check', 'test'].find(name => new RegExp(`^${name}\\s*::?(?!=)`, 'm').test(makefile));
  // A Makefile beside another build is mostly a front of it.
  if (target !== undefined && commands.length === 0) commands.push(`make ${target}`);
  return commands;
}

/** The one that make takes. */
export async function readMakefile(read: (path: string) => Promise<string | undefined>): Promise<string> {
  return (await read('GNUmakefile')) || (await read('makefile')) || (await read('Makefile')) || '';
}

function hasTestScript(manifest: string): boolean {
  try {
    const {scripts} = JSON.parse(manifest) as {scripts?: {test?: unknown}};
    return typeof scripts?.test === 'string' && !/no test specified/.test(scripts.test);
  } catch {
    // A manifest that npm cannot read either.
    return false;
  }
}
