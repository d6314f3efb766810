import {existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {expect, it} from 'vitest';
import {makeTemporaryDirectory} from '../testing/temporary-fleet.ts';
import {LogFile} from './log-file.ts';
import {rotateLog} from './rotate-log.ts';

it('keeps three old logs, the newest first, and moves only what is larger than allowed', async () => {
  await using home = await makeTemporaryDirectory();
  const file = path.join(home.path, 'night.log');
  expect(rotateLog(file, 4)).toBe(false);
  for (const text of ['1111.', '2222.', '3333.', '4444.', '5555.']) {
    writeFileSync(file, text);
    expect(rotateLog(file, 4)).toBe(true);
    expect(existsSync(file)).toBe(false);
  }
  writeFileSync(file, '6666');
  expect(rotateLog(file, 4)).toBe(false);
  expect(
    readdirSync(home.path)
      .toSorted()
      .map(name => [name, readFileSync(path.join(home.path, name), 'utf8')]),
  ).toEqual([
    ['night.log', '6666'],
    ['night.log.1', '5555.'],
    ['night.log.2', '4444.'],
    ['night.log.3', '3333.'],
  ]);
});

it('loses no line of a run that has the log open', async () => {
  await using home = await makeTemporaryDirectory();
  const file = path.join(home.path, 'night.log');
  const log = new LogFile(file, 'r-1');
  const note = (text: string): void => log.report({type: 'run.noted', at: 0, level: 'info', text});
  note('before');
  expect(rotateLog(file, 1)).toBe(true);
  note('after');
  await log.close();
  expect(readFileSync(`${file}.1`, 'utf8')).toMatch(/before\n.*after\n$/);
  expect(existsSync(file)).toBe(false);
});

it('leaves links and devices alone', async () => {
  await using home = await makeTemporaryDirectory();
  const real = path.join(home.path, 'real');
  const link = path.join(home.path, 'link');
  writeFileSync(real, 'much too long');
  symlinkSync(real, link);
  expect([rotateLog(link, 1), rotateLog('/dev/zero', 1), rotateLog(home.path, 1)]).toEqual([false, false, false]);
  expect(readdirSync(home.path).toSorted()).toEqual(['link', 'real']);
});
