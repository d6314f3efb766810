import {existsSync, mkdtempSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {expect, it} from 'vitest';
import {makeFolder} from './make-folder.ts';

it('makes what is missing, leaves what is there, and says what cannot be', () => {
  const root = mkdtempSync(path.join(tmpdir(), 'orchestrator-folder-'));
  try {
    makeFolder(path.join(root, 'a/b/c'), 0o700);
    makeFolder(path.join(root, 'a/b/c'));
    expect(statSync(path.join(root, 'a/b')).mode & 0o777).toBe(0o700);
    writeFileSync(path.join(root, 'file'), '');
    expect(() => makeFolder(path.join(root, 'file'))).toThrow(/EEXIST/);
    expect(() => makeFolder(path.join(root, 'file/below'))).toThrow(/ENOTDIR/);
  } finally {
    rmSync(root, {recursive: true});
  }
});

it.skipIf(!existsSync('/proc/self'))('does not wait for ever below /proc', () => {
  expect(() => makeFolder('/proc/nope/x')).toThrow(/ENOENT/);
});
