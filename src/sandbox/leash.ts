import {type ChildProcess, spawn} from 'node:child_process';
import {randomBytes} from 'node:crypto';
import {readdirSync, readFileSync} from 'node:fs';
import {setTimeout} from 'node:timers/promises';
import {sealStdio} from '../util/seal-stdio.ts';
import {GuardedProcesses, guarded, leashVariable} from './guard.ts';

export interface LeashedProgram {
  readonly child: ChildProcess;
  /** Kills the program and everything that it started. */
  end(): Promise<void>;
}

export interface LeashOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly stderr: 'pipe' | 'ignore';
}

/**
 * Starts a program of the operator's choice outside of the sandbox, with pipes for its input and output. It ends with us, and its
 * processes with it: those of its group, and those that bear its mark in their environment wherever they went.
 */
export function startLeashed(argv: readonly string[], {cwd, env, stderr}: LeashOptions): LeashedProgram {
  const mark = newMark();
  const [program = '', ...args] = guarded(argv, 0);
  const sealed = sealStdio(['pipe', 'pipe', stderr, 'pipe']);
  const child = spawn(program, args, {
    cwd,
    env: {...env, ...mark.env},
    stdio: sealed.stdio,
    detached: true,
  });
  sealed.close();
  const processes = new GuardedProcesses(child);
  processes.setMark(mark.value);
  return {
    child,
    async end() {
      processes.kill();
      await killMarked(mark.value);
      processes.release();
    },
  };
}

export function newMark(): {readonly value: string; readonly env: Readonly<Record<string, string>>} {
  const value = randomBytes(12).toString('hex');
  return {value, env: {[leashVariable]: value}};
}

const mostRounds = 20;

/** Again until there is none: one may have been starting another. Linux only; elsewhere there is the group. */
export async function killMarked(mark: string): Promise<void> {
  for (let round = 0; round < mostRounds; round++) {
    const found = marked(mark);
    for (const pid of found) kill(pid);
    if (found.length === 0) return;
    await setTimeout(10);
  }
}

function marked(mark: string): number[] {
  if (process.platform !== 'linux') return [];
  const text = `${leashVariable}=${mark}`;
  return readdirSync('/proc')
    .map(Number)
    .filter(pid => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(text);
      } catch {
        // Not a process, not ours, or gone.
        return false;
      }
    });
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}
