import path from 'node:path';
import {type Database, deferDatabase} from '../ledger/database.ts';
import type {Ledger} from '../ledger/ledger.ts';
import {createLedger} from '../ledger/sql-ledger.ts';
import {openSqlite} from '../ledger/sqlite.ts';
import {systemClock} from '../util/clock.ts';

/** Opens the ledger of this machine, `state.db` in the state folder, or the one that all machines of a queue share; makes it when it is not there. */
export function openLedger(stateDir: string, queueUrl?: string): Ledger {
  const database = queueUrl === undefined ? openSqlite(path.join(stateDir, 'state.db')) : openLater(queueUrl);
  return createLedger(database, systemClock);
}

/** The driver is loaded by the first who asks for it. */
function openLater(queueUrl: string): Database {
  return deferDatabase(async () => {
    const {openPostgres} = await import('../ledger/postgres.ts');
    return await openPostgres(queueUrl, {clock: systemClock});
  });
}
