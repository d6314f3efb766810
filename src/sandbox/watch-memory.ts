import type {ControlGroup} from './control-group.ts';
import {type MachineMemory, readMachineMemory, type SandboxesHere} from './machine-memory.ts';
import type {ProcessUse} from './process-tree.ts';
import {unseenMemory} from './unseen-memory.ts';

export interface MemoryWatchOptions {
  /** First process of the sandbox. */
  readonly pid: number;
  readonly memoryBytes: number;
  /** Where there is one, the kernel holds the limit, and is asked. */
  readonly group?: ControlGroup | undefined;
  /** False where its sockets are not to be told from those of the machine. */
  readonly ownNetwork: boolean;
  readonly sandboxes: SandboxesHere;
}

/** Whether a sandbox holds more memory than it may, or more than the machine can spare. */
export class MemoryWatch {
  readonly #options: MemoryWatchOptions;
  readonly #atStart: MachineMemory & {readonly held: number};

  constructor(options: MemoryWatchOptions) {
    this.#options = options;
    this.#atStart = {...readMachineMemory(), held: options.sandboxes.total};
  }

  /** `temporaryBytes`: what lies in its temporary file systems. */
  isOver(processes: readonly ProcessUse[], temporaryBytes: number): boolean {
    const {group, memoryBytes, sandboxes} = this.#options;
    const machine = readMachineMemory();
    const held = group === undefined ? this.#count(processes, temporaryBytes, machine) : group.usedBytes();
    sandboxes.tell(this, held);
    const isOverLimit = group === undefined ? held > memoryBytes : group.hasKilled();
    return isOverLimit || sandboxes.mustStop(this, machine);
  }

  end(): void {
    this.#options.sandboxes.leave(this);
  }

  #count(processes: readonly ProcessUse[], temporaryBytes: number, machine: MachineMemory): number {
    const {pid, memoryBytes, ownNetwork, sandboxes} = this.#options;
    const charged = processes.reduce((sum, process) => sum + process.memoryBytes, 0) + temporaryBytes;
    sandboxes.tell(this, charged);
    // What the machine lost since the start and no sandbox accounts for: only so much can be hidden here.
    const lost = this.#atStart.available - machine.available - (sandboxes.total - this.#atStart.held);
    if (lost < memoryBytes / 8) return charged;
    const shared = machine.shared - this.#atStart.shared - temporaryBytes;
    return charged + Math.min(lost, unseenMemory(processes, shared, ownNetwork ? pid : undefined));
  }
}
