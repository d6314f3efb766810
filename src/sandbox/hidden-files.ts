import {readdirSync, readFileSync, statSync} from 'node:fs';
import {setImmediate} from 'node:timers/promises';

export interface HiddenFiles {
  /** Files without a name that processes have open. */
  readonly files: number;
  readonly bytes: number;
  /** False where there may be more of them: in a process that cannot be looked into, on the way through a socket, or mapped only. */
  readonly isComplete: boolean;
}

export interface Devices {
  readonly disks: ReadonlySet<number>;
  /** Temporary file systems: what lies there is memory, and counted as such. */
  readonly memory: ReadonlySet<number>;
}

const mostDescriptors = 50_000;

/** What processes hold on disks that no walk through folders finds. To be asked while they stand still. */
export async function hiddenFiles(pids: readonly number[], devices: Devices): Promise<HiddenFiles> {
  const found = new Map<string, number>();
  const mapped = new Set<string>();
  let isComplete = true;
  let descriptors = 0;
  for (const pid of pids) {
    await setImmediate();
    try {
      for (const descriptor of readdirSync(`/proc/${pid}/fd`)) {
        if (++descriptors > mostDescriptors) return {...sum(found), isComplete: false};
        isComplete &&= look(pid, descriptor, devices, found);
      }
      for (const file of deletedMaps(readFileSync(`/proc/${pid}/maps`, 'latin1'), devices)) mapped.add(file);
    } catch (error) {
      // It has ended, or hides what it holds.
      if (!hasEnded(error)) isComplete = false;
    }
  }
  return {...sum(found), isComplete: isComplete && [...mapped].every(inode => found.has(inode))};
}

/** False where the descriptor is a socket through which files are on their way. */
function look(pid: number, descriptor: string, {disks}: Devices, found: Map<string, number>): boolean {
  const stats = statSync(`/proc/${pid}/fd/${descriptor}`, {throwIfNoEntry: false});
  if (stats?.isFile() === true && stats.nlink === 0 && disks.has(stats.dev))
    found.set(String(stats.ino), stats.blocks * 512);
  if (stats?.isSocket() !== true) return true;
  return !/^scm_fds:\s+[1-9]/m.test(readFileSync(`/proc/${pid}/fdinfo/${descriptor}`, 'latin1'));
}

function hasEnded(error: unknown): boolean {
  return ['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '');
}

/** Inodes of files without a name that are mapped. */
function deletedMaps(maps: string, {disks, memory}: Devices): string[] {
  return maps.split('\n').flatMap(line => {
    const [, major, minor, inode, name = ''] = /^\S+ \S+ \S+ (\S+):(\S+) (\d+)\s+(.*) \(deleted\)$/.exec(line) ?? [];
    if (inode === undefined || /^\/(?:dev\/(?:zero|shm\/)|SYSV|memfd:)/.test(name)) return [];
    const device = makeDevice(Number.parseInt(major!, 16), Number.parseInt(minor!, 16));
    // The number that is told here is not the one that stat tells on every file system, and those have a major of 0.
    return disks.has(device) || (major === '00' && !memory.has(device)) ? [inode] : [];
  });
}

function makeDevice(major: number, minor: number): number {
  return major * 256 + (minor & 0xff) + (minor >>> 8) * 0x100000;
}

function sum(found: ReadonlyMap<string, number>): {readonly files: number; readonly bytes: number} {
  return {files: found.size, bytes: [...found.values()].reduce((total, bytes) => total + bytes, 0)};
}
