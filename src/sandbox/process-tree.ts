import {readdirSync, readFileSync} from 'node:fs';

export interface TreeUse {
  /** Anonymous and shared memory of all processes, bytes; pages of files are not counted. */
  readonly memoryBytes: number;
  /** Processes and threads. */
  readonly threads: number;
}

/** What a process and everything below it uses at this moment; processes that end meanwhile count as nothing. */
export function useOfTree(root: number): TreeUse {
  let memoryBytes = 0;
  let threads = 0;
  const open = [root];
  for (let pid = open.pop(); pid !== undefined; pid = open.pop()) {
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'latin1');
      memoryBytes += 1024 * (field(status, 'RssAnon') + field(status, 'RssShmem'));
      // Most have one thread, and listing costs as much as reading.
      const own = field(status, 'Threads');
      threads += own;
      for (const thread of own === 1 ? [pid] : readdirSync(`/proc/${pid}/task`))
        open.push(
          ...readFileSync(`/proc/${pid}/task/${thread}/children`, 'latin1').split(' ').filter(Boolean).map(Number),
        );
    } catch {
      // It ended between two reads.
    }
  }
  return {memoryBytes, threads};
}

function field(status: string, name: string): number {
  const match = new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status);
  return match === null ? 0 : Number(match[1]);
}
