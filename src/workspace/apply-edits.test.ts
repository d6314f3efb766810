import {lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {expect, it} from 'vitest';
import type {FileEdit} from '../domain/change.ts';
import {makeTemporaryDirectory} from '../testing/temporary-fleet.ts';
import {applyEdits} from './apply-edits.ts';

const file = (name: string, text: string, kind: 'file' | 'executable' | 'symlink' = 'file'): FileEdit => ({
  path: name,
  after: {kind, bytes: Buffer.from(text)},
});
const gone = (name: string): FileEdit => ({path: name, before: {kind: 'file', id: ''}});

it('makes, replaces and removes files, links and modes', async () => {
  await using temporary = await makeTemporaryDirectory();
  const at = (name: string): string => path.join(temporary.path, name);
  writeFileSync(at('old'), 'old');
  writeFileSync(at('doomed'), 'x');
  mkdirSync(at('folder'));
  writeFileSync(at('folder/in'), 'x');
  applyEdits(temporary.path, [
    gone('doomed'),
    file('deep/er/new', 'new'),
    file('folder', 'was a folder'),
    file('link', 'old', 'symlink'),
    file('old', 'newer'),
    file('run', '#!', 'executable'),
  ]);
  expect(readdirSync(temporary.path).sort()).toEqual(['deep', 'folder', 'link', 'old', 'run']);
  expect(readFileSync(at('deep/er/new'), 'utf8')).toBe('new');
  expect(readFileSync(at('folder'), 'utf8')).toBe('was a folder');
  expect(readlinkSync(at('link'))).toBe('old');
  expect(readFileSync(at('old'), 'utf8')).toBe('newer');
  expect(lstatSync(at('run')).mode & 0o777).toBe(0o755);
});

it('follows no link of the tree, neither to write nor to remove', async () => {
  await using temporary = await makeTemporaryDirectory();
  const tree = path.join(temporary.path, 'tree');
  const outside = path.join(temporary.path, 'outside');
  mkdirSync(tree);
  mkdirSync(outside);
  writeFileSync(path.join(outside, 'victim'), 'unharmed');
  symlinkSync(outside, path.join(tree, 'way'));
  symlinkSync(path.join(outside, 'victim'), path.join(tree, 'direct'));
  applyEdits(tree, [gone('way/victim'), file('direct', 'mine'), file('way/victim', 'mine')]);
  expect(readdirSync(outside)).toEqual(['victim']);
  expect(readFileSync(path.join(outside, 'victim'), 'utf8')).toBe('unharmed');
  expect(readFileSync(path.join(tree, 'way/victim'), 'utf8')).toBe('mine');
  expect(readFileSync(path.join(tree, 'direct'), 'utf8')).toBe('mine');
});

it.each(['../x', '/x', 'a//b', 'a/./b', ''])('refuses the path %j', async name => {
  await using temporary = await makeTemporaryDirectory();
  expect(() => applyEdits(temporary.path, [file(name, 'x')])).toThrow('not a path of a repo');
});
