import path from 'node:path';
import {expect, it} from 'vitest';
import {makeTemporaryDirectory} from '../testing/temporary-fleet.ts';
import {createLedger} from './sql-ledger.ts';
import {openSqlite} from './sqlite.ts';

const turn = (number: number, text = 'found') => ({
  turn: number,
  requestDigest: `request ${number}`,
  replyDigest: `reply ${number}`,
  answers: [{role: 'tool' as const, results: [{callId: 'a', name: 'read_file', text, isError: false}]}],
});

it('gives turns back in order; one that is recorded again replaces itself and all that followed from it', async () => {
  await using directory = await makeTemporaryDirectory();
  const ledger = createLedger(openSqlite(path.join(directory.path, 'state.db')), {now: () => 1});
  for (const number of [1, 2, 3]) await ledger.recordTurn('r', 'j', turn(number));
  await ledger.recordTurn('r', 'other', turn(1));
  expect(await ledger.turns('r', 'j')).toEqual([turn(1), turn(2), turn(3)]);
  await ledger.recordTurn('r', 'j', turn(2, 'anew'));
  expect(await ledger.turns('r', 'j')).toEqual([turn(1), turn(2, 'anew')]);
  await ledger.close();
});

it('ends before a turn that is missing or damaged, and keeps the damaged one aside', async () => {
  await using directory = await makeTemporaryDirectory();
  const database = openSqlite(path.join(directory.path, 'state.db'));
  const ledger = createLedger(database, {now: () => 1});
  for (const number of [1, 2, 3]) await ledger.recordTurn('r', 'j', turn(number));
  await database.write([{sql: `UPDATE turns SET answers = '[]' WHERE turn = 3`, params: []}]);
  expect(await ledger.turns('r', 'j')).toEqual([turn(1), turn(2)]);
  expect(await ledger.quarantined()).toBe(1);
  await database.write([{sql: 'DELETE FROM turns WHERE turn = 1', params: []}]);
  expect(await ledger.turns('r', 'j')).toEqual([]);
  await ledger.close();
});
