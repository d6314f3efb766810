import {expect, it} from 'vitest';
import {Lull} from './lull.ts';

const sleep = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms));

it('is over soon when nothing comes, and never later than allowed when something always does', async () => {
  const lull = new Lull({quietMs: 10, maxMs: 60});
  expect(lull.isNow).toBe(true);
  lull.note();
  expect(lull.isNow).toBe(false);
  await lull.wait();
  expect(lull.isNow).toBe(true);

  const comes = setInterval(() => lull.note(), 1);
  lull.note();
  const before = performance.now();
  await Promise.all([lull.wait(), sleep(25).then(() => lull.wait())]);
  clearInterval(comes);
  expect(performance.now() - before).toBeGreaterThan(60);
});

it('forgets nobody who waits, also when the quiet begins while it looks', async () => {
  let now = 0;
  const lull = new Lull({quietMs: 120, maxMs: 1000}, () => ++now);
  lull.note();
  await Promise.all(Array.from({length: 50}, () => lull.wait()));
});

it('lets what comes go between those who waited', async () => {
  const lull = new Lull({quietMs: 5, maxMs: 1000});
  const log: string[] = [];
  lull.note();
  const waiting = Array.from({length: 3}, async (_, index) => {
    await lull.wait();
    log.push(`waited ${index}`);
    if (index === 0) setImmediate(() => log.push('came'));
  });
  await Promise.all(waiting);
  expect(log.slice(0, log.indexOf('waited 2'))).toContain('came');
});
