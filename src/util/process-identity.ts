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

function processStart(pid: number): string | undefined {
  const tick = startTick(pid);
  if (tick === undefined) return undefined;
  return `${readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()}:${tick}`;
}

/** When a process of this boot was started; undefined when it has ended. Whatever it calls itself, it cannot change this. Linux only. */
export function startTick(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // Field 22; the name in field 2 may hold anything, so count from its end.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
