import type {ScriptedModelServer} from '../../src/testing/scripted-model-server.ts';
import {readLedgerCopy} from './night-checks.ts';
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

export function readMoney(night: Night): Money {
  return readLedgerCopy(night, database => {
    const number = (sql: string): number => Number(Object.values(database.prepare(sql).get() ?? {})[0] ?? 0);
    const states = database.prepare('SELECT state, COUNT(*) AS count FROM spending GROUP BY state').all();
    return {
      calls: Object.fromEntries(states.map(row => [String(row['state']), Number(row['count'])])),
      openBatches: number(`SELECT COUNT(*) FROM batches WHERE state <> 'ended'`),
      spentUsd: number('SELECT SUM(COALESCE(spent_nano, reserved_nano)) FROM spending') / 1e9,
      countedUsd: number(`SELECT SUM(used_nano) FROM budgets WHERE scope LIKE 'day:%'`) / 1e9,
    };
  });
}

/** Requests that were paid more than once. */
export function paidTwice({batches}: ScriptedModelServer): string[] {
  return batches.billed.filter((id, index) => batches.billed.indexOf(id) !== index);
}
