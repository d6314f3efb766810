import {userInfo} from 'node:os';
import path from 'node:path';
import type {ForgeListings} from '../fleet/forge-listings.ts';

/** The outside of a command: where it stands, what it may read, where it talks. stdout is the result, stderr the talk. */
export interface Io {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** stdout byte for byte, for what another program reads; `out` makes text safe to show. */
  readonly outExact?: (text: string) => void;
  /** Why stdout did not take all that was said, such as ENOSPC; a reader that went away is no fault. */
  readonly outFault?: () => Promise<string | undefined>;
  readonly outIsTerminal: boolean;
  readonly errIsTerminal: boolean;
  /** A person can be asked: stdin and stderr are terminals and prompts are not switched off. */
  readonly canAsk: boolean;
  readonly color: boolean;
  readonly size: () => {columns: number; rows: number};
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly home: string;
  /** State folder, ORCHESTRATOR_HOME. */
  readonly stateDir: string;
  /** Address of the queue that several machines share: --queue, ORCHESTRATOR_QUEUE. Its database holds the ledger. */
  readonly queue?: string;
  /** What forges answered to the sources of the fleet, for a command that has asked them. */
  readonly listings?: ForgeListings;
}

export function processIo(): Io {
  const {env} = process;
  const home = env['HOME'] || userInfo().homedir;
  const forced = env['ORCHESTRATOR_FORCE_TTY'] !== undefined && env['ORCHESTRATOR_FORCE_TTY'] !== '';
  const outIsTerminal = forced || process.stdout.isTTY === true;
  const errIsTerminal = forced || process.stderr.isTTY === true;
  const out = writerTo(process.stdout);
  return {
    out: out.write,
    err: writerTo(process.stderr).write,
    outFault: out.fault,
    outIsTerminal,
    errIsTerminal,
    canAsk: process.stdin.isTTY === true && errIsTerminal && !env['ORCHESTRATOR_PROMPT_DISABLED'] && !env['CI'],
    color: useColor(env, outIsTerminal && errIsTerminal),
    size: () => ({
      columns: process.stdout.columns ?? process.stderr.columns ?? 80,
      rows: process.stdout.rows ?? process.stderr.rows ?? 24,
    }),
    env,
    ...(env['ORCHESTRATOR_QUEUE'] ? {queue: env['ORCHESTRATOR_QUEUE']} : {}),
    cwd: process.cwd(),
    home,
    stateDir: stateDirOf(env, home),
  };
}

export function stateDirOf(env: Io['env'], home: string): string {
  return env['ORCHESTRATOR_HOME']
    ? path.resolve(env['ORCHESTRATOR_HOME'].replace(/^~(?=\/|$)/, home))
    : path.join(home, '.orchestrator');
}

/** What cannot be written is lost and stops nothing: a run goes on without anybody who looks. */
function writerTo(stream: NodeJS.WriteStream): {
  write: (text: string) => void;
  fault: () => Promise<string | undefined>;
} {
  let fault: string | undefined;
  stream.on('error', ({code}: NodeJS.ErrnoException) => {
    fault ??= code ?? 'unknown error';
  });
  return {
    write: text => void stream.write(text),
    async fault() {
      await new Promise<void>(resolve => void stream.write('', () => resolve()));
      // A reader that went away, as in `orchestrator list repos | head`, has had enough.
      return fault === 'EPIPE' ? undefined : fault;
    },
  };
}

// https://no-color.org and https://bixense.com/clicolors
function useColor(env: Readonly<Record<string, string | undefined>>, isTerminal: boolean): boolean {
  if (env['NO_COLOR']) return false;
  if (env['CLICOLOR_FORCE'] && env['CLICOLOR_FORCE'] !== '0') return true;
  return isTerminal && env['CLICOLOR'] !== '0' && env['TERM'] !== 'dumb';
}
