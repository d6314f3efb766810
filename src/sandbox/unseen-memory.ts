import {readFileSync} from 'node:fs';
import type {ProcessUse} from './process-tree.ts';

/** Of a pipe, with the tables around it; bytes. */
const descriptorBytes = 9 * 1024;

/**
 * At most how much memory a sandbox may hold that no process of it is charged with: in the buffers of sockets and pipes, and in shared
 * memory that nobody maps any more. What the shared memory of the machine has grown by, `sharedGrowth`, is believed where there is a
 * mapping that could reach it; sockets are counted in the network of the process `network`.
 */
export function unseenMemory(
  processes: readonly ProcessUse[],
  sharedGrowth: number,
  network: number | undefined,
): number {
  const descriptors = processes.reduce((sum, process) => sum + process.descriptors, 0);
  const shared = sharedGrowth > 0 && processes.some(({pid}) => mapsShared(pid)) ? sharedGrowth : 0;
  return shared + descriptors * descriptorBytes + (network === undefined ? 0 : socketBuffers(network));
}

function mapsShared(pid: number): boolean {
  return /\/(?:dev\/zero|SYSV\w*) \(deleted\)$/m.test(readText(`/proc/${pid}/maps`));
}

function socketBuffers(root: number): number {
  const inet = ['tcp', 'tcp6', 'udp', 'udp6'].reduce((sum, name) => sum + queued(`/proc/${root}/net/${name}`), 0);
  return inet + unixBuffers(root);
}

/** Bytes on the way, which the kernel tells of each socket. */
function queued(file: string): number {
  let bytes = 0;
  for (const [, sent = '', received = ''] of readText(file).matchAll(/ ([0-9A-F]{8}):([0-9A-F]{8}) \d\d:/g))
    bytes += Number.parseInt(sent, 16) + Number.parseInt(received, 16);
  return bytes;
}

// A new network namespace begins with this, whatever the one of the machine has.
const datagramQueue = 11;

/** Of sockets between processes it does not, so the most that each could hold: its own buffer, and that of an end that was closed. */
function unixBuffers(root: number): number {
  const buffer = 2 * Number(readText('/proc/sys/net/core/wmem_max') || 212_992);
  let bytes = 0;
  for (const [, type] of readText(`/proc/${root}/net/unix`).matchAll(/^\S+ \S+ \S+ \S+ (\S{4}) /gm))
    bytes += type === '0002' ? datagramQueue * buffer : 2 * buffer;
  return bytes;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    // The process has ended, or the kernel knows nothing of the kind.
    return '';
  }
}
