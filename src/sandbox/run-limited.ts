import {type ChildProcess, spawn} from 'node:child_process';
import {closeSync} from 'node:fs';
import type {Writable} from 'node:stream';
import type {SandboxLimits} from '../domain/sandbox.ts';
import {programFile} from '../util/find-program.ts';
import {startTick} from '../util/process-identity.ts';
import {killGroup} from '../util/run-command.ts';
import {sealStdio} from '../util/seal-stdio.ts';
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
  /** How many files the program gets beside its standard ones, counted from 4. */
  readonly descriptors: number;
  /** Temporary file systems of its own, as it names them. */
  readonly temporary: readonly string[];
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
const openFiles = 16_384;
/** How long what was killed may take to be gone. */
const goneMs = 5_000;

/** Runs a program to its end or to its first limit, and gathers the head and the tail of what it says. */
export async function runLimited(limited: LimitedCommand): Promise<SandboxResult> {
  const {command, limits} = limited;
  command.signal?.throwIfAborted();
  const {reader, writeDescriptor} = await openOutputPipe();
  const startedAt = performance.now();
  const output = new OutputBuffer(headBytes, tailBytes);
  const sealed = sealStdio([
    'ignore',
    writeDescriptor,
    writeDescriptor,
    ...Array.from({length: 1 + limited.descriptors}, () => 'pipe' as const),
  ]);
  const child = spawn(programFile('prlimit', process.env), [...kernelLimits(limits), '--', ...guarded(limited)], {
    cwd: limited.cwd,
    env: limited.env,
    // A process group of its own: signals of the terminal are for us, and all of it can be killed at once.
    detached: true,
    stdio: sealed.stdio,
  });
  sealed.close();
  closeSync(writeDescriptor);

  let end: SandboxEnd | undefined;
  let stopWatch: (() => void) | undefined;
  let killFirst = (): void => {};
  const killAll = (): void => {
    // First what the guard would kill, which dies with the group.
    killFirst();
    if (child.pid !== undefined) killGroup(child.pid);
  };
  const kill = (reason: SandboxEnd): void => {
    end ??= reason;
    killAll();
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

  // Its other end may be gone already.
  child.stdio[lifeline]?.on('error', () => {});
  try {
    const {workspace} = command;
    const {exitCode, told} = limited.attach(child, pid => {
      const tick = startTick(pid);
      if (stopWatch !== undefined || tick === undefined) return;
      killFirst = () => killProcess(pid, tick);
      (child.stdio[lifeline] as Writable).write(`${pid} ${tick}\n`);
      stopWatch = watchLimits({pid, writable: limited.writable, temporary: limited.temporary, limits, onLimit});
    });
    await ended(child);
    clearTimeout(timer);
    // What it left running has no business any more.
    killAll();
    await Promise.race([Promise.all([drained, told]), afterMs(goneMs)]);
    reopenFolder(workspace);
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
    child.stdio[lifeline]?.destroy();
  }
}

/** Open as long as we live; its end is the end of the group, and of the process that it was told of. */
const lifeline = 3;

/**
 * The program, with a guard in its process group that kills all of it when we are no more. Bubblewrap binds its life to ours by itself,
 * but not at every moment of its start, and its inner half leaves the group. That half is known by when it was started: a command of
 * the same user may have given it another name, and freed it from its parent.
 */
function guarded({argv, descriptors}: LimitedCommand): string[] {
  const others = Array.from({length: descriptors}, (_, index) => `${lifeline + 1 + index}<&-`).join(' ');
  const guard = `first= tick= stat=
while read -r pid start; do first=$pid tick=$start; done <&${lifeline}
if [ -n "$first" ]; then
  while IFS= read -r line; do stat="$stat $line"; done < "/proc/$first/stat"
  set -- \${stat##*) }
  [ "\${20}" = "$tick" ] && kill -9 "$first"
fi
kill -9 0`;
  const script = `(${guard}) </dev/null >/dev/null 2>&1 ${others} &
exec ${lifeline}<&-
exec "$@"`;
  return ['/bin/sh', '-c', script, 'sh', ...argv];
}

/** A number that belongs to somebody else by now is left alone. */
function killProcess(pid: number, tick: string): void {
  if (startTick(pid) !== tick) return;
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended just now.
  }
}

function kernelLimits(limits: SandboxLimits): string[] {
  return [`--data=${limits.memoryBytes}`, `--fsize=${limits.diskBytes}`, `--nofile=${openFiles}`, '--core=0'];
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
