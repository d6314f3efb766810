import {execFileSync} from 'node:child_process';
import {chmod, chown, mkdir, readdir, readFile, rename, rm, stat, symlink, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {deflateSync} from 'node:zlib';
import {expect, it} from 'vitest';
import type {FailureReason} from '../domain/outcome.ts';
import {JobFailure} from '../domain/outcome.ts';
import {
  borrowObjects,
  type Files,
  makeFleet,
  makeRepo,
  makeTemporaryDirectory,
  runGit,
} from '../testing/temporary-fleet.ts';
import {type ObjectStore, type ObjectStoreOptions, openObjectStore} from './object-store.ts';

it('reads HEAD, history, tree, sizes and contents of a repo as git tells them', async () => {
  await using rig = await openRig();
  const repo = await makeRepo(join(rig.path, 'repo'), {
    files: {'a.txt': 'one\n', 'dir/b.sh': {executable: 'run'}, 'dir.txt': 'x', link: {symlink: 'a.txt'}},
    commits: [
      {files: {'dir/sub/c.txt': 'three'}, message: 'Second\n\nWith a body.\n', author: 'Zoë', time: 1_760_000_000},
    ],
  });
  const store = await rig.open();
  using reader = await store.open(repo.path);
  expect(reader.head).toEqual({commit: repo.commit, branch: 'main'});
  const history = await reader.history(reader.head.commit, 10);
  expect(history.map(commit => [commit.id, commit.tree].join(' ')).join('\n')).toBe(
    await repo.git('log', '--format=%H %T'),
  );
  expect(history[0]).toMatchObject({authorName: 'Zoë', authorTime: 1_760_000_000, message: 'Second\n\nWith a body.\n'});
  const tree = await reader.tree(history[0]!.tree);
  expect(tree.map(entry => entry.path).join('\n')).toBe(await repo.git('ls-tree', '-r', '--name-only', 'HEAD'));
  expect(tree.map(entry => entry.kind)).toEqual(['file', 'file', 'executable', 'file', 'symlink']);
  const ids = tree.map(entry => entry.id);
  expect(await reader.sizes([...ids, '0'.repeat(40)])).toEqual([4, 1, 3, 5, 5, undefined]);
  const blobs = await reader.blobs(['0'.repeat(40), ...ids]);
  expect(blobs.map(blob => blob?.toString())).toEqual([undefined, 'one\n', 'x', 'run', 'three', 'a.txt']);
  expect(await reader.changes(history[1]!.tree, history[0]!.tree, 10)).toEqual([
    {path: 'dir/sub/c.txt', after: {kind: 'file', id: tree[3]!.id}},
  ]);
});

it('reads many repos through few processes, whatever characters their paths have', async () => {
  await using rig = await openRig();
  const names = [
    'a b',
    'new\nline',
    'co:lon',
    '"quoted"',
    'back\\slash',
    '#hash',
    'ünï',
    ...Array.from({length: 60}, (_, n) => `r${n}`),
  ];
  const fleet = await makeFleet(
    rig.path,
    Object.fromEntries(names.map((name, n) => [name, {files: {'n.txt': `${n}`}}])),
  );
  const paths = [...fleet.values()].map(repo => repo.path);
  for (const path of paths) await borrowObjects(path);
  const counter = await countingGit(rig.path);
  const store = await rig.open({gitPath: counter.path});
  store.plan(paths);
  const read = await Promise.all(paths.map(path => readAll(store, path)));
  expect(read).toEqual(names.map((_, n) => ({'n.txt': `${n}`})));
  await store.close();
  expect(await counter.starts()).toBe(5);
});

it('starts no git for what can be read from the files of the store', async () => {
  await using rig = await openRig();
  const repo = await makeRepo(join(rig.path, 'repo'), {
    packed: true,
    files: {'a.txt': '1', 'dir/b.txt': '2'},
    commits: [{files: {'a.txt': '3'}}],
  });
  const store = await rig.open({gitPath: '/nonexistent/git'});
  expect(await readAll(store, repo.path)).toEqual({'a.txt': '3', 'dir/b.txt': '2'});
  using reader = await store.open(repo.path);
  expect((await reader.history(reader.head.commit, 30)).map(({message}) => message)).toHaveLength(2);
});

it('reads linked worktrees, submodules, shallow, shared and bare clones, detached heads and packed refs', async () => {
  await using rig = await openRig();
  const at = (name: string): string => join(rig.path, name);
  const repo = await makeRepo(at('repo'), {
    files: {'a.txt': '1'},
    commits: [{files: {'a.txt': '2'}}, {files: {'a.txt': '3'}}],
  });
  await repo.git('worktree', 'add', '-q', '-b', 'feature/x', at('linked'), 'HEAD~1');
  await runGit(rig.path, ['clone', '-q', '--depth', '1', `file://${repo.path}`, at('shallow')]);
  await runGit(rig.path, ['clone', '-q', '--shared', repo.path, at('shared')]);
  await runGit(rig.path, ['clone', '-q', '--bare', repo.path, at('bare')]);
  const parent = await makeRepo(at('parent'), {files: {'p.txt': 'p'}});
  await parent.git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', repo.path, 'sub');
  await parent.git('commit', '-q', '-m', 'Add sub');
  const store = await rig.open();

  using linked = await store.open(at('linked'));
  expect(linked.head.branch).toBe('feature/x');
  expect(await readAll(store, at('linked'))).toEqual({'a.txt': '2'});
  using shallow = await store.open(at('shallow'));
  expect(await shallow.history(shallow.head.commit, 10)).toHaveLength(1);
  for (const name of ['shallow', 'shared', 'bare', 'parent/sub']) {
    expect(await readAll(store, at(name)), name).toEqual({'a.txt': '3'});
  }
  using outer = await store.open(parent.path);
  const entries = await outer.tree((await outer.history(outer.head.commit, 1))[0]!.tree);
  expect(entries.map(entry => `${entry.kind} ${entry.path}`)).toEqual([
    'file .gitmodules',
    'file p.txt',
    'submodule sub',
  ]);

  await repo.git('pack-refs', '--all', '--prune');
  await repo.git('gc', '-q');
  expect(await readdir(join(repo.path, '.git/refs/heads'))).not.toContain('main');
  expect(await readAll(store, repo.path)).toEqual({'a.txt': '3'});
  await rm(join(repo.path, '.git/HEAD'));
  await symlink('refs/heads/main', join(repo.path, '.git/HEAD'));
  using linkedHead = await store.open(repo.path);
  expect(linkedHead.head).toEqual({commit: repo.commit, branch: 'main'});
  await repo.git('checkout', '-q', '--detach', 'HEAD~2');
  using detached = await store.open(repo.path);
  expect(detached.head).toEqual({commit: await repo.git('rev-parse', 'HEAD')});
});

it('reads repositories of the sha256 object format', async () => {
  await using rig = await openRig();
  const path = join(rig.path, 'new');
  await runGit(rig.path, ['init', '-q', '--object-format=sha256', path]);
  await writeFile(join(path, 'a.txt'), 'sha256');
  await runGit(path, ['add', '.']);
  await runGit(path, ['commit', '-q', '-m', 'First']);
  const old = await makeRepo(join(rig.path, 'old'), {files: {'a.txt': 'sha1'}, packed: true});
  await runGit(path, ['gc', '-q']);
  const store = await rig.open();
  store.plan([path, old.path]);
  expect(await readAll(store, path)).toEqual({'a.txt': 'sha256'});
  expect(await readAll(store, old.path)).toEqual({'a.txt': 'sha1'});
});

it('names what is wrong with a path', async () => {
  await using rig = await openRig();
  const at = (name: string): string => join(rig.path, name);
  await makeRepo(at('unborn'));
  await mkdir(at('plain/sub'), {recursive: true});
  await writeFile(at('file'), '');
  await makeRepo(at('pipe-git/x'));
  execFileSync('mkfifo', [at('pipe-git/.git')]);
  for (const name of ['pipe', 'zero', 'long', 'escaping', 'loop', 'nonsense', 'none']) {
    await makeRepo(at(name), {files: {a: '1'}});
    await rm(join(at(name), '.git/HEAD'));
  }
  execFileSync('mkfifo', [at('pipe/.git/HEAD')]);
  await symlink('/dev/zero', at('zero/.git/HEAD'));
  await writeFile(at('long/.git/HEAD'), 'a'.repeat(10_000));
  await writeFile(at('escaping/.git/HEAD'), 'ref: refs/../../../unborn/.git/HEAD\n');
  await writeFile(at('loop/.git/HEAD'), 'ref: refs/heads/main\n');
  await writeFile(at('loop/.git/refs/heads/main'), 'ref: refs/heads/main\n');
  await writeFile(at('nonsense/.git/HEAD'), 'hello\n');
  await mkdir(at('dangling'));
  await writeFile(at('dangling/.git'), 'gitdir: ../nowhere\n');
  const store = await rig.open();
  const reasons: Record<string, FailureReason> = {
    missing: 'path-missing',
    'file/x': 'path-missing',
    'a\0b': 'path-missing',
    file: 'not-a-repository',
    plain: 'not-a-repository',
    'plain/sub': 'not-a-repository',
    'pipe-git': 'not-a-repository',
    dangling: 'not-a-repository',
    none: 'not-a-repository',
    unborn: 'no-commits',
    pipe: 'repo-corrupt',
    zero: 'repo-corrupt',
    long: 'repo-corrupt',
    escaping: 'repo-corrupt',
    loop: 'repo-corrupt',
    nonsense: 'repo-corrupt',
  };
  for (const [name, reason] of Object.entries(reasons)) {
    expect(await reasonOf(store.open(at(name))), name).toBe(reason);
  }
  await expect(store.open(at('missing'))).rejects.toThrow(/^Path does not exist$/);
});

it('asks git about refs in the reftable format, and says so when that git cannot read it', async () => {
  await using rig = await openRig();
  const repo = await makeRepo(join(rig.path, 'repo'), {files: {a: '1'}});
  await mkdir(join(repo.path, '.git/reftable'));
  await writeFile(join(repo.path, '.git/HEAD'), 'ref: refs/heads/.invalid\n');
  await writeFile(
    join(repo.path, '.git/config'),
    '[core]\n\trepositoryformatversion = 1\n[extensions]\n\trefstorage = reftable\n',
  );
  // A newer git finds that the table is empty.
  expect(['repo-unsupported', 'no-commits']).toContain(await reasonOf((await rig.open()).open(repo.path)));
});

it('reads the repo of another owner, and says so when it may not', async context => {
  if (process.geteuid?.() !== 0) return context.skip();
  await using rig = await openRig();
  const repo = await makeRepo(join(rig.path, 'repo'), {files: {'a.txt': '1'}});
  for (const part of ['.', '.git', '.git/config', '.git/HEAD']) await chown(join(repo.path, part), 4711, 4711);
  const store = await rig.open();
  expect(await readAll(store, repo.path)).toEqual({'a.txt': '1'});
  await chmod(join(repo.path, '.git'), 0o700);
  await chmod(rig.path, 0o755);
  process.seteuid?.(65_534);
  try {
    expect(await reasonOf(store.open(repo.path))).toBe('repo-unreadable');
  } finally {
    process.seteuid?.(0);
  }
});

it('refuses an object whose content does not match its id', async () => {
  await using rig = await openRig();
  const repo = await makeRepo(join(rig.path, 'repo'), {files: {'a.txt': 'honest', 'b.txt': 'other'}});
  const forge = async (id: string, raw: string): Promise<void> => {
    const file = join(repo.path, '.git/objects', id.slice(0, 2), id.slice(2));
    await rm(file);
    await writeFile(file, deflateSync(raw));
  };
  const blob = await repo.git('rev-parse', 'HEAD:a.txt');
  await forge(blob, 'blob 6\0forged');
  const store = await rig.open();
  using reader = await store.open(repo.path);
  expect(await reasonOf(reader.blobs([blob]))).toBe('repo-corrupt');
  expect((await reader.blobs([await repo.git('rev-parse', 'HEAD:b.txt')])).map(String)).toEqual(['other']);
  await forge(repo.commit, `commit 52\0tree ${'1'.repeat(40)}\n\nhello\n`);
  expect(await reasonOf(reader.history(repo.commit, 5))).toBe('repo-corrupt');
});

it('a repo whose objects are damaged, missing or block fails alone', async () => {
  await using rig = await openRig();
  const names = ['good', 'cut', 'pipe', 'gone', 'pack'];
  const fleet = await makeFleet(
    rig.path,
    Object.fromEntries(names.map(name => [name, {files: {'a.txt': `of ${name}`}, packed: name === 'pack'}])),
  );
  const objectOf = async (name: string): Promise<string> => {
    const id = fleet.get(name)!.commit;
    const file = join(fleet.get(name)!.path, '.git/objects', id.slice(0, 2), id.slice(2));
    await rm(file, {force: true});
    return file;
  };
  await writeFile(await objectOf('cut'), deflateSync('commit 2000\0tree').subarray(0, 9));
  execFileSync('mkfifo', [await objectOf('pipe')]);
  await objectOf('gone');
  const packs = join(fleet.get('pack')!.path, '.git/objects/pack');
  const pack = join(packs, (await readdir(packs)).find(file => file.endsWith('.pack'))!);
  const bytes = await readFile(pack);
  await chmod(pack, 0o600);
  await writeFile(pack, Buffer.concat([bytes.subarray(0, 20), Buffer.alloc(bytes.length - 20, 0xff)]));
  const store = await rig.open({silenceMs: 300});
  store.plan(names.map(name => fleet.get(name)!.path));
  const results = await Promise.all(
    names.map(name => readAll(store, fleet.get(name)!.path).catch((error: JobFailure) => error.failure.reason)),
  );
  expect(results).toEqual([{'a.txt': 'of good'}, 'repo-corrupt', 'repo-corrupt', 'repo-corrupt', 'repo-corrupt']);
});

it('still answers a job that thought for longer than git may keep it waiting', async () => {
  await using rig = await openRig();
  const repo = await makeRepo(join(rig.path, 'slow'), {files: {a: '1'}});
  const store = await rig.open({silenceMs: 1_000});
  using reader = await store.open(repo.path);
  for (let question = 0; question < 3; question++) {
    expect(await reader.history(repo.commit, 1)).toHaveLength(1);
    await new Promise(resolve => setTimeout(resolve, 1_300));
  }
});

it('refuses trees that expand without end, and lists 50,000 files', async () => {
  await using rig = await openRig();
  const files: Record<string, string> = {};
  for (let n = 0; n < 50_000; n++) files[`d${n % 97}/e${n % 11}/f${n}.txt`] = `${n % 1000}`;
  const big = await makeRepo(join(rig.path, 'big'), {files, bare: true, packed: true});
  const store = await rig.open();
  using reader = await store.open(big.path);
  const {tree} = (await reader.history(big.commit, 1))[0]!;
  const entries = await reader.tree(tree);
  expect(entries.map(entry => entry.path).join('\n')).toBe(await big.git('ls-tree', '-r', '--name-only', big.commit));
  expect(await reasonOf(reader.tree(tree, {maxEntries: 49_999}))).toBe('tree-too-large');

  const bomb = await makeRepo(join(rig.path, 'bomb'), {files: {a: '1'}});
  let inner = await runGit(bomb.path, ['mktree'], `100644 blob ${await bomb.git('rev-parse', 'HEAD:a')}\tf\n`);
  for (let depth = 0; depth < 12; depth++) {
    const lines = Array.from({length: 10}, (_, n) => `040000 tree ${inner}\td${n}`);
    inner = await runGit(bomb.path, ['mktree'], `${lines.join('\n')}\n`);
  }
  using bombed = await store.open(bomb.path);
  expect(await reasonOf(bombed.tree(inner))).toBe('tree-too-large');
});

it('marks names that are not UTF-8, and never reads a blob that is huge', async () => {
  await using rig = await openRig();
  const repo = await makeRepo(join(rig.path, 'repo'), {files: {'huge.bin': Buffer.alloc(11 * 1024 * 1024)}});
  const blob = await repo.git('rev-parse', 'HEAD:huge.bin');
  const list = Buffer.concat([Buffer.from(`100644 blob ${blob}\tcaf`), Buffer.from([0xe9]), Buffer.from('.bin\0')]);
  const tree = await runGit(repo.path, ['mktree', '-z'], list);
  const store = await rig.open();
  using reader = await store.open(repo.path);
  expect(await reader.tree(tree)).toEqual([{path: 'caf\uFFFD.bin', kind: 'file', id: blob, readable: false}]);
  expect(await reader.sizes([blob])).toEqual([11 * 1024 * 1024]);
  expect(await reader.blobs([blob])).toEqual([undefined]);
});

it('executes nothing that a repo asks for, and changes nothing in it', async () => {
  await using rig = await openRig();
  const canary = join(rig.path, 'canary');
  const repo = await makeRepo(join(rig.path, 'repo'), {files: {'a.txt': '1', '.gitattributes': '* diff=x filter=x\n'}});
  const command = `touch ${canary}`;
  await writeFile(
    join(repo.path, '.git/config'),
    `[core]\n\tfsmonitor = ${command}\n\talternateRefsCommand = ${command}\n\tsshCommand = ${command}\n\tpager = ${command}\n` +
      `\thooksPath = hooks\n[diff "x"]\n\ttextconv = ${command}\n[filter "x"]\n\tsmudge = ${command}\n\tclean = ${command}\n\trequired = true\n` +
      `[extensions]\n\tpartialClone = origin\n[remote "origin"]\n\turl = ext::${command}\n\tpromisor = true\n` +
      `[uploadpack]\n\tpackObjectsHook = ${command}\n[include]\n\tpath = /dev/zero\n`,
  );
  await mkdir(join(repo.path, '.git/hooks'), {recursive: true});
  for (const hook of ['post-checkout', 'reference-transaction', 'post-index-change', 'fsmonitor-watchman']) {
    await writeFile(join(repo.path, '.git/hooks', hook), `#!/bin/sh\n${command}\n`, {mode: 0o755});
  }
  const before = await snapshot(repo.path);
  const store = await rig.open();
  expect(await readAll(store, repo.path)).toEqual({'.gitattributes': '* diff=x filter=x\n', 'a.txt': '1'});
  using reader = await store.open(repo.path);
  expect(await reader.blobs(['0'.repeat(40)])).toEqual([undefined]);
  await store.close();
  expect(await snapshot(repo.path)).toEqual(before);
  await expect(stat(canary)).rejects.toThrow('ENOENT');
});

it('reads a repo whole although a neighbour has damaged copies of the same objects', async () => {
  await using rig = await openRig();
  const files = {'a.txt': 'one\n', 'dir/b.txt': 'two\n'};
  const names = Array.from({length: 8}, (_, n) => `r${n}`);
  const fleet = await makeFleet(rig.path, Object.fromEntries(names.map(name => [name, {files}])));
  const paths = [...fleet.values()].map(repo => repo.path);
  const damages: [name: string, bytes: Buffer][] = [
    ['HEAD^{tree}', Buffer.from('garbage')],
    ['HEAD:a.txt', deflateSync('blob 4\0two\n')],
    ['HEAD', deflateSync('tree 0\0')],
  ];
  for (const [index, [name, bytes]] of damages.entries()) {
    const repo = fleet.get(`r${index * 2}`)!;
    const id = await repo.git('rev-parse', name);
    const file = join(repo.path, '.git/objects', id.slice(0, 2), id.slice(2));
    await rm(file);
    await writeFile(file, bytes);
  }
  const store = await rig.open();
  store.plan(paths);
  const healthy = paths.filter((_, n) => n > 4 || n % 2 === 1);
  // Of the damaged ones nothing false is read: they fail, or are whole by what a neighbour has.
  const read = await Promise.all(paths.map(path => readAll(store, path).catch(error => error)));
  expect(read.filter((_, n) => healthy.includes(paths[n]!))).toEqual(healthy.map(() => files));
  for (const found of read) if (!(found instanceof JobFailure)) expect(found).toEqual(files);
});

it('makes its own git dir once when several processes start together', async () => {
  await using rig = await openRig();
  const repo = await makeRepo(join(rig.path, 'repo'), {files: {'a.txt': '1'}});
  await borrowObjects(repo.path);
  const stores = await Promise.all(Array.from({length: 8}, () => rig.open()));
  await Promise.all(stores.map(store => readAll(store, repo.path)));
  expect(await readdir(join(rig.path, 'state/git'))).toEqual(['sha1.git']);
});

it('says what to install when git is missing or too old', async () => {
  await using rig = await openRig();
  const repo = await makeRepo(join(rig.path, 'repo'), {files: {'a.txt': '1'}});
  await borrowObjects(repo.path);
  const old = join(rig.path, 'old-git');
  await writeFile(old, '#!/bin/sh\nexit 129\n', {mode: 0o755});
  for (const [gitPath, code] of [
    [old, 'git-too-old'],
    ['/nonexistent/git', 'git-missing'],
  ] as const) {
    const store = await rig.open({gitPath});
    await expect(readAll(store, repo.path)).rejects.toMatchObject({code});
  }
});

interface Rig extends AsyncDisposable {
  readonly path: string;
  open(options?: Partial<ObjectStoreOptions>): Promise<ObjectStore>;
}

async function openRig(): Promise<Rig> {
  const directory = await makeTemporaryDirectory();
  const stores: ObjectStore[] = [];
  return {
    path: directory.path,
    open: async options => {
      const store = await openObjectStore({directory: join(directory.path, 'state/git'), ...options});
      stores.push(store);
      return store;
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(stores.map(store => store.close()));
      await directory[Symbol.asyncDispose]();
    },
  };
}

async function readAll(store: ObjectStore, path: string): Promise<Files> {
  using reader = await store.open(path);
  const commits = await reader.history(reader.head.commit, 1);
  const entries = (await reader.tree(commits[0]!.tree)).filter(entry => entry.kind !== 'submodule');
  const blobs = await reader.blobs(entries.map(entry => entry.id));
  return Object.fromEntries(entries.map((entry, index) => [entry.path, blobs[index]!.toString()]));
}

async function reasonOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'no failure';
  } catch (error) {
    return error instanceof JobFailure ? error.failure.reason : String(error);
  }
}

/** Path, time and content of every file of a repo. */
async function snapshot(path: string): Promise<string[]> {
  const lines: string[] = [];
  for (const entry of await readdir(path, {recursive: true, withFileTypes: true})) {
    const file = join(entry.parentPath, entry.name);
    const info = await stat(file);
    const content = entry.isFile() ? (await readFile(file)).toString('latin1') : '';
    lines.push(`${file} ${info.mtimeMs} ${info.ino} ${content}`);
  }
  return lines.sort();
}

async function countingGit(directory: string): Promise<{path: string; starts(): Promise<number>}> {
  const log = join(directory, 'git-starts');
  const path = join(directory, 'counting-git');
  await writeFile(`${path}.new`, `#!/bin/sh\necho x >> ${log}\nexec git "$@"\n`, {mode: 0o755});
  await rename(`${path}.new`, path);
  return {path, starts: async () => (await readFile(log, 'utf8')).split('x').length - 1};
}
