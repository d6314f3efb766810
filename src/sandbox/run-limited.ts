import {type ChildProcess, spawn} from 'node:child_process';
import {closeSync} from 'node:fs';
import type {SandboxLimits} from '../domain/sandbox.ts';
import {programFile} from '../util/find-program.ts';
import {sealStdio} from '../util/seal-stdio.ts';
import type {ControlGroup} from './control-group.ts';
import type {ControlGroups, GroupStart} from './find-control-groups.ts';
import {GuardedProcesses, guarded, lifeline} from './guard.ts';
import {kernelLimits} from './kernel-limits.ts';
import {killMarked, newMark} from './leash.ts';
import type {SandboxesHere} from './machine-memory.ts';
import {OutputBuffer} from './output-buffer.ts';
import {openOutputPipe} from './output-pipe.ts';
import {reopenFolder} from './reopen-folder.ts';
import {type SandboxCommand, type SandboxEnd, SandboxError, type SandboxResult} from './sandbox.ts';
import {type Limit, watchLimits} from './watch-limits.ts';

export interface LimitedCommand {
  readonly command: Pick<SandboxCommand, 'workspace' | 'timeoutMs' | 'signal'>;
  /** Folders in which it can write to a disk, with the workspace. */
  readonly writable: readonly string[];
  readonly limits: SandboxLimits;
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Its processes are known by a mark in their environment, for want of anything better. */
  readonly marked?: boolean;
  /** How many files the program gets beside its standard ones, counted from 4. */
  readonly descriptors: number;
  /** Which of them is a channel between two Nodes; none when absent. */
  readonly channel?: number;
  /** Temporary file systems of its own, as it names them. */
  readonly temporary: readonly string[];
  /** Where the kernel can count memory, and whether sockets are to be told from those of the machine. */
  readonly groups?: ControlGroups | undefined;
  readonly ownNetwork: boolean;
  readonly sandboxes: SandboxesHere;
  /** Called once it is started; calls `watch` with the first process to be watched, when there is one. */
  readonly attach: (child: ChildProcess, watch: (pid: number) => void) => Attached;
}

export interface Attached {
  /** Exit code of the command; undefined when it was never started. */
  readonly exitCode: () => number | undefined;
  /** Resolves when everything that is told of it has been told. */
  readonly told: Promise<unknown>;
}

const headBytes = 32 * 1024;
const tailBytes = 128 * 1024;
/** How long what was killed may take to be gone. */
const goneMs = 5_000;

/** Runs a program to its end or to its first limit, and gathers the head and the tail of what it says. */
export async function runLimited(limited: LimitedCommand): Promise<SandboxResult> {
  const {command, limits} = limited;
  command.signal?.throwIfAborted();
  const {reader, writeDescriptor} = await openOutputPipe();
  const startedAt = performance.now();
  const output = new OutputBuffer(headBytes, tailBytes);
  const start = startGroup(limited);
  const mark = limited.marked === true ? newMark() : undefined;
  const child = spawnGuarded(limited, {...start?.env, ...mark?.env}, start?.prefix ?? [], writeDescriptor);
  const processes = new GuardedProcesses(child);
  if (mark !== undefined) processes.setMark(mark.value);
  if (start?.directory !== undefined) processes.setGroup(start.directory);
  let group: ControlGroup | undefined;
  let end: SandboxEnd | undefined;
  let stopWatch: (() => void) | undefined;
  const kill = (reason: SandboxEnd): void => {
    end ??= reason;
    processes.kill();
  };
  const onLimit = (limit: Limit): void => kill({kind: 'limit', limit});
  const abort = (): void => kill({kind: 'aborted'});
  const timer = setTimeout(() => onLimit('time'), command.timeoutMs);
  command.signal?.addEventListener('abort', abort, {once: true});
  // All has been said when nobody holds the other end any more.
  const drained = new Promise(resolve => reader.once('close', resolve));
  reader.on('error', () => {});
  reader.on('data', (chunk: Buffer) => {
    if (output.total > limits.outputBytes) return;
    output.add(chunk);
    if (output.total > limits.outputBytes) onLimit('output');
  });
  try {
    const {exitCode, told} = limited.attach(child, pid => {
      if (stopWatch !== undefined || !processes.setFirst(pid)) return;
      group = start?.find(child.pid ?? pid);
      if (group !== undefined) processes.setGroup(group.directory);
      stopWatch = watchLimits({...limited, pid, group, onLimit});
    });
    await ended(child);
    clearTimeout(timer);
    // What it left running has no business any more.
    processes.kill();
    if (mark !== undefined) await killMarked(mark.value);
    await Promise.race([Promise.all([drained, told]), afterMs(goneMs)]);
    // Between two looks.
    if (group?.hasKilled() === true) end ??= {kind: 'limit', limit: 'memory'};
    reopenFolder(command.workspace);
    return {
      end: end ?? {kind: 'exited', exitCode: exitCode() ?? neverStarted(output)},
      output: output.toString(),
      durationMs: Math.round(performance.now() - startedAt),
    };
  } finally {
    clearTimeout(timer);
    stopWatch?.();
    command.signal?.removeEventListener('abort', abort);
    reader.destroy();
    processes.release();
    // Nobody waits for the kernel: what is left of an empty group is removed at the next start at the latest.
    void (group?.close() ?? start?.drop());
  }
}

function startGroup({groups, limits}: LimitedCommand): GroupStart | undefined {
  try {
    return groups?.start(limits.memoryBytes);
  } catch (error) {
    throw new SandboxError(`a control group cannot be made: ${(error as Error).message}`, {cause: error});
  }
}

function spawnGuarded(
  limited: LimitedCommand,
  env: Readonly<Record<string, string>>,
  prefix: readonly string[],
  output: number,
): ChildProcess {
  const argv = [...prefix, ...limited.argv];
  const files = Array.from({length: 1 + limited.descriptors}, (_, index) =>
    lifeline + index === limited.channel ? 'ipc' : 'pipe',
  );
  const sealed = sealStdio(['ignore', output, output, ...files]);
  try {
    const program = programFile('prlimit', process.env);
    return spawn(program, [...kernelLimits(limited.limits), '--', ...guarded(argv, limited.descriptors)], {
      cwd: limited.cwd,
      env: {...limited.env, ...env},
      // A process group of its own: signals of the terminal are for us, and all of it can be killed at once.
      detached: true,
      stdio: sealed.stdio,
    });
  } finally {
    sealed.close();
    closeSync(output);
  }
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    // Not `close`: that would wait for the pipes of a process that cannot be killed at this moment.
    child.once('exit', () => resolve());
  });
}

function afterMs(ms: number): Promise<void> {
  return new Promise(resolve => {
    setTimeout(resolve, ms).unref();
  });
}

function neverStarted(output: OutputBuffer): never {
  const reason = output.toString().trim().slice(-500) || 'no reason given';
  throw new SandboxError(`the sandbox cannot be started: ${reason}`);
}
