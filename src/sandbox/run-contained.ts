import {spawn} from 'node:child_process';
import {closeSync} from 'node:fs';
import type {Socket} from 'node:net';
import type {Readable, Writable} from 'node:stream';
import type {SandboxLimits} from '../domain/sandbox.ts';
import {descriptors} from './bubblewrap-arguments.ts';
import {OutputBuffer} from './output-buffer.ts';
import {openOutputPipe} from './output-pipe.ts';
import {type SandboxCommand, type SandboxEnd, SandboxError, type SandboxResult} from './sandbox.ts';
import {type Limit, watchLimits} from './watch-limits.ts';

export interface ContainedCommand {
  readonly command: SandboxCommand;
  readonly limits: SandboxLimits;
  /** The whole line, bubblewrap and all. */
  readonly argv: readonly string[];
  /** Options of prlimit. */
  readonly rlimits: readonly string[];
  /** What is to be read from the descriptors of these numbers. */
  readonly files: ReadonlyMap<number, Buffer>;
  readonly temporary: readonly string[];
}

const headBytes = 32 * 1024;
const tailBytes = 128 * 1024;
/** How long what was killed may take to be gone. */
const goneMs = 5_000;

/** Starts bubblewrap, opens the gate when it says that it stands, watches the limits and gathers what is said. */
export async function runContained(contained: ContainedCommand): Promise<SandboxResult> {
  const {command, limits} = contained;
  command.signal?.throwIfAborted();
  const {reader, writeDescriptor} = await openOutputPipe();
  const startedAt = performance.now();
  const output = new OutputBuffer(headBytes, tailBytes);
  let end: SandboxEnd | undefined;
  let pid: number | undefined;
  let exitCode: number | undefined;
  let stopWatch: (() => void) | undefined;

  const child = spawn('prlimit', [...contained.rlimits, '--', ...contained.argv], {
    cwd: '/',
    // Whoever reads the environment of a process outside the sandbox finds nothing either.
    env: {PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'},
    // Signals of the terminal are for us.
    detached: true,
    stdio: ['ignore', writeDescriptor, writeDescriptor, ...Object.values(descriptors).map(() => 'pipe' as const)],
  });
  closeSync(writeDescriptor);
  const kill = (reason: SandboxEnd): void => {
    end ??= reason;
    child.kill('SIGKILL');
  };
  const abort = (): void => kill({kind: 'aborted'});
  const timer = setTimeout(() => kill({kind: 'limit', limit: 'time'}), command.timeoutMs);
  command.signal?.addEventListener('abort', abort, {once: true});

  // All has been said when nobody holds the other end any more.
  const drained = new Promise<void>(resolve => reader.once('close', () => resolve()));
  reader.on('error', ignoreBrokenPipe);
  reader.on('data', (chunk: Buffer) => {
    if (output.total > limits.outputBytes) return;
    output.add(chunk);
    if (output.total > limits.outputBytes) kill({kind: 'limit', limit: 'output'});
  });
  for (const [descriptor, bytes] of contained.files) feed(child.stdio[descriptor] as Writable, bytes);
  const gate = child.stdio[descriptors.gate] as Socket;
  gate.on('error', ignoreBrokenPipe);
  let isReady = false;
  const openGate = (): void => {
    if (!isReady || pid === undefined || end !== undefined || stopWatch !== undefined) return;
    const onLimit = (limit: Limit): void => kill({kind: 'limit', limit});
    stopWatch = watchLimits({...contained, pid, workspace: command.workspace, onLimit});
    gate.end('\n');
  };
  // Said before the command runs, by the gate itself: the sandbox stands, and its life is bound to ours.
  gate.once('data', () => {
    isReady = true;
    openGate();
  });
  onStatus(child.stdio[descriptors.status] as Readable, status => {
    pid ??= status['child-pid'];
    exitCode ??= status['exit-code'];
    openGate();
  });

  try {
    await ended(child);
    clearTimeout(timer);
    await Promise.race([drained, afterMs(goneMs)]);
  } finally {
    clearTimeout(timer);
    stopWatch?.();
    command.signal?.removeEventListener('abort', abort);
    reader.destroy();
  }
  if (end === undefined && exitCode === undefined)
    throw new SandboxError(
      `the sandbox cannot be started: ${output.toString().trim().slice(-500) || 'no reason given'}`,
    );
  return {
    end: end ?? {kind: 'exited', exitCode: exitCode!},
    output: output.toString(),
    durationMs: Math.round(performance.now() - startedAt),
  };
}

function feed(stream: Writable, bytes: Buffer): void {
  stream.on('error', ignoreBrokenPipe);
  stream.end(bytes);
}

/** A program that ends without reading what it was given is judged by its end. */
function ignoreBrokenPipe(): void {}

interface Status {
  readonly 'child-pid'?: number;
  readonly 'exit-code'?: number;
}

/** Bubblewrap writes one JSON object a line; nobody inside can write there. */
function onStatus(stream: Readable, tell: (status: Status) => void): void {
  let text = '';
  stream.on('data', (chunk: Buffer) => {
    text += chunk.toString('utf8');
    const lines = text.split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) tell(JSON.parse(line) as Status);
  });
}

function ended(child: ReturnType<typeof spawn>): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    // Not `close`: that would wait for the pipes of a process that cannot be killed at this moment.
    child.once('exit', () => setImmediate(resolve));
  });
}

function afterMs(ms: number): Promise<void> {
  return new Promise(resolve => {
    setTimeout(resolve, ms).unref();
  });
}
