import {readFileSync} from 'node:fs';

/** Of the whole machine, bytes. */
export interface MachineMemory {
  readonly total: number;
  readonly available: number;
  /** Memory that is shared, and what lies in temporary file systems. */
  readonly shared: number;
}

export function readMachineMemory(): MachineMemory {
  const info = readFileSync('/proc/meminfo', 'latin1');
  const bytes = (name: string): number => 1024 * Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(info)?.[1] ?? 0);
  return {total: bytes('MemTotal'), available: bytes('MemAvailable'), shared: bytes('Shmem')};
}

const megabyte = 1024 ** 2;
/** Stopping one that holds less would not help. */
const worthStopping = 64 * megabyte;
/** How long the memory of one that was stopped takes to come back. */
const settleMs = 2000;

/** The sandboxes of this process: when the machine runs out of memory, it is the largest that has to go. */
export class SandboxesHere {
  readonly #held = new Map<object, number>();
  #stoppedAt = Number.NEGATIVE_INFINITY;

  /** What all of them hold, as far as they have told. */
  get total(): number {
    return [...this.#held.values()].reduce((sum, bytes) => sum + bytes, 0);
  }

  tell(sandbox: object, bytes: number): void {
    this.#held.set(sandbox, bytes);
  }

  leave(sandbox: object): void {
    this.#held.delete(sandbox);
  }

  /** True for one of them at most, and then for none until the machine has had time to recover. */
  mustStop(sandbox: object, {total, available}: MachineMemory): boolean {
    if (available >= Math.min(total / 50, 512 * megabyte)) return false;
    const bytes = this.#held.get(sandbox) ?? 0;
    const isLargest = [...this.#held.values()].every(other => other <= bytes);
    const now = performance.now();
    if (!isLargest || bytes < worthStopping || now - this.#stoppedAt < settleMs) return false;
    this.#stoppedAt = now;
    return true;
  }
}
