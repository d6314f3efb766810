import {execFileSync} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterAll, expect, it} from 'vitest';
import {readBoundedFile} from './read-bounded-file.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'read-bounded-file-'));
afterAll(() => rmSync(folder, {recursive: true, force: true}));

it('reads text and names everything else', () => {
  const file = path.join(folder, 'a');
  writeFileSync(file, 'naïve');
  expect(readBoundedFile(file, 100)).toEqual({text: 'naïve'});
  expect(readBoundedFile(file, 3).fault?.kind).toBe('too-large');
  expect(readBoundedFile(path.join(folder, 'b'), 100).fault?.kind).toBe('missing');
  expect(readBoundedFile(path.join(file, 'b'), 100).fault?.kind).toBe('missing');
  expect(readBoundedFile(folder, 100).fault?.kind).toBe('not-a-file');
  writeFileSync(file, Buffer.from([0x61, 0xff]));
  expect(readBoundedFile(file, 100).fault?.kind).toBe('not-utf-8');
});

it('does not wait for a pipe', () => {
  const pipe = path.join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  expect(readBoundedFile(pipe, 100).fault?.message).toBe('this is not a regular file');
});
