import {type ChildProcessWithoutNullStreams, spawn} from 'node:child_process';
import {existsSync} from 'node:fs';
import {findOnPath} from './find-on-path.ts';

export interface CommandResult {
  /** `null` when a signal ended it. */
  readonly exitCode: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly cwd?: string;
  /** The whole environment; nothing is inherited. */
  readonly env: NodeJS.ProcessEnv;
  readonly input?: string | Buffer;
  /** The command is killed after this; it then ends with exit code `null`. */
  readonly timeoutMs?: number;
  /** Of stdout; a command that says more is killed. Default 64 MiB. */
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
  /** The command gets a process group of its own: whatever it started is killed with it, and with us, however we end. Default false. */
  readonly group?: boolean;
}

/** Runs a program without a shell to its end. Rejects only when it cannot be started; a bad exit code is the caller's to judge. */
export function runCommand(file: string, args: readonly string[], options: CommandOptions): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    if (options.group === true && !isProgram(file, options.env)) {
      reject(Object.assign(new Error(`${file} is no program`), {code: 'ENOENT'}));
      return;
    }
    const [program, words] =
      options.group === true ? ['/bin/sh', ['-c', boundToUs, 'sh', file, ...args]] : [file, args];
    const child = spawn(program, words, {
      env: options.env,
      stdio: ['pipe', 'pipe', 'pipe', ...(options.group === true ? ['pipe' as const] : [])],
      killSignal: 'SIGKILL',
      ...(options.cwd === undefined ? {} : {cwd: options.cwd}),
      ...(options.group === true
        ? {detached: true}
        : {
            ...(options.timeoutMs === undefined ? {} : {timeout: options.timeoutMs}),
            ...(options.signal === undefined ? {} : {signal: options.signal}),
          }),
      // The first three are pipes, which the type does not know of a list whose length it does not know.
    }) as ChildProcessWithoutNullStreams;
    const kill = (): void => {
      if (options.group !== true || child.pid === undefined) child.kill('SIGKILL');
      else killGroup(child.pid);
    };
    const timer =
      options.group === true && options.timeoutMs !== undefined ? setTimeout(kill, options.timeoutMs) : undefined;
    if (options.group === true) {
      options.signal?.addEventListener('abort', kill, {once: true});
      if (options.signal?.aborted === true) kill();
    }
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdio[3]?.on('error', () => {});
    const maxBytes = options.maxBytes ?? 64 * 1024 * 1024;
    let bytes = 0;
    let errorBytes = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBytes) kill();
      else stdout.push(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      errorBytes += chunk.length;
      if (errorBytes <= 64 * 1024) stderr.push(chunk);
    });
    child.on('error', reject);
    child.on('close', exitCode => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', kill);
      resolve({exitCode, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString('utf8')});
    });
    // A program that ends without reading its input is judged by its exit code.
    child.stdin.on('error', () => {});
    child.stdin.end(options.input ?? '');
  });
}

/**
 * Starts a program and waits for it, until nobody holds the other end of descriptor 3 any more: then the whole group dies. A process that
 * is killed closes what it holds, so that nothing of it goes on working in a folder that the next start takes over.
 */
const boundToUs = `exec 4<&0
"$@" <&4 3<&- 4<&- &
child=$!
exec 4<&-
{ read -r _ <&3; kill -s KILL -- "-$$"; } > /dev/null 2>&1 &
wait "$child"
code=$?
kill -s KILL "$!" 2> /dev/null
exit "$code"`;

/** The shell would answer for one that is not there. */
function isProgram(file: string, env: NodeJS.ProcessEnv): boolean {
  return file.includes('/') ? existsSync(file) : findOnPath(file, env) !== undefined;
}

/** Kills a process that leads a group, and all that it started in it. */
export function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // All of it has ended by itself.
  }
}
