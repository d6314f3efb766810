import {setTimeout} from 'node:timers/promises';
import {processTree} from './process-tree.ts';

export interface Held {
  readonly pids: readonly number[];
  /** False where new processes came faster than they could be stopped, or one would not stop. */
  readonly isComplete: boolean;
  /** Lets all of them go on. */
  release(): void;
}

const mostRoundsWithNew = 50;
/** One that waits for a disk stops when that has answered, and on a machine with much to do each when its turn has come. */
const mostMs = 2000;

/** Stops every process of a tree, so that what they hold can be counted: among moving ones a file can be where nobody looks just now. */
export async function holdStill(root: number): Promise<Held> {
  const held = new Set<number>();
  let isComplete = false;
  let roundsWithNew = 0;
  const until = performance.now() + mostMs;
  while (!isComplete && roundsWithNew < mostRoundsWithNew && performance.now() < until) {
    const moving = processTree(root).filter(({state}) => !'TtZX'.includes(state));
    if (moving.some(({pid}) => !held.has(pid))) roundsWithNew++;
    for (const {pid} of moving) {
      signal(pid, 'SIGSTOP');
      held.add(pid);
    }
    isComplete = moving.length === 0;
    // A process stops when it is given the processor next.
    if (!isComplete) await setTimeout(1);
  }
  return {
    pids: processTree(root).map(({pid}) => pid),
    isComplete,
    release() {
      for (const pid of held) signal(pid, 'SIGCONT');
    },
  };
}

function signal(pid: number, name: 'SIGSTOP' | 'SIGCONT'): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended.
  }
}
