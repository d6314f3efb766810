import {afterAll, describe, expect, it} from 'vitest';
import {ledgerKinds} from '../../test/support/ledger-databases.ts';
import {collectRuns} from './collect-runs.ts';
import type {Database} from './database.ts';

const day = 86_400_000;

describe.each(ledgerKinds())('collecting old runs: $name', kind => {
  afterAll(() => kind.close());

  it('forgets old runs, also those of a dead process, and keeps the replies that a memory may deliver again', async context => {
    context.skip(kind.problem !== undefined, kind.problem);
    await using store = await kind.newStore();
    const database = await store.open();
    try {
      await addRun(database, 'r-old', 'finished', 10 * day);
      await addRun(database, 'r-dead', 'running', 11 * day);
      await addRun(database, 'r-new', 'finished', 90 * day);
      for (const [digest, run] of [
        ['kept', 'r-old'],
        ['gone', 'r-old'],
        ['new', 'r-new'],
      ] as const) {
        await database.write([
          {
            sql: `INSERT INTO replies (digest, run_id, job_id, model, reply, usable, checksum, recorded_at) VALUES (?, ?, 'j', 'm', '{}', 1, '', 0)`,
            params: [digest, run],
          },
        ]);
      }
      await database.write([
        {
          sql: `INSERT INTO memories (repo_key, skill, output, inputs, files, run_id, checksum, at) VALUES ('/r', 's', 'o', ?, '{}', 'r-old', '', 0)`,
          params: [JSON.stringify({inputs: {}, replyDigest: 'kept'})],
        },
      ]);
      expect(await collectRuns(database, 50 * day, 100 * day)).toEqual({runs: 2, replies: 1});
      const left = async (sql: string): Promise<unknown[]> =>
        (await database.read(sql)).map(row => Object.values(row)[0]);
      expect(await left('SELECT id FROM runs')).toEqual(['r-new']);
      expect(await left('SELECT digest FROM replies ORDER BY digest')).toEqual(['kept', 'new']);
    } finally {
      await database.close();
    }
  });
});

async function addRun(database: Database, id: string, state: string, startedAt: number): Promise<void> {
  await database.write([
    {
      sql: `INSERT INTO runs (id, claim, state, host, pid, process_start, heartbeat_at, started_at, command, settings, control, results_file)
            VALUES (?, ?, ?, 'elsewhere', 1, 'never', ?, ?, '[]', '{}', '{}', '/r.json')`,
      params: [id, id, state, startedAt, startedAt],
    },
  ]);
}
