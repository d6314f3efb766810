import {readdir, utimes, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, it} from 'vitest';
import {startGitHttpServer} from '../../test/support/git-http-server.ts';
import {makeRepo, makeTemporaryDirectory, runGit} from '../testing/temporary-fleet.ts';
import {collectMirrors} from './collect-mirrors.ts';
import {createMirrors, type Mirrors} from './mirrors.ts';
import {openObjectStore} from './object-store.ts';
import {RemoteGit} from './remote-git.ts';

async function openRig() {
  const temporary = await makeTemporaryDirectory();
  const server = await startGitHttpServer(temporary.path);
  const commits = Array.from({length: 3}, (_, index) => ({files: {'n.txt': `${index}\n`}}));
  const remote = await makeRepo(join(temporary.path, 'remote.git'), {files: {'a.txt': 'a\n'}, commits, bare: true});
  const directory = join(temporary.path, 'mirrors');
  const env = {PATH: process.env['PATH'], HOME: temporary.path};
  return {
    path: temporary.path,
    directory,
    remote,
    server,
    url: `${server.url}/remote.git`,
    /** As another process has them. */
    open: (): Mirrors => createMirrors({directory, remoteGit: new RemoteGit({env, timeoutMs: 20_000})}),
    async read(mirror: string): Promise<{branch?: string; commit: string; paths: string[]}> {
      await using store = await openObjectStore({directory: join(temporary.path, 'git')});
      using reader = await store.open(mirror);
      const [commit] = await reader.history(reader.head.commit, 5);
      return {...reader.head, paths: (await reader.tree(commit!.tree)).map(({path}) => path)};
    },
    async commit(name: string): Promise<string> {
      await runGit(temporary.path, ['clone', '-q', remote.path, name]);
      await writeFile(join(temporary.path, name, name), 'x\n');
      await runGit(join(temporary.path, name), ['add', '.']);
      await runGit(join(temporary.path, name), ['commit', '-q', '-m', name]);
      await runGit(join(temporary.path, name), ['push', '-q', 'origin', 'HEAD']);
      return runGit(remote.path, ['rev-parse', 'main']);
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await temporary[Symbol.asyncDispose]();
    },
  };
}

it('fetches a branch once, then what is new of it', async () => {
  await using rig = await openRig();
  const mirrors = rig.open();
  const [mirror, again] = await Promise.all([mirrors.refresh(rig.url, undefined), mirrors.refresh(rig.url, undefined)]);
  expect(again).toBe(mirror);
  expect(await rig.read(mirror)).toEqual({branch: 'main', commit: rig.remote.commit, paths: ['a.txt', 'n.txt']});
  const asked = rig.server.requests.length;
  expect(await rig.open().refresh(rig.url, undefined)).toBe(mirror);
  // Nothing is new: one look.
  expect(rig.server.requests.length - asked).toBeLessThanOrEqual(2);
  const commit = await rig.commit('next');
  await rig.open().refresh(rig.url, undefined);
  expect(await rig.read(mirror)).toEqual({branch: 'main', commit, paths: ['a.txt', 'n.txt', 'next']});
});

it('follows the branch that was asked for, and the remote when it names another', async () => {
  await using rig = await openRig();
  await rig.remote.git('branch', 'release', 'main~2');
  const old = await rig.remote.git('rev-parse', 'release');
  expect(await rig.read(await rig.open().refresh(rig.url, 'release'))).toMatchObject({branch: 'release', commit: old});
  expect((await rig.read(await rig.open().refresh(rig.url, undefined))).branch).toBe('main');
  await rig.remote.git('symbolic-ref', 'HEAD', 'refs/heads/release');
  expect(await rig.read(await rig.open().refresh(rig.url, undefined))).toMatchObject({branch: 'release', commit: old});
});

it('is shared by many at once, also after one of them died', async () => {
  await using rig = await openRig();
  const first = await rig.open().refresh(rig.url, undefined);
  const lock = join(first, '../lock');
  await writeFile(lock, JSON.stringify({host: (await import('node:os')).hostname(), pid: 1, start: 'long:gone'}));
  const commit = await rig.commit('next');
  const all = await Promise.all(Array.from({length: 6}, () => rig.open().refresh(rig.url, undefined)));
  expect(new Set(all)).toEqual(new Set([first]));
  expect((await rig.read(first)).commit).toBe(commit);
  expect((await readdir(join(first, '..'))).sort()).toEqual(['sha1.git', 'used']);
});

it('goes on where a git that was killed left its locks and half of a pack', async () => {
  await using rig = await openRig();
  const mirror = await rig.open().refresh(rig.url, undefined);
  const commit = await rig.commit('next');
  const locks = ['shallow.lock', 'HEAD.lock', 'packed-refs.lock', 'config.lock', 'refs/heads/main.lock', 'index.lock'];
  const halves = ['tmp_pack_x1y2', 'tmp_idx_x1y2', 'pack-1234.keep'].map(name => `objects/pack/${name}`);
  for (const name of [...locks, ...halves]) await writeFile(join(mirror, name), 'half');
  expect(await rig.open().refresh(rig.url, undefined)).toBe(mirror);
  expect((await rig.read(mirror)).commit).toBe(commit);
  const left = (await readdir(mirror, {recursive: true})).filter(name => /lock$|tmp_|keep$/.test(name));
  expect(left).toEqual([]);
});

it.each<[string, string, (rig: Awaited<ReturnType<typeof openRig>>) => [url: string, branch?: string]]>([
  ['no repository', 'remote-missing', rig => [`${rig.server.url}/none.git`]],
  ['no such folder', 'remote-missing', rig => [join(rig.path, 'none.git')]],
  ['no such branch', 'base-branch-missing', rig => [rig.url, 'none']],
  ['another protocol', 'remote-unsupported', () => ['ext::sh -c touch% /tmp/x']],
  ['an option', 'remote-unsupported', () => ['--upload-pack=touch']],
  ['an unencrypted host', 'remote-unsupported', () => ['http://example.com/a.git']],
  ['a closed port', 'remote-unreachable', () => ['http://127.0.0.1:1/a.git']],
])('names %s', async (_, reason, where) => {
  await using rig = await openRig();
  const [url, branch] = where(rig);
  const refresh = async (): Promise<string> => await rig.open().refresh(url, branch);
  await expect(refresh()).rejects.toMatchObject({failure: {reason}});
});

it('names a repository without a commit', async () => {
  await using rig = await openRig();
  await makeRepo(join(rig.path, 'empty.git'), {bare: true});
  const refresh = rig.open().refresh(`${rig.server.url}/empty.git`, undefined);
  await expect(refresh).rejects.toMatchObject({failure: {reason: 'no-commits'}});
});

it('goes when it was not used for long', async () => {
  await using rig = await openRig();
  const old = await rig.open().refresh(rig.url, undefined);
  await rig.open().refresh(rig.url, 'main');
  await utimes(join(old, '../used'), 1_000_000, 1_000_000);
  expect(await collectMirrors(rig.directory, 2_000_000_000)).toBe(1);
  expect(await readdir(rig.directory)).toHaveLength(1);
  expect(await collectMirrors(join(rig.path, 'none'), Date.now())).toBe(0);
  expect((await rig.read(await rig.open().refresh(rig.url, undefined))).commit).toBe(rig.remote.commit);
});
