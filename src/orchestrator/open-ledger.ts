import path from 'node:path';
import {deferDatabase} from '../ledger/database.ts';
import type {Ledger} from '../ledger/ledger.ts';
import {createLedger} from '../ledger/sql-ledger.ts';
import {openSqlite} from '../ledger/sqlite.ts';
import {systemClock} from '../util/clock.ts';

/** Opens the ledger of this machine, `state.db` in the state folder, or the one that all machines of a queue share; makes it when it is not there. */
export function openLedger(stateDir: string, queueUrl?: string): Ledger {
  return queueUrl === undefined
    ? createLedger(openSqlite(path.join(stateDir, 'state.db')), systemClock)
    : openLater(queueUrl);
}

/** The driver is loaded by the first who asks for it. Times are those of the server, by which workers say that they live. */
function openLater(queueUrl: string): Ledger {
  let offsetMs = 0;
  const database = deferDatabase(async () => {
    const {openPostgres} = await import('../ledger/postgres.ts');
    const opened = await openPostgres(queueUrl, {clock: systemClock});
    offsetMs = await opened.clockOffsetMs();
    return opened;
  });
  return createLedger(database, {now: () => Math.round(systemClock.now() + offsetMs)});
}
