import {readFile, readlink} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, it} from 'vitest';
import {commitFiles, makeFleet, makeRepo, makeTemporaryDirectory} from './temporary-fleet.ts';

it('makes a clean repository with odd names, links, modes and several commits, the same each time', async () => {
  await using directory = await makeTemporaryDirectory();
  const options = {
    files: {'a "b"\nc.txt': 'x', 'run.sh': {executable: '#!/bin/sh\n'}, link: {symlink: 'run.sh'}, 'old.txt': 'old'},
    commits: [{files: {'old.txt': null, 'sub/new.txt': 'new'}, message: 'Move', author: 'Ann'}],
  };
  const repo = await makeRepo(join(directory.path, 'one'), options);
  expect(await repo.git('status', '--porcelain')).toBe('');
  expect(await repo.git('log', '--format=%an %s')).toBe('Ann Move\nTest Change');
  expect(await readlink(join(repo.path, 'link'))).toBe('run.sh');
  expect(await readFile(join(repo.path, 'a "b"\nc.txt'), 'utf8')).toBe('x');
  expect((await makeRepo(join(directory.path, 'two'), {...options, packed: true, bare: true})).commit).toBe(
    repo.commit,
  );
  const commit = await commitFiles(repo.path, {'sub/new.txt': null, 'b.txt': 'b'}, 'More');
  expect(await repo.git('show', '--format=%H', '--name-only')).toBe(`${commit}\n\nb.txt\nsub/new.txt`);
});

it('makes a fleet, and a repo without commits', async () => {
  await using directory = await makeTemporaryDirectory();
  const fleet = await makeFleet(directory.path, {api: {files: {'a.txt': '1'}}, empty: {}});
  expect([...fleet.keys()]).toEqual(['api', 'empty']);
  expect(fleet.get('empty')!.commit).toBe('');
  expect(await fleet.get('empty')!.git('symbolic-ref', 'HEAD')).toBe('refs/heads/main');
});
