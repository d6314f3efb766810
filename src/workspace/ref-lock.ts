import {randomBytes} from 'node:crypto';
import {constants} from 'node:fs';
import {link, lstat, open, rename, unlink} from 'node:fs/promises';
import {setTimeout} from 'node:timers/promises';
import {JobFailure} from '../domain/outcome.ts';
import type {Directory} from '../util/directory.ts';
import {isObjectId} from '../util/git-blob-id.ts';
import {quoteText} from '../util/quote-text.ts';
import {giveToOwnerOf} from './write-objects.ts';

export interface RefLock {
  /** Name of the lock file, which holds the new value. */
  readonly name: string;
  /** Gives the lock back where it did not take the place of the ref. */
  release(): Promise<void>;
}

export interface RefLockRequest {
  /** Where the ref is. */
  readonly folder: Directory;
  readonly ref: string;
  readonly commit: string;
  /** The object store: git clears there what a crash leaves behind. */
  readonly objects: Directory;
  /** Whether a commit was made by us. */
  readonly isOurs: (commit: string) => Promise<boolean>;
}

/** Longer than anybody of us holds a lock. */
const deadMs = 1500;

/**
 * Takes git's lock of a ref. It appears with its content at once, so that one which a killed process of ours left can be told from a
 * lock of anybody else, and is taken over. Throws `branch-locked`.
 */
export async function lockRef(request: RefLockRequest): Promise<RefLock> {
  const {folder, ref, commit, objects} = request;
  const name = `${ref}.lock`;
  const temporary = `tmp_obj_${randomBytes(6).toString('hex')}`;
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const handle = await open(objects.at(temporary), flags, 0o666);
  try {
    await handle.writeFile(`${commit}\n`);
    await giveToOwnerOf(folder, handle);
    await handle.sync();
    for (let isFirst = true; ; isFirst = false) {
      const taken = await link(objects.at(temporary), folder.at(name)).then(
        () => true,
        (error: NodeJS.ErrnoException) => {
          if (error.code !== 'EEXIST') throw error;
          return false;
        },
      );
      if (taken) break;
      if (!isFirst || !(await removeDead(name, request))) throw locked(ref);
    }
  } finally {
    await handle.close();
    await unlink(objects.at(temporary));
  }
  return {name, release: () => unlink(folder.at(name))};
}

async function removeDead(name: string, {folder, objects, isOurs}: RefLockRequest): Promise<boolean> {
  const held = await readLock(folder, name);
  if (held === undefined || !(await isOurs(held))) return false;
  await setTimeout(deadMs);
  const aside = `tmp_obj_${randomBytes(6).toString('hex')}`;
  await rename(folder.at(name), objects.at(aside)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  const taken = await readLock(objects, aside);
  if (taken === undefined) return true;
  // Somebody else's by now: it is given back.
  if (taken !== held) await link(objects.at(aside), folder.at(name)).catch(() => {});
  await unlink(objects.at(aside));
  return taken === held;
}

/** The commit id that a lock holds. */
async function readLock(folder: Directory, name: string): Promise<string | undefined> {
  const stat = await lstat(folder.at(name)).catch(() => undefined);
  if (stat === undefined || !stat.isFile() || stat.size > 65) return undefined;
  const handle = await open(folder.at(name), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const text = (await handle.readFile('latin1')).trim();
    return isObjectId(text) ? text : undefined;
  } finally {
    await handle.close();
  }
}

function locked(ref: string): JobFailure {
  return new JobFailure('branch-locked', `The branch is locked: ${quoteText(`${ref}.lock`)} exists beside it.`);
}
