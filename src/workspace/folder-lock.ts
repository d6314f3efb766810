import {randomBytes} from 'node:crypto';
import {link, readFile, rename, unlink, writeFile} from 'node:fs/promises';
import {setTimeout} from 'node:timers/promises';
import {isAlive, ownProcess, type ProcessIdentity} from '../util/process-identity.ts';

/**
 * Holds a lock file while `work` goes on; processes of this and of other hosts wait for each other. The lock of a dead process of this
 * host is taken over. Undefined when it was held for longer than `waitMs`.
 */
export async function withLock<Value>(
  file: string,
  waitMs: number,
  work: () => Promise<Value>,
): Promise<{readonly value: Value} | undefined> {
  const own = JSON.stringify(ownProcess());
  const until = performance.now() + waitMs;
  while (!(await take(file, own))) {
    if (performance.now() > until) return undefined;
    await setTimeout(50 + Math.random() * 100);
  }
  try {
    return {value: await work()};
  } finally {
    await unlink(file);
  }
}

async function take(file: string, own: string): Promise<boolean> {
  const mine = `${file}.${process.pid}.${randomBytes(6).toString('hex')}`;
  await writeFile(mine, own);
  try {
    await link(mine, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    await removeDead(file);
    return false;
  } finally {
    await unlink(mine);
  }
}

async function removeDead(file: string): Promise<void> {
  const held = await readFile(file, 'utf8').catch(() => undefined);
  if (held === undefined || !isDead(held)) return;
  const aside = `${file}.dead.${randomBytes(6).toString('hex')}`;
  await rename(file, aside).catch(() => {});
  const taken = await readFile(aside, 'utf8').catch(() => undefined);
  // Another was faster and has the lock by now: it gets it back.
  if (taken !== undefined && taken !== held) await link(aside, file).catch(() => {});
  if (taken !== undefined) await unlink(aside);
}

function isDead(text: string): boolean {
  try {
    return isAlive(JSON.parse(text) as ProcessIdentity) === false;
  } catch {
    // Nobody writes half of it: it is linked whole.
    return true;
  }
}
