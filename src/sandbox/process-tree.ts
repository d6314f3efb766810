import {readdirSync, readFileSync} from 'node:fs';

export interface ProcessUse {
  readonly pid: number;
  /** Anonymous and shared memory and the tables of it, bytes; pages of files are not counted. */
  readonly memoryBytes: number;
  readonly threads: number;
  /** How many it has room for in its table, and so at most has open. */
  readonly descriptors: number;
  /** One letter, as the kernel has it: `T` for one that was stopped. */
  readonly state: string;
}

/** What a process and each one below it uses at this moment; those that end meanwhile are left out. */
export function processTree(root: number): ProcessUse[] {
  const found: ProcessUse[] = [];
  const open = [root];
  for (let pid = open.pop(); pid !== undefined; pid = open.pop()) {
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'latin1');
      const threads = field(status, 'Threads');
      const kilobytes = field(status, 'RssAnon') + field(status, 'RssShmem') + field(status, 'VmPTE');
      const state = /^State:\s+(\S)/m.exec(status)?.[1] ?? '';
      found.push({pid, memoryBytes: 1024 * kilobytes, threads, descriptors: field(status, 'FDSize'), state});
      // Most have one thread, and listing costs as much as reading.
      for (const thread of threads === 1 ? [pid] : readdirSync(`/proc/${pid}/task`))
        open.push(
          ...readFileSync(`/proc/${pid}/task/${thread}/children`, 'latin1').split(' ').filter(Boolean).map(Number),
        );
    } catch {
      // It ended between two reads.
    }
  }
  return found;
}

function field(status: string, name: string): number {
  const match = new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status);
  return match === null ? 0 : Number(match[1]);
}
