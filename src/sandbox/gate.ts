import type {ChildProcess} from 'node:child_process';
import type {Socket} from 'node:net';
import type {Readable, Writable} from 'node:stream';
import type {Attached} from './run-limited.ts';

/** Numbers of the files that bubblewrap and the gate get beside those that every program has. */
export const descriptors = {status: 4, gate: 5, filter: 6, passwd: 7, group: 8, hosts: 9} as const;

/** How the gate says that it stands, and is told to open. */
export interface Door {
  /** What the shell inside does before the command; ends it with 125 when it is not told to go on. */
  readonly script: string;
  /** Calls `onReady` when the gate stands. */
  attach(child: ChildProcess, onReady: () => void): {open(): void};
}

/** A word each way. */
export const plainDoor: Door = {
  script: `echo ready >&${descriptors.gate}
read -r _ <&${descriptors.gate} || exit 125`,
  attach(child, onReady) {
    const gate = (child.stdio as readonly unknown[])[descriptors.gate] as Socket;
    gate.on('error', ignoreBrokenPipe);
    gate.once('data', onReady);
    return {open: () => void gate.end('\n')};
  },
};

/**
 * The command starts when it is told to, and that is when bubblewrap has bound its life to ours: whoever dies before closes the gate for
 * good. The number of processes is limited inside, where only those of the sandbox count.
 */
export function gated(processes: number, {script: door}: Door): string[] {
  const close = Object.values(descriptors)
    .map(descriptor => `${descriptor}<&-`)
    .join(' ');
  const script = `${door}
exec ${close}
echo 1000 > /proc/self/oom_score_adj
exec nice -n 5 prlimit --nproc=${processes} -- "$@"`;
  return ['/bin/sh', '-c', script, 'sh'];
}

/** Hands bubblewrap its files, and opens the gate when both say that all stands. */
export function attachGate(
  child: ChildProcess,
  files: ReadonlyMap<number, Buffer>,
  door: Door,
  watch: (pid: number) => void,
): Attached {
  // Typed for five at most.
  const stdio: readonly unknown[] = child.stdio;
  for (const [descriptor, bytes] of files) feed(stdio[descriptor] as Writable, bytes);
  let pid: number | undefined;
  let exitCode: number | undefined;
  let isReady = false;
  let isOpen = false;
  const open = (): void => {
    if (!isReady || pid === undefined || isOpen) return;
    isOpen = true;
    watch(pid);
    opening.open();
  };
  const opening = door.attach(child, () => {
    isReady = true;
    open();
  });
  const status = stdio[descriptors.status] as Readable;
  onStatus(status, told => {
    pid ??= told['child-pid'];
    exitCode ??= told['exit-code'];
    open();
  });
  return {
    // What ended before is the gate.
    exitCode: () => (isOpen ? exitCode : undefined),
    told: new Promise(resolve => status.once('close', resolve)),
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
