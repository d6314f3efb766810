import {createHash} from 'node:crypto';
import {lstatSync, mkdtempSync, readdirSync} from 'node:fs';
import {rm} from 'node:fs/promises';
import {hostname, tmpdir} from 'node:os';
import path from 'node:path';
import {effectiveUserId} from './effective-user.ts';
import {once} from './once.ts';
import {startTick} from './process-identity.ts';

/**
 * A new folder that nobody else can enter, among the temporary files or in another folder that is there. Its name says whose it is; what processes of ours that were killed
 * left there is removed with the first one. Short, since it may hold a socket. `purpose` is one word.
 */
export function makeTemporaryFolder(purpose: string, parent = tmpdir()): string {
  const sweep = sweeps.get(parent) ?? once(() => removeLeft(parent));
  sweeps.set(parent, sweep);
  sweep();
  const owner = [hostDigest(), process.pid, startTick(process.pid) ?? 0].join('-');
  return mkdtempSync(path.join(parent, `orchestrator-${purpose}-${owner}-`));
}

/** By folder, as what has been done once. */
const sweeps = new Map<string, () => void>();

function removeLeft(parent: string): void {
  for (const name of readdirSync(parent)) {
    const [, host, pid, tick] = /^orchestrator-[a-z]+-([0-9a-f]{8})-(\d+)-(\d+)-/.exec(name) ?? [];
    if (host !== hostDigest() || tick === '0' || startTick(Number(pid)) === tick) continue;
    const folder = path.join(parent, name);
    const isOurs = lstatSync(folder, {throwIfNoEntry: false})?.uid === effectiveUserId();
    // Nobody waits for it; what cannot be removed is in nobody's way.
    if (isOurs) void rm(folder, {recursive: true, force: true}).catch(() => {});
  }
}

function hostDigest(): string {
  return createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
}
