import {appendFileSync, renameSync, truncateSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {expect, it} from 'vitest';
import {makeTemporaryDirectory} from '../testing/temporary-fleet.ts';
import {LogReader} from './log-reader.ts';

it('gives whole lines as they come, also when a character is written in two parts', async () => {
  await using directory = await makeTemporaryDirectory();
  const file = path.join(directory.path, 'log');
  const reader = new LogReader(file);
  expect([...reader.readLines()]).toEqual([]);
  expect(reader.isMissing).toBe(true);

  const bytes = Buffer.from('one\ntwo é');
  writeFileSync(file, bytes.subarray(0, -1));
  expect([...reader.readLines()]).toEqual(['one']);
  appendFileSync(file, bytes.subarray(-1));
  expect([...reader.readLines()]).toEqual([]);
  appendFileSync(file, '\nthree');
  expect([...reader.readLines()]).toEqual(['two é']);
  expect([...reader.rest()]).toEqual(['three']);
  expect(reader.isMissing).toBe(false);
  reader.close();
});

it('goes on with the new file after a rotation, and from the start after a cut', async () => {
  await using directory = await makeTemporaryDirectory();
  const file = path.join(directory.path, 'log');
  const reader = new LogReader(file);
  writeFileSync(file, 'old 1\n');
  expect([...reader.readLines()]).toEqual(['old 1']);
  appendFileSync(file, 'old 2\n');
  renameSync(file, `${file}.1`);
  writeFileSync(file, 'new 1\n');
  expect([...reader.readLines()]).toEqual(['old 2', 'new 1']);
  truncateSync(file, 0);
  expect([...reader.readLines()]).toEqual([]);
  appendFileSync(file, 'n2\n');
  expect([...reader.readLines()]).toEqual(['n2']);
  reader.close();
});
