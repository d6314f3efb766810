import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import type {Database} from '../../src/ledger/database.ts';
import {openPostgres} from '../../src/ledger/postgres.ts';
import {openSqlite} from '../../src/ledger/sqlite.ts';
import {systemClock} from '../../src/util/clock.ts';
import {type PostgresServer, postgresProblem, startPostgres} from './postgres-server.ts';

/** A new, empty store that several processes can open. */
export interface LedgerStore extends AsyncDisposable {
  open(): Promise<Database>;
}

/** The databases that a ledger may stand on; each must pass the same tests. */
export interface LedgerKind {
  readonly name: string;
  /** Why it cannot be tried on this machine, with the fix. */
  readonly problem: string | undefined;
  newStore(): Promise<LedgerStore>;
  close(): Promise<void>;
}

/** The servers they need are started when the first store is asked for; `close` stops them. */
export function ledgerKinds(): readonly LedgerKind[] {
  let server: Promise<PostgresServer> | undefined;
  return [
    {
      name: 'SQLite',
      problem: undefined,
      async newStore() {
        const folder = mkdtempSync(path.join(tmpdir(), 'orchestrator-test-ledger-'));
        return {
          open: async () => openSqlite(path.join(folder, 'state.db')),
          [Symbol.asyncDispose]: async () => rmSync(folder, {recursive: true}),
        };
      },
      close: async () => {},
    },
    {
      name: postgresProblem === undefined ? 'PostgreSQL' : `PostgreSQL (${postgresProblem})`,
      problem: postgresProblem,
      async newStore() {
        server ??= startPostgres();
        const url = await (await server).newDatabase();
        return {open: () => openPostgres(url, {clock: systemClock}), [Symbol.asyncDispose]: async () => {}};
      },
      close: async () => await (await server)?.[Symbol.asyncDispose](),
    },
  ];
}
