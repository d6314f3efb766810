import path from 'node:path';
import type {Io} from '../../src/cli/io.ts';
import {runCommand} from '../../src/cli/main.ts';

export interface Answer {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

/** A command line in this process, without a terminal unless `io` says otherwise. `directory` is home and working directory. */
export async function runCli(directory: string, argv: readonly string[], io: Partial<Io> = {}): Promise<Answer> {
  let out = '';
  let err = '';
  const exitCode = await runCommand(argv, {
    ...createIo(directory),
    out: text => (out += text),
    err: text => (err += text),
    ...io,
  });
  return {exitCode, out, err};
}

export function createIo(directory: string): Io {
  return {
    out: () => {},
    err: () => {},
    outIsTerminal: false,
    errIsTerminal: false,
    canAsk: false,
    color: false,
    size: () => ({columns: 80, rows: 24}),
    env: {PATH: process.env['PATH']},
    cwd: directory,
    home: directory,
    stateDir: path.join(directory, '.orchestrator'),
  };
}
