import pg from 'pg';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {openPostgres} from '../../src/ledger/postgres.ts';
import {systemClock} from '../../src/util/clock.ts';
import {type PostgresServer, postgresProblem, startPostgres} from '../support/postgres-server.ts';
import {openCuttableWay} from '../support/queue-rig.ts';
import {seededRandom} from '../support/seeded-random.ts';

describe.skipIf(postgresProblem !== undefined)(
  `PostgreSQL${postgresProblem === undefined ? '' : `: ${postgresProblem}`}`,
  () => {
    let server: PostgresServer;
    beforeAll(async () => {
      server = await startPostgres({durable: true});
    });
    afterAll(() => server[Symbol.asyncDispose]());

    it('does every write once, while connections are cut at any moment and the database is restarted', async () => {
      const url = await server.newDatabase();
      await using way = await openCuttableWay(url);
      const database = await openPostgres(way.url, {clock: systemClock});
      await database.write([{sql: `INSERT INTO budgets (scope, used_nano) VALUES ('n', 0)`, params: []}]);
      const random = seededRandom(7);
      let cuts = 0;
      let isOver = false;
      const disturb = (async () => {
        while (!isOver) {
          await systemClock.sleep(random() * 120);
          way.drop();
          if (++cuts === 3) {
            server.stop();
            server.start();
          }
        }
      })();
      const results: unknown[] = [];
      while (cuts < 12) {
        const writes = Array.from({length: 5}, () =>
          database.write([
            {sql: `UPDATE budgets SET used_nano = used_nano + 1 WHERE scope = 'n' RETURNING used_nano`, params: []},
          ]),
        );
        for (const rows of await Promise.all(writes)) results.push(rows[0]?.[0]?.['used_nano']);
      }
      isOver = true;
      await disturb;
      const [row] = await database.read(`SELECT used_nano FROM budgets WHERE scope = 'n'`);
      await database.close();
      // Each saw a number of its own, and none was counted twice.
      expect(row).toEqual({used_nano: results.length});
      expect(new Set(results).size).toBe(results.length);
    });

    it('lets a statement that fails take nobody with it, and plans the others anew', async () => {
      const database = await openPostgres(await server.newDatabase(), {clock: systemClock});
      const one = 'SELECT ? + 0 AS n';
      const other = 'SELECT ? - 0 AS n';
      const half = 'SELECT 1 / ? AS n';
      const settled = async (values: Promise<unknown>[]): Promise<unknown[]> =>
        (await Promise.allSettled(values)).map(result => (result.status === 'fulfilled' ? result.value : 'failed'));
      for (let round = 0; round < 2; round++) {
        expect(await settled([database.read(one, [1]), database.read(half, [0]), database.read(other, [1])])).toEqual([
          [{n: 1}],
          'failed',
          [{n: 1}],
        ]);
        expect(
          await settled([
            database.write([{sql: half, params: [1]}]),
            database.write([
              {sql: one, params: [2]},
              {sql: half, params: [0]},
            ]),
            database.write([{sql: other, params: [3]}]),
          ]),
        ).toEqual([[[{n: 1}]], 'failed', [[{n: 3}]]]);
      }
      await database.close();
    });

    it('answers each of many that arrive at once with its own rows, in one piece', async () => {
      const database = await openPostgres(await server.newDatabase(), {clock: systemClock});
      const text = `it's "€" \\ 😀\n`;
      const rows = await Promise.all(
        Array.from({length: 900}, (_, n) =>
          n % 3 === 0
            ? database.read('SELECT name FROM claims WHERE name = ?', [String(n)])
            : database.read('SELECT ? + 0 AS n, ?::text AS text, ?::text AS nothing', [n, text, null]),
        ),
      );
      expect(rows).toEqual(rows.map((_, n) => (n % 3 === 0 ? [] : [{n, text, nothing: null}])));
      await database.close();
    });

    it('opens no connection once it is closed', async () => {
      const url = await server.newDatabase();
      const database = await openPostgres(url, {clock: systemClock});
      const write = (): Promise<unknown> =>
        database.write([{sql: `INSERT INTO budgets (scope, used_nano) VALUES ('n', 0)`, params: []}]);
      const before = write();
      await database.close();
      await before;
      const closed = {code: 'ledger-closed'};
      await expect(write()).rejects.toMatchObject(closed);
      await expect(database.read('SELECT 1 AS one')).rejects.toMatchObject(closed);
      await expect(database.query('SELECT 1 AS one')).rejects.toMatchObject(closed);
      const client = new pg.Client(new URL('/postgres', url).href);
      await client.connect();
      const {rows} = await client.query('SELECT count(*)::int AS open FROM pg_stat_activity WHERE datname = $1', [
        new URL(url).pathname.slice(1),
      ]);
      await client.end();
      expect(rows).toEqual([{open: 0}]);
    });

    it('is migrated once by many who come at the same moment, and refuses tables of a newer version', async () => {
      const url = await server.newDatabase();
      const opened = await Promise.all(Array.from({length: 6}, () => openPostgres(url, {clock: systemClock})));
      expect(await opened[0]!.read('SELECT COUNT(*) AS count FROM ledger_version')).toEqual([{count: 1}]);
      const client = new pg.Client(url);
      await client.connect();
      await client.query('UPDATE orchestrator.ledger_version SET version = 999');
      await client.end();
      const message = /^the queue database was written by a newer version \(ledger version 999, this one knows \d+\)$/;
      await expect(openPostgres(url, {clock: systemClock})).rejects.toThrow(message);
      await expect(opened[0]!.checkVersion()).rejects.toThrow(message);
      for (const database of opened) await database.close();
    });
  },
);
