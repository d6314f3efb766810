import {spawn} from 'node:child_process';
import {closeSync, existsSync, openSync, readFileSync, rmSync} from 'node:fs';
import path from 'node:path';
import {OrchestratorError} from '../../domain/errors.ts';
import {openLedger} from '../../orchestrator/open-ledger.ts';
import {systemClock} from '../../util/clock.ts';
import {escapeBlock} from '../../util/escape-text.ts';
import {makeFolder} from '../../util/make-folder.ts';
import {findRun} from '../find-run.ts';
import type {Io} from '../io.ts';
import {readJobEvents} from '../job-events.ts';
import {metricsToken} from '../metrics-token.ts';
import {openOperator} from '../page-operator.ts';

export interface ServeOptions {
  readonly port?: string;
  readonly host?: string;
  readonly run?: string;
  readonly json?: true;
}

/** The page on loopback, until SIGINT or SIGTERM. The first line on stdout is its address with the token. */
export async function serve(io: Io, options: ServeOptions): Promise<number> {
  const port = checkPort(options.port ?? '0');
  checkHost(options.host);
  const ledger = openLedger(io.stateDir, io.queue);
  try {
    const run = options.run === undefined ? undefined : await findRun(ledger, options.run, () => false, '');
    // Said here and not by a page that can show nothing.
    await ledger.runs({limit: 1});
    const {openPage} = await import('../../web/server.ts');
    const page = await openPage({
      ledger,
      clock: systemClock,
      port,
      metricsToken: metricsToken(io),
      jobEvents: (of, record) => readJobEvents(io.stateDir, of.id, record.job),
      operator: openOperator(io, ledger),
      start: (args, on) => startProgram(io, args, on),
    });
    const url = `${page.origin}/${run === undefined ? '' : `r/${run.id}`}#token=${page.token}`;
    const stopped = untilSignal();
    io.out(options.json ? `${JSON.stringify({event: 'listening', url, pid: process.pid})}\n` : `${url}\n`);
    io.err('open it in a browser on this machine; Ctrl-C ends it\n');
    const exitCode = await stopped;
    await page.close();
    return exitCode;
  } finally {
    await ledger.close();
  }
}

function checkPort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new OrchestratorError('bad-flag', `--port: "${text}" is no port`, {
    hint: 'a number from 0 to 65535; 0 is any that is free',
  });
}

/** The page shows prompts, replies and diffs of private repos; whoever wants it elsewhere brings a tunnel that knows who asks. */
function checkHost(host: string | undefined): void {
  if (host === undefined || ['127.0.0.1', 'localhost'].includes(host)) return;
  throw new OrchestratorError('bad-flag', `--host ${host}: the page is for this machine only`, {
    hint: 'from elsewhere use a tunnel: ssh -L 7400:127.0.0.1:7400 HOST, with --port 7400',
  });
}

const exitCodes = {SIGINT: 130, SIGTERM: 143} as const;

function untilSignal(): Promise<number> {
  return new Promise(resolve => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve(exitCodes[signal]));
  });
}

const pollMs = 300;
const saidLength = 4_000;

/** A process of its own, whose talk is read from a file: it goes on when the page is closed. */
function startProgram(
  io: Io,
  args: readonly string[],
  on: {said(text: string): void; ended(exitCode: number): void},
): void {
  makeFolder(io.stateDir, 0o700);
  const talkFile = path.join(io.stateDir, `page-${process.pid}-${Date.now()}.log`);
  const talk = openSync(talkFile, 'wx', 0o600);
  const child = spawn(process.execPath, [process.argv[1]!, ...args], {
    detached: true,
    stdio: ['ignore', talk, talk],
    cwd: io.cwd,
    // The address holds a password, which other users see in a command line.
    env: {...io.env, ORCHESTRATOR_HOME: io.stateDir, NO_COLOR: '1', ...(io.queue && {ORCHESTRATOR_QUEUE: io.queue})},
  });
  closeSync(talk);
  child.unref();
  let last = '';
  const read = (): void => {
    const text = existsSync(talkFile) ? escapeBlock(readFileSync(talkFile, 'utf8').slice(-saidLength)) : last;
    if (text !== last) on.said(text);
    last = text;
  };
  const timer = setInterval(read, pollMs);
  timer.unref();
  const end = (exitCode: number): void => {
    clearInterval(timer);
    read();
    rmSync(talkFile, {force: true});
    on.ended(exitCode);
  };
  child.on('error', () => end(2));
  child.on('exit', code => end(code ?? 1));
}
