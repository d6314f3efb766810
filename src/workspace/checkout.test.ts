import {execFileSync} from 'node:child_process';
import {mkdirSync} from 'node:fs';
import {
  chmod,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, it} from 'vitest';
import type {FileEdit} from '../domain/change.ts';
import {type Files, makeRepo, makeTemporaryDirectory, runGit} from '../testing/temporary-fleet.ts';
import {type Checkout, type CheckoutOptions, createCheckouts} from './checkout.ts';
import {openObjectStore} from './object-store.ts';

const isRoot = process.geteuid?.() === 0;

async function openRig(files: Files, change?: (at: string) => Promise<unknown>) {
  const temporary = await makeTemporaryDirectory();
  const directory = join(temporary.path, 'workspaces');
  const gitDirectory = join(temporary.path, 'git');
  const at = join(temporary.path, 'repo');
  await makeRepo(at, {files});
  await change?.(at);
  const store = await openObjectStore({directory: gitDirectory});
  const checkouts = createCheckouts({directory, gitDirectory});
  return {
    path: temporary.path,
    directory,
    repo: at,
    async create(options?: CheckoutOptions): Promise<Checkout> {
      return checkouts.create(await store.open(at), options);
    },
    async [Symbol.asyncDispose]() {
      await store.close();
      await temporary[Symbol.asyncDispose]();
    },
  };
}

async function writeSparse(file: string, size: number): Promise<void> {
  await writeFile(file, '');
  await truncate(file, size);
}

function show(edits: readonly FileEdit[]): string[] {
  return edits.map(({path, before, after}) => {
    const text = after === undefined ? 'gone' : `${after.kind} ${JSON.stringify(after.bytes.toString())}`;
    return `${path}: ${before?.kind ?? 'new'} -> ${text}`;
  });
}

it('holds exactly the bytes of the planned commit, whatever attributes and configuration ask for', async () => {
  const files: Files = {
    '.gitattributes':
      '* text eol=crlf ident\n*.txt filter=evil working-tree-encoding=UTF-16\n[attr]x filter=evil\n*.x x\n',
    'a.txt': 'one\n$Id$\n',
    'b.x': 'x\n',
    'crlf.md': 'one\r\n$Id: old$\r\n',
    'deep/er/run.sh': {executable: '#!/bin/sh\n'},
    out: {symlink: '/etc'},
    empty: '',
  };
  await using rig = await openRig(files, async at => {
    await runGit(at, ['update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},sub/mod`]);
    await runGit(at, ['commit', '-q', '-m', 'Submodule']);
    for (const key of ['filter.evil.smudge', 'filter.evil.clean', 'filter.evil.process', 'core.fsmonitor'])
      await runGit(at, ['config', key, `touch ${join(at, '../fired')}`]);
  });
  const checkout = await rig.create();
  const at = (name: string): string => join(checkout.directory, name);
  expect((await readdir(checkout.directory)).sort()).toEqual([
    '.gitattributes',
    'a.txt',
    'b.x',
    'crlf.md',
    'deep',
    'empty',
    'out',
    'sub',
  ]);
  expect(await readFile(at('a.txt'), 'utf8')).toBe('one\n$Id$\n');
  expect(await readFile(at('crlf.md'), 'utf8')).toBe('one\r\n$Id: old$\r\n');
  expect(await readlink(at('out'))).toBe('/etc');
  expect(await readdir(at('sub/mod'))).toEqual([]);
  expect((await lstat(at('deep/er/run.sh'))).mode & 0o111).not.toBe(0);
  expect(await checkout.edits()).toEqual([]);
  expect(await readdir(rig.path)).not.toContain('fired');
  await checkout.remove();
  expect(await readdir(rig.directory)).toEqual([]);
});

it('finds every kind of change, and says what it leaves out', async () => {
  await using rig = await openRig(
    {
      '.gitignore': 'node_modules/\n*.log\n!keep.log\n',
      'sub/.gitignore': '/out\n',
      'sub/a.txt': 'a\n',
      'same.txt': 'same\n',
      'gone.txt': 'gone\n',
      'run.sh': 'run\n',
      link: {symlink: 'same.txt'},
      'becomes-folder': 'x\n',
      'folder/x': 'x\n',
      'tracked.log': 'log\n',
    },
    async at => {
      await runGit(at, ['update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},mod`]);
      await runGit(at, ['commit', '-q', '-m', 'Submodule']);
    },
  );
  const checkout = await rig.create();
  const at = (name: string): string => join(checkout.directory, name);
  await writeFile(at('sub/a.txt'), 'b\n');
  await rm(at('gone.txt'));
  await chmod(at('run.sh'), 0o755);
  await rm(at('link'));
  await symlink('/etc/passwd', at('link'));
  await rm(at('becomes-folder'));
  await mkdir(at('becomes-folder/new'), {recursive: true});
  await writeFile(at('becomes-folder/new/y'), 'y\n');
  await rm(at('folder'), {recursive: true});
  await symlink('/etc', at('folder'));
  await writeFile(at('tracked.log'), 'more\n');
  for (const name of ['new.log', 'keep.log', 'sub/out', 'mod/inner', '.gitignore', 'sub/-dash', 'sub/:(top)x'])
    await writeFile(at(name), '*\n');
  for (const name of ['node_modules/a/b', '.git/objects', 'sub/.GIT', 'empty/folder'])
    await mkdir(at(name), {recursive: true});
  await writeFile(at('node_modules/a/b/c.js'), '');
  execFileSync('mkfifo', [at('pipe'), at('same.pipe')]);
  await writeFile(Buffer.concat([Buffer.from(`${checkout.directory}/`), Buffer.from([0xff, 0x61])]), '');

  expect(show(await checkout.edits())).toEqual([
    '.gitignore: file -> file "*\\n"',
    'becomes-folder: file -> gone',
    'becomes-folder/new/y: new -> file "y\\n"',
    'folder: new -> symlink "/etc"',
    'folder/x: file -> gone',
    'gone.txt: file -> gone',
    'keep.log: new -> file "*\\n"',
    'link: symlink -> symlink "/etc/passwd"',
    'run.sh: file -> executable "run\\n"',
    'sub/-dash: new -> file "*\\n"',
    'sub/:(top)x: new -> file "*\\n"',
    'sub/a.txt: file -> file "b\\n"',
    'tracked.log: file -> file "more\\n"',
  ]);
  expect(checkout.leftOut.map(({path, why}) => `${why} ${path}`).sort()).toEqual([
    'git .git/',
    'git sub/.GIT/',
    'ignored new.log',
    'ignored node_modules/',
    'ignored sub/out',
    'name \ufffda',
    'special pipe',
    'special same.pipe',
    'submodule mod/',
  ]);
});

it('sees a change that keeps size and time of the file', async () => {
  await using rig = await openRig({'a.txt': 'one\n', 'b.txt': 'one\n'});
  const checkout = await rig.create();
  const a = join(checkout.directory, 'a.txt');
  const {atime, mtime} = await lstat(a);
  await writeFile(a, 'two\n');
  await utimes(a, atime, mtime);
  expect(show(await checkout.edits())).toEqual(['a.txt: file -> file "two\\n"']);
  await writeFile(join(checkout.directory, 'b.txt'), 'one\n');
  await writeFile(a, 'one\n');
  expect(await checkout.edits()).toEqual([]);
});

it.each([
  ['a file that is too large', async (at: string) => writeSparse(join(at, 'big'), 33 * 1024 ** 2)],
  ['a sparse giant in place of a file', async (at: string) => writeSparse(join(at, 'a.txt'), 4 * 1024 ** 3)],
  ['files without end', async (at: string) => execFileSync('sh', ['-c', 'seq 20001 | xargs touch'], {cwd: at})],
])('refuses %s by name', async (_, spoil) => {
  await using rig = await openRig({'a.txt': 'one\n'});
  const checkout = await rig.create();
  await spoil(checkout.directory);
  await expect(checkout.edits()).rejects.toMatchObject({failure: {reason: 'change-too-large'}});
});

it('removes what forbids it and what is nested beyond the longest path', async () => {
  await using rig = await openRig({'a.txt': 'one\n'});
  const checkout = await rig.create();
  execFileSync(
    'sh',
    [
      '-c',
      'mkdir -p locked/in a && chmod 000 locked; d=$(printf "%0200d" 0); for i in $(seq 60); do mkdir t && mv a t/$d && mv t a; done',
    ],
    {
      cwd: checkout.directory,
    },
  );
  await checkout.edits();
  await checkout.remove();
  await checkout.remove();
  expect(await readdir(rig.directory)).toEqual([]);
});

it('is compared in a time that depth does not multiply, lets others have their turns, and ends when it is told to', async () => {
  await using rig = await openRig({'a.txt': 'one\n', '.gitignore': 'none\n'});
  const checkout = await rig.create();
  const folders = async (depth: number): Promise<void> => {
    const deep = join(checkout.directory, 'd/'.repeat(depth));
    await mkdir(deep, {recursive: true});
    for (let index = 0; index < 3000; index++) mkdirSync(join(deep, index.toString(36)));
  };
  const compared = async (): Promise<{cpu: number; turns: number}> => {
    let turns = 0;
    const watch = setInterval(() => turns++, 1);
    const before = process.cpuUsage();
    expect(show(await checkout.edits())).toEqual(['new.txt: new -> file "x\\n"']);
    const {user, system} = process.cpuUsage(before);
    clearInterval(watch);
    return {cpu: user + system, turns};
  };
  await writeFile(join(checkout.directory, 'new.txt'), 'x\n');
  await folders(1);
  const flat = await compared();
  await folders(1850);
  const deep = await compared();
  // With each folder opened from the top it would be a thousand times as much.
  expect(deep.cpu).toBeLessThan(20 * flat.cpu);
  expect(deep.turns).toBeGreaterThan(20);
  await expect(checkout.edits(AbortSignal.abort(new Error('out of time')))).rejects.toThrow('out of time');
  await checkout.remove();
});

it('forgets what it saw below an ignored folder, and names the folder once', async () => {
  await using rig = await openRig({'a.txt': 'one\n', '.gitignore': 'build/\n*.log\n', 'src/b.txt': 'two\n'});
  const checkout = await rig.create();
  for (const folder of ['new/pkg/build/deep/er', 'new/pkg/src', 'build/x'])
    await mkdir(join(checkout.directory, folder), {recursive: true});
  for (const file of [
    'new/pkg/build/deep/er/a',
    'new/pkg/build/a.log',
    'new/pkg/src/a',
    'new/pkg/src/b.log',
    'build/x/a',
  ])
    await writeFile(join(checkout.directory, file), 'x');
  execFileSync('mkfifo', [join(checkout.directory, 'new/pkg/build/deep/pipe'), join(checkout.directory, 'new/pipe')]);
  expect(show(await checkout.edits())).toEqual(['new/pkg/src/a: new -> file "x"']);
  expect(checkout.leftOut).toEqual([
    {path: 'build/', why: 'ignored'},
    {path: 'new/pipe', why: 'special'},
    {path: 'new/pkg/build/', why: 'ignored'},
    {path: 'new/pkg/src/b.log', why: 'ignored'},
  ]);
  await checkout.remove();
});

it('sweeps what dead processes left, and nothing of the living', async () => {
  await using rig = await openRig({'a.txt': 'one\n'});
  const living = await rig.create();
  const name = (await readdir(rig.directory))[0]!;
  const parts = name.split('.');
  for (const left of [[...parts.slice(0, 2), '1', 'boot_7', 'x'].join('.'), 'trash.abc'])
    await mkdir(join(rig.directory, left, 'tree'), {recursive: true});
  for (const kept of [['w', 'otherhost', ...parts.slice(2)].join('.'), 'notes']) await mkdir(join(rig.directory, kept));
  const checkouts = createCheckouts({directory: rig.directory, gitDirectory: join(rig.path, 'git')});
  await using store = await openObjectStore({directory: join(rig.path, 'git')});
  await (await checkouts.create(await store.open(rig.repo))).remove();
  expect((await readdir(rig.directory)).sort()).toEqual(
    [name, 'notes', ['w', 'otherhost', ...parts.slice(2)].join('.')].sort(),
  );
  expect(await living.edits()).toEqual([]);
});

it('names what cannot be checked out', async () => {
  await using rig = await openRig({'a.txt': 'one\n', 'b.txt': 'two\n'});
  const id = await runGit(rig.repo, ['rev-parse', 'HEAD:a.txt']);
  const object = join(rig.repo, '.git/objects', id.slice(0, 2), id.slice(2));
  await rename(object, `${object}.away`);
  await expect(rig.create()).rejects.toMatchObject({failure: {reason: 'repo-corrupt'}});
  expect(await readdir(rig.directory)).toEqual([]);
});

it.runIf(isRoot)('belongs to another user where commands run as one', async () => {
  await using rig = await openRig({'a.txt': 'one\n', 'd/b.txt': 'x\n', l: {symlink: '/etc/passwd'}});
  const before = await lstat('/etc/passwd');
  const checkout = await rig.create({owner: {uid: 65_530, gid: 65_530}});
  for (const name of ['', 'a.txt', 'd', 'd/b.txt', 'l'])
    expect(await lstat(join(checkout.directory, name))).toMatchObject({uid: 65_530, gid: 65_530});
  expect((await lstat('/etc/passwd')).uid).toBe(before.uid);
  expect(await checkout.edits()).toEqual([]);
  await checkout.remove();
});
