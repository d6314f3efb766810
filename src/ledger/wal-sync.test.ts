import {existsSync, renameSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {describe, expect, it} from 'vitest';
import {makeTemporaryDirectory} from '../testing/temporary-fleet.ts';
import {openSqlite} from './sqlite.ts';
import {WalSync} from './wal-sync.ts';

const insert = {sql: 'INSERT INTO budgets (scope, used_nano) VALUES (?, ?)', params: ['a', 1]} as const;

describe('a write', () => {
  it('is not done when its log cannot be flushed', async () => {
    await using folder = await makeTemporaryDirectory();
    const database = openSqlite(path.join(folder.path, 'state.db'));
    const log = path.join(folder.path, 'state.db-wal');
    expect(existsSync(log)).toBe(true);
    renameSync(log, `${log}.gone`);
    await expect(database.write([insert])).rejects.toMatchObject({code: 'state-folder-unusable'});
    renameSync(`${log}.gone`, log);
    await database.close();
  });

  it('is done once its log was flushed, and closing waits for it', async () => {
    await using folder = await makeTemporaryDirectory();
    const database = openSqlite(path.join(folder.path, 'state.db'));
    const writing = database.write([insert]);
    await database.close();
    expect(await writing).toEqual([[]]);
  });

  it('lets those who waited for it read and write before a closing ends', async () => {
    await using folder = await makeTemporaryDirectory();
    const database = openSqlite(path.join(folder.path, 'state.db'));
    const all = database.write([insert]).then(async () => {
      const rows = await database.read('SELECT used_nano FROM budgets');
      await database.write([{sql: 'UPDATE budgets SET used_nano = 2', params: []}]);
      return rows;
    });
    await new Promise(resolve => setImmediate(resolve));
    await database.close();
    expect(await all).toEqual([{used_nano: 1}]);
  });
});

describe('flushes', () => {
  it('that are asked for while one is under way share the next, and none calls back before it', async () => {
    await using folder = await makeTemporaryDirectory();
    const file = path.join(folder.path, 'log');
    writeFileSync(file, '');
    const sync = new WalSync(file);
    const order: string[] = [];
    const flush = (name: string): Promise<void> =>
      new Promise(resolve =>
        sync.flush(error => {
          order.push(error === null ? name : `${name} ${error.message}`);
          resolve();
        }),
      );
    const first = flush('first');
    const others = [flush('second'), flush('third')];
    expect(order).toEqual([]);
    await first;
    expect(order).toEqual(['first']);
    await Promise.all(others);
    expect(order).toEqual(['first', 'second', 'third']);
    sync.close();
  });
});
