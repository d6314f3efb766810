import {randomBytes} from 'node:crypto';
import {
  closeSync,
  constants,
  linkSync,
  lstatSync,
  openSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import {setTimeout} from 'node:timers/promises';
import {JobFailure} from '../domain/outcome.ts';
import {type Directory, flush, giveToOwnerOf} from '../util/directory.ts';
import {isObjectId} from '../util/git-blob-id.ts';
import {ignoreCode} from '../util/ignore-code.ts';
import {quoteText} from '../util/quote-text.ts';

export interface RefLock {
  /** Name of the lock file, which holds the new value. */
  readonly name: string;
  /** Gives the lock back where it did not take the place of the ref. */
  release(): void;
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
  const descriptor = openSync(objects.at(temporary), flags, 0o666);
  try {
    writeFileSync(descriptor, `${commit}\n`);
    giveToOwnerOf(folder, descriptor);
    await flush(descriptor);
    for (let isFirst = true; ; isFirst = false) {
      if (ignoreCode('EEXIST', () => linkSync(objects.at(temporary), folder.at(name)))) break;
      if (!isFirst || !(await removeDead(name, request))) throw locked(ref);
    }
  } finally {
    closeSync(descriptor);
    unlinkSync(objects.at(temporary));
  }
  return {name, release: () => unlinkSync(folder.at(name))};
}

async function removeDead(name: string, {folder, objects, isOurs}: RefLockRequest): Promise<boolean> {
  const held = readLock(folder, name);
  if (held === undefined || !(await isOurs(held))) return false;
  await setTimeout(deadMs);
  const aside = `tmp_obj_${randomBytes(6).toString('hex')}`;
  ignoreCode('ENOENT', () => renameSync(folder.at(name), objects.at(aside)));
  const taken = readLock(objects, aside);
  if (taken === undefined) return true;
  // Somebody else's by now: it is given back.
  if (taken !== held) ignoreCode('EEXIST', () => linkSync(objects.at(aside), folder.at(name)));
  unlinkSync(objects.at(aside));
  return taken === held;
}

/** The commit id that a lock holds. */
function readLock(folder: Directory, name: string): string | undefined {
  const stat = lstatSync(folder.at(name), {throwIfNoEntry: false});
  if (stat === undefined || !stat.isFile() || stat.size > 65) return undefined;
  const descriptor = openSync(folder.at(name), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const text = readFileSync(descriptor, 'latin1').trim();
    return isObjectId(text) ? text : undefined;
  } finally {
    closeSync(descriptor);
  }
}

function locked(ref: string): JobFailure {
  return new JobFailure('branch-locked', `The branch is locked: ${quoteText(`${ref}.lock`)} exists beside it.`);
}
