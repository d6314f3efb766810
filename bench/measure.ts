import {type ChildProcess, spawn} from 'node:child_process';
import {readFileSync} from 'node:fs';

export interface Measured {
  readonly seconds: number;
  readonly exitCode: number;
  /** Largest resident set of the process itself, MB. */
  readonly peakMb: number;
  /** Resident set halfway and at the end, MB: flat when they are alike. */
  readonly middleMb: number;
  readonly endMb: number;
  readonly stdout: string;
}

/** Runs a command to its end and watches its memory. */
export async function measure(
  command: readonly string[],
  env: NodeJS.ProcessEnv = {},
  cwd?: string,
): Promise<Measured> {
  const [program = '', ...args] = command;
  const started = performance.now();
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {...process.env, ...env},
    ...(cwd === undefined ? {} : {cwd}),
  });
  const samples: number[] = [];
  let peakMb = 0;
  const timer = setInterval(() => {
    const status = memoryOf(child);
    if (status === undefined) return;
    samples.push(status.now);
    peakMb = Math.max(peakMb, status.peak);
  }, 50);
  let stdout = '';
  child.stdout?.on('data', chunk => {
    stdout += chunk;
  });
  const exitCode = await new Promise<number>(resolve => child.on('close', code => resolve(code ?? -1)));
  clearInterval(timer);
  return {
    seconds: (performance.now() - started) / 1000,
    exitCode,
    peakMb,
    middleMb: samples[Math.floor(samples.length / 2)] ?? 0,
    endMb: samples.at(-1) ?? 0,
    stdout,
  };
}

function memoryOf(child: ChildProcess): {now: number; peak: number} | undefined {
  try {
    const text = readFileSync(`/proc/${child.pid}/status`, 'latin1');
    const field = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(text)?.[1] ?? 0) / 1024;
    return {now: field('VmRSS'), peak: field('VmHWM')};
  } catch {
    // It has ended.
    return undefined;
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
