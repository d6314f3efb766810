import {mkdirSync, rmSync} from 'node:fs';
import path from 'node:path';
import {expect, it} from 'vitest';
import {makeTemporaryDirectory} from '../../src/testing/temporary-fleet.ts';
import {killAtRandom, makeKillRig, stopAtRandom} from '../support/kill-trials.ts';
import {seededRandom} from '../support/seeded-random.ts';

const seed = Math.floor(Math.random() * 2 ** 31);

it('200 kills at random moments lose nothing and double nothing over 50 repos', async () => {
  await using temporary = await makeTemporaryDirectory();
  const rig = await makeKillRig(temporary.path, 50);
  const random = seededRandom(seed);
  const problems: string[] = [];
  let kills = 0;
  let repeatedCalls = 0;
  for (let night = 0; kills < 200; night++) {
    const directory = path.join(temporary.path, `night-${night}`);
    mkdirSync(directory);
    const result = await killAtRandom(rig, 5, random, directory);
    kills += result.kills;
    repeatedCalls += result.repeatedCalls;
    problems.push(...result.problems);
    rmSync(directory, {recursive: true});
  }
  console.log(`seed ${seed}: ${kills} kills, ${repeatedCalls} calls in flight were repeated`);
  expect(problems).toEqual([]);
});

it('100 signals at random moments stop a run in time, and resume finishes it', async () => {
  await using temporary = await makeTemporaryDirectory();
  const rig = await makeKillRig(temporary.path, 20);
  const random = seededRandom(seed);
  const problems: string[] = [];
  let stopped = 0;
  for (let trial = 0; trial < 100; trial++) {
    const directory = path.join(temporary.path, `trial-${trial}`);
    mkdirSync(directory);
    const result = await stopAtRandom(rig, trial % 2 === 0 ? 'SIGINT' : 'SIGTERM', random, directory);
    stopped += result.stopped ? 1 : 0;
    problems.push(...result.problems);
    rmSync(directory, {recursive: true});
  }
  console.log(`seed ${seed}: ${stopped} of 100 signals came while jobs were left`);
  expect(problems).toEqual([]);
  expect(stopped).toBeGreaterThan(30);
});
