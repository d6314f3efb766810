/**
 * Makes calls against a shared budget through the ledger, as a process of its own: node budget-racer.ts STATE BILLS NAME CALLS
 * LIMIT SEED. What the provider would bill is appended to the file BILLS at the moment of the call, before the ledger knows.
 */
import {appendFileSync} from 'node:fs';
import type {Job} from '../../src/domain/job.ts';
import {noUsage} from '../../src/domain/usage.ts';
import {openLedger} from '../../src/orchestrator/open-ledger.ts';
import {seededRandom} from './seeded-random.ts';

const [state = '', bills = '', name = '', calls = '0', limit = '0', seed = '0'] = process.argv.slice(2);
const random = seededRandom(Number(seed));
const ledger = openLedger(state);
const refused = {count: 0};

async function call(index: number): Promise<void> {
  const worstCaseUsd = random() * 0.02;
  const job = {id: `${name}-${index}`, task: name, skill: 'readme-generator', repo: `${name}-${index}`} as Job;
  const reserved = await ledger.reserveCall({
    runId: `run-${name}`,
    job,
    repoKey: `${name}-${index}`,
    model: 'test/model',
    worstCaseUsd,
    limits: [{scope: 'day:2025-12-01', limitUsd: Number(limit)}],
    counted: ['month:2025-12'],
  });
  if (reserved.kind !== 'reserved') {
    refused.count++;
    return;
  }
  const end = random();
  if (end < 0.15) return await ledger.releaseCall(reserved.id);
  const billedUsd = worstCaseUsd * random();
  appendFileSync(bills, `${billedUsd}\n`);
  if (end < 0.25) return await ledger.loseCall(reserved.id);
  await ledger.recordReply(reserved.id, {
    digest: `${name}-${index}`,
    runId: `run-${name}`,
    jobId: job.id,
    model: 'test/model',
    reply: {text: 'x', finishReason: 'stop', usage: {...noUsage, requests: 1}},
    cost: {usd: billedUsd},
  });
}

// Four at a time, as workers of one run are.
let next = 0;
await Promise.all(
  Array.from({length: 4}, async () => {
    while (next < Number(calls)) await call(next++);
  }),
);
await ledger.close();
process.stdout.write(`${refused.count}\n`);
