import path from 'node:path';
import type {Ledger} from './ledger/ledger.ts';
import {createLedger} from './ledger/sql-ledger.ts';
import {openSqlite} from './ledger/sqlite.ts';
import {systemClock} from './util/clock.ts';

/** Opens the ledger of this machine, `state.db` in the state folder; makes it when it is not there. */
export function openLedger(stateDir: string): Ledger {
  return createLedger(openSqlite(path.join(stateDir, 'state.db')), systemClock);
}
