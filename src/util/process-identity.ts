import {readFileSync} from 'node:fs';
import {hostname} from 'node:os';

/** What tells one process from every other, also from a later one with the same number. */
export interface ProcessIdentity {
  readonly host: string;
  readonly pid: number;
  /** Boot id and start tick on Linux; empty where the system does not tell. */
  readonly start: string;
}

export function ownProcess(): ProcessIdentity {
  return {host: hostname(), pid: process.pid, start: processStart(process.pid) ?? ''};
}

/** True or false for a process of this host, undefined for one of another host. */
export function isAlive(identity: ProcessIdentity): boolean | undefined {
  if (identity.host !== hostname()) return undefined;
  if (identity.start !== '') return processStart(identity.pid) === identity.start;
  try {
    process.kill(identity.pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

// Field 22 of /proc/PID/stat is the start time in ticks since boot; the name in field 2 may hold anything, so count from its end.
function processStart(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z') return undefined;
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()}:${fields[19]}`;
  } catch {
    return undefined;
  }
}
