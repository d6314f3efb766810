import {mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {setTimeout} from 'node:timers/promises';

/** Processes whose memory the kernel counts and limits as a whole, with what no process is charged with by itself. */
export interface ControlGroup {
  readonly directory: string;
  /** What cannot simply be dropped, bytes. */
  usedBytes(): number;
  /** The limit was reached, and the kernel has killed something because of it. */
  hasKilled(): boolean;
  /** Kills what is left in it, and removes it. */
  close(): Promise<void>;
}

/** 1: the memory controller has a tree of its own. 2: one tree for all. */
export type GroupVersion = 1 | 2;

/** Makes a group with a limit. Throws when the kernel or its owner does not let us. */
export function makeGroup(directory: string, version: GroupVersion, memoryBytes: number): ControlGroup {
  mkdirSync(directory);
  try {
    for (const [file, isNeeded] of limitFiles[version]) write(path.join(directory, file), memoryBytes, isNeeded);
  } catch (error) {
    rmdirSync(directory);
    throw error;
  }
  return openGroup(directory, version);
}

// Swap is the same memory in another place; kernels without it lack the files.
const limitFiles = {
  1: [
    ['memory.limit_in_bytes', true],
    ['memory.memsw.limit_in_bytes', false],
  ],
  2: [
    ['memory.max', true],
    ['memory.swap.max', false],
  ],
} as const;

function write(file: string, memoryBytes: number, isNeeded: boolean): void {
  try {
    writeFileSync(file, file.endsWith('swap.max') ? '0' : String(memoryBytes));
  } catch (error) {
    if (isNeeded) throw error;
  }
}

const files = {
  1: {used: 'memory.usage_in_bytes', events: 'memory.oom_control', prefix: 'total_'},
  2: {used: 'memory.current', events: 'memory.events', prefix: ''},
} as const;

/** A group that exists. One that has gone uses nothing. */
export function openGroup(directory: string, version: GroupVersion): ControlGroup {
  const {used, events, prefix} = files[version];
  const read = (file: string): string => {
    try {
      return readFileSync(path.join(directory, file), 'latin1');
    } catch {
      return '';
    }
  };
  const number = (text: string, name: string): number =>
    Number(new RegExp(`^${name} (\\d+)`, 'm').exec(text)?.[1] ?? 0);
  return {
    directory,
    usedBytes() {
      const stat = read('memory.stat');
      return Number(read(used)) - number(stat, `${prefix}inactive_file`) - number(stat, `${prefix}active_file`);
    },
    hasKilled: () => number(read(events), 'oom_kill') > 0,
    close: () => closeGroup(directory),
  };
}

const patienceMs = 2000;

async function closeGroup(directory: string): Promise<void> {
  // A process that was killed is in its group until the kernel is done with it.
  for (let waitedMs = 0; waitedMs < patienceMs; waitedMs += 20) {
    killMembers(directory);
    try {
      rmdirSync(directory);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EBUSY') return;
    }
    await setTimeout(20);
  }
}

/** All at once where the kernel can; else again and again. */
export function killMembers(directory: string): void {
  try {
    writeFileSync(path.join(directory, 'cgroup.kill'), '1', {flag: 'r+'});
    return;
  } catch {
    // Version 1, or a kernel before 5.14.
  }
  for (const folder of [directory, ...foldersBelow(directory)]) {
    for (const pid of membersOf(folder)) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended meanwhile.
      }
    }
  }
}

function membersOf(directory: string): number[] {
  try {
    return readFileSync(path.join(directory, 'cgroup.procs'), 'latin1').split('\n').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

function foldersBelow(directory: string): string[] {
  try {
    const entries = readdirSync(directory, {withFileTypes: true}).filter(entry => entry.isDirectory());
    return entries.map(entry => path.join(directory, entry.name));
  } catch {
    return [];
  }
}
