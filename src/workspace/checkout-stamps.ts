import {type BigIntStats, lchownSync, lstatSync, readdirSync} from 'node:fs';
import {setImmediate} from 'node:timers/promises';

/** What tells whether a file was touched. A process can set the time of its last change of content, but not that of its last change. */
export type FileStamp = string;

export function stampOf(stat: BigIntStats): FileStamp {
  return `${stat.ino}:${stat.mode}:${stat.size}:${stat.mtimeNs}:${stat.ctimeNs}`;
}

/** Clocks of file systems advance in steps of up to 10 ms: within one of them a change would leave the stamp as it is. */
const stepMs = 20;

/**
 * Gives the tree to its owner and stamps what is in it, by path. Nobody else may be at work there. Files that a change right after this
 * could leave with the same stamp have none.
 */
export async function stampTree(
  directory: string,
  owner: {readonly uid: number; readonly gid: number} | undefined,
): Promise<ReadonlyMap<string, FileStamp>> {
  const stats = new Map<string, BigIntStats>();
  const folders = [''];
  let steps = 0;
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const at = join(directory, folder);
    give(at, owner);
    for (const name of readdirSync(at, {encoding: 'latin1'})) {
      if (++steps % 500 === 0) await setImmediate();
      const path = folder === '' ? name : `${folder}/${name}`;
      const stat = lstatSync(join(directory, path), {bigint: true});
      if (stat.isDirectory()) folders.push(path);
      else if (owner === undefined) stats.set(path, stat);
      else {
        give(join(directory, path), owner);
        stats.set(path, lstatSync(join(directory, path), {bigint: true}));
      }
    }
  }
  const latest = BigInt(Date.now() - stepMs) * 1_000_000n;
  const stamps = new Map<string, FileStamp>();
  for (const [path, stat] of stats) {
    if (stat.ctimeNs < latest) stamps.set(Buffer.from(path, 'latin1').toString('utf8'), stampOf(stat));
  }
  return stamps;
}

/** Names are bytes: one byte a character until they are shown or compared. */
function join(directory: string, path: string): Buffer {
  return Buffer.concat([Buffer.from(directory), Buffer.from(path === '' ? '' : `/${path}`, 'latin1')]);
}

function give(at: Buffer, owner: {readonly uid: number; readonly gid: number} | undefined): void {
  if (owner !== undefined) lchownSync(at, owner.uid, owner.gid);
}
