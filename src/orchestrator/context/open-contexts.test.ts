import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterAll, beforeAll, expect, it} from 'vitest';
import type {Job} from '../../domain/job.ts';
import {makeFleet, makeRepo, runGit} from '../../testing/temporary-fleet.ts';
import {openObjectStore} from '../../workspace/object-store.ts';
import {contextRequest} from './build-repo-context.ts';
import {openContextThreads} from './context-threads.ts';
import {openContexts} from './open-contexts.ts';
import {listTree, readTree} from './packed-tree.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'orchestrator-contexts-'));
});
afterAll(() => rmSync(folder, {recursive: true, force: true}));

const skill = {contextGlobs: ['src/**']};
const jobOf = (name: string, repo: string): Job =>
  ({repo: name, path: repo, contextTokens: 8000, mode: 'simple', description: 'A repo'}) as unknown as Job;

it('gives the same context here and in threads', async () => {
  const fleet = await makeFleet(path.join(folder, 'same'), {
    plain: {files: {'README.md': '# Plain\n', 'src/a.js': 'export const a = 1;\n', '.env': 'TOKEN=abcdefgh12345678\n'}},
    packed: {packed: true, files: {'src/b.py': 'b = 2\n'.repeat(500)}, commits: [{files: {'src/b.py': 'b = 3\n'}}]},
    odd: {files: {'a b/c\nd.txt': 'x\n', run: {executable: '#!/bin/sh\n'}, link: {symlink: 'run'}}},
  });
  const gitDirectory = path.join(folder, 'git');
  await using store = await openObjectStore({directory: gitDirectory});
  const few = openContexts(undefined);
  const many = openContexts(openContextThreads(gitDirectory));
  for (const [name, {path: at, commit}] of fleet) {
    using reader = await store.open(at);
    const delivered = [{path: 'README.md', blob: 'f'.repeat(40), added: 1, removed: 0, state: 'confirmed'}] as const;
    const here = await few.build(reader, jobOf(name, at), skill, delivered);
    expect(here.context).toMatchObject({repo: name, commit, description: 'A repo'});
    expect(await many.build(reader, jobOf(name, at), skill, delivered)).toEqual(here);
  }
  await few.close();
  await many.close();
});

it('says the same of a repo that cannot be read, whoever reads it', async () => {
  const repo = await makeRepo(path.join(folder, 'broken'), {files: {'a.txt': 'a\n'}});
  const gitDirectory = path.join(folder, 'git');
  await using store = await openObjectStore({directory: gitDirectory});
  using reader = await store.open(repo.path);
  rmSync(path.join(repo.path, '.git/objects'), {recursive: true});
  const failures: unknown[] = [];
  for (const threads of [undefined, openContextThreads(gitDirectory)]) {
    const contexts = openContexts(threads);
    await contexts.build(reader, jobOf('broken', repo.path), skill, []).catch(error => failures.push(error));
    await contexts.close();
  }
  expect(failures).toHaveLength(2);
  expect(failures[0]).toMatchObject({name: 'JobFailure', failure: {reason: 'repo-corrupt'}});
  expect(failures[1]).toMatchObject({name: 'JobFailure'});
});

it('loses one repo with a thread that runs out of memory, and no other', async () => {
  const bomb = await makeRepo(path.join(folder, 'bomb'), {bare: true, files: {a: 'a'}});
  // One folder with 150,000 names.
  const entry = `100644 blob ${await bomb.git('rev-parse', 'main:a')}`;
  const tree = await runGit(
    bomb.path,
    ['mktree'],
    Array.from({length: 150_000}, (_, number) => `${entry}\t${`${number}`.padStart(6, '0')}-${'x'.repeat(60)}\n`).join(
      '',
    ),
  );
  const commit = await bomb.git('-c', 'user.name=T', '-c', 'user.email=t@example.com', 'commit-tree', '-m', 'x', tree);
  await bomb.git('update-ref', 'refs/heads/main', commit);
  const fleet = await makeFleet(
    path.join(folder, 'neighbours'),
    Object.fromEntries(Array.from({length: 12}, (_, number) => [`r${number}`, {files: {'a.txt': `${number}\n`}}])),
  );
  const gitDirectory = path.join(folder, 'git');
  await using store = await openObjectStore({directory: gitDirectory});
  const threads = openContextThreads(gitDirectory, {heapMb: 24});
  const ask = async (name: string, at: string): Promise<string> => {
    using reader = await store.open(at);
    return await threads.build(contextRequest(reader, jobOf(name, at), skill, [])).then(
      ({context}) => context.repo,
      error => `${name}: ${error.message}`,
    );
  };
  const answers = await Promise.all([
    ...[...fleet].slice(0, 6).map(([name, repo]) => ask(name, repo.path)),
    ask('bomb', bomb.path),
    ...[...fleet].slice(6).map(([name, repo]) => ask(name, repo.path)),
  ]);
  expect(answers.filter(answer => fleet.has(answer))).toHaveLength(12);
  expect(answers[6]).toContain('bomb: ');
  expect(await ask('r0', fleet.get('r0')!.path)).toBe('r0');
  await threads.close();
});

it('packs a tree and reads it back', () => {
  const entries = [
    {path: 'a b', kind: 'file', id: 'a'.repeat(40), readable: true},
    {path: 'c\n"d', kind: 'executable', id: 'b'.repeat(64), readable: false},
    {path: 'e/f', kind: 'symlink', id: 'c'.repeat(40), readable: true},
    {path: 'g', kind: 'submodule', id: 'd'.repeat(40), readable: true},
  ] as const;
  expect([...readTree(listTree(entries)).values()]).toEqual(entries);
  expect(readTree(listTree([])).size).toBe(0);
});
