import {spawn} from 'node:child_process';
import {programFile, searchPath} from './find-program.ts';

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
  /** The command gets a process group of its own, and whatever it started is killed with it. Default false. */
  readonly group?: boolean;
}

/** Runs a program without a shell to its end. Rejects only when it cannot be started; a bad exit code is the caller's to judge. */
export function runCommand(file: string, args: readonly string[], options: CommandOptions): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(programFile(file, options.env), args, {
      // What it starts itself is not looked for in its working directory either.
      env: {...options.env, PATH: searchPath(options.env)},
      stdio: ['pipe', 'pipe', 'pipe'],
      killSignal: 'SIGKILL',
      ...(options.cwd === undefined ? {} : {cwd: options.cwd}),
      ...(options.group === true
        ? {detached: true}
        : {
            ...(options.timeoutMs === undefined ? {} : {timeout: options.timeoutMs}),
            ...(options.signal === undefined ? {} : {signal: options.signal}),
          }),
    });
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

/** Kills a process that leads a group, and all that it started in it. */
export function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // All of it has ended by itself.
  }
}
