import {copyFileSync, existsSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {DatabaseSync} from 'node:sqlite';
import type {ScriptedModelServer} from '../../src/testing/scripted-model-server.ts';
import type {Night, StartOptions} from './night-rig.ts';

/** Batches are asked about every few milliseconds, and looked for again soon. */
export const quick = {
  ORCHESTRATOR_BATCH_POLL_MS: '15',
  ORCHESTRATOR_BATCH_MAX_POLL_MS: '40',
  ORCHESTRATOR_BATCH_SETTLE_MS: '60',
};

export function batchOptions(server: ScriptedModelServer, env: Readonly<Record<string, string>> = {}): StartOptions {
  return {
    server,
    env: {...quick, OPENAI_BASE_URL: `${server.url}/v1`, OPENAI_API_KEY: 'test', ...env},
  };
}

export interface Money {
  /** How many calls are in each state. */
  readonly calls: Readonly<Record<string, number>>;
  readonly openBatches: number;
  /** Of all calls, at their worst case while it is not known better. US dollars. */
  readonly spentUsd: number;
  /** What the budget of the day counts. */
  readonly countedUsd: number;
}

/** Reads a copy of the ledger: opening it would repair it. */
export function readMoney(night: Night): Money {
  const copy = mkdtempSync(path.join(tmpdir(), 'orchestrator-test-money-'));
  for (const suffix of ['', '-wal']) {
    const file = path.join(night.directory, 'state', `state.db${suffix}`);
    if (existsSync(file)) copyFileSync(file, path.join(copy, `state.db${suffix}`));
  }
  const database = new DatabaseSync(path.join(copy, 'state.db'));
  try {
    const number = (sql: string): number => Number(Object.values(database.prepare(sql).get() ?? {})[0] ?? 0);
    const states = database.prepare('SELECT state, COUNT(*) AS count FROM spending GROUP BY state').all();
    return {
      calls: Object.fromEntries(states.map(row => [String(row['state']), Number(row['count'])])),
      openBatches: number(`SELECT COUNT(*) FROM batches WHERE state <> 'ended'`),
      spentUsd: number('SELECT SUM(COALESCE(spent_nano, reserved_nano)) FROM spending') / 1e9,
      countedUsd: number(`SELECT SUM(used_nano) FROM budgets WHERE scope LIKE 'day:%'`) / 1e9,
    };
  } finally {
    database.close();
    rmSync(copy, {recursive: true});
  }
}

/** Requests that were paid more than once. */
export function paidTwice({batches}: ScriptedModelServer): string[] {
  return batches.billed.filter((id, index) => batches.billed.indexOf(id) !== index);
}
