import {systemClock} from '../../util/clock.ts';
import {escapeLine} from '../../util/escape-text.ts';
import type {Check} from '../checks/check.ts';
import {checkConfiguration} from '../checks/configuration-checks.ts';
import {checkMachine} from '../checks/machine-checks.ts';
import {checkQueue} from '../checks/queue-check.ts';
import {checkSandboxHere} from '../checks/sandbox-check.ts';
import type {Io} from '../io.ts';

export interface DoctorOptions {
  readonly json?: true;
}

const symbols = {ok: '✓', warning: '!', failure: '✗'} as const;
const colors = {ok: 32, warning: 33, failure: 31} as const;

/** One line a check, with what to do about it. Exit code 1 when something would keep a run from working. */
export async function doctor(io: Io, options: DoctorOptions): Promise<number> {
  const checks = await checkAll(io);
  const failed = checks.some(check => check.status === 'failure');
  if (options.json) io.out(`${JSON.stringify({ok: !failed, checks}, undefined, 2)}\n`);
  else io.out(checks.map(check => `${line(check, io.color)}\n`).join(''));
  return failed ? 1 : 0;
}

export async function checkAll(io: Io): Promise<Check[]> {
  const sandbox = await checkSandboxHere();
  return [
    ...(await checkMachine(io, systemClock.now())),
    ...(await checkQueue(io)),
    sandbox,
    ...(await checkConfiguration(io, {isSandboxStrong: sandbox.status === 'ok'})),
  ];
}

function line({name, status, message, fix}: Check, color: boolean): string {
  const symbol = color ? `\u001b[${colors[status]}m${symbols[status]}\u001b[0m` : symbols[status];
  return `${symbol} ${name.padEnd(13)} ${escapeLine(message)}${fix === undefined ? '' : `   fix: ${escapeLine(fix)}`}`;
}
