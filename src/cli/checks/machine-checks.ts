import {accessSync, constants, existsSync, type Stats, statfsSync, statSync} from 'node:fs';
import path from 'node:path';
import {OrchestratorError} from '../../domain/errors.ts';
import {openLedger} from '../../orchestrator/open-ledger.ts';
import {shortenPath} from '../../util/expand-path.ts';
import {runCommand} from '../../util/run-command.ts';
import type {Io} from '../io.ts';
import {type Check, failure, ok, warning} from './check.ts';

/** Node, git, the state folder and the ledger. Makes and changes nothing that is not there. */
export async function checkMachine(io: Io, nowMs: number): Promise<Check[]> {
  return [
    checkNode(),
    await checkGit(io),
    ...checkStateFolder(io),
    ...(await checkLedger(io, nowMs)),
    checkClock(nowMs),
  ];
}

const oldestNode = [22, 18] as const;

function checkNode(): Check {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (isAtLeast([major, minor], oldestNode)) return ok('node', process.versions.node);
  return failure('node', `${process.versions.node} is too old`, `install Node ${oldestNode.join('.')} or newer`);
}

// `--no-lazy-fetch` and `safe.bareRepository` came no later than this.
const oldestGit = [2, 36] as const;
const gitFix = `install git ${oldestGit.join('.')} or newer, or put it into PATH`;

async function checkGit(io: Io): Promise<Check> {
  try {
    const {stdout, exitCode} = await runCommand('git', ['--version'], {env: {PATH: io.env['PATH']}, timeoutMs: 10_000});
    const version = /(\d+)\.(\d+)(?:\.\d+)*/.exec(stdout.toString('utf8'));
    if (exitCode !== 0 || version === null) return failure('git', 'does not tell its version', gitFix);
    if (isAtLeast([Number(version[1]), Number(version[2])], oldestGit)) return ok('git', version[0]);
    return failure('git', `${version[0]} is too old`, gitFix);
  } catch (error) {
    return failure('git', `cannot be started (${codeOf(error)})`, gitFix);
  }
}

function isAtLeast(found: readonly [number, number], wanted: readonly [number, number]): boolean {
  return found[0] > wanted[0] || (found[0] === wanted[0] && found[1] >= wanted[1]);
}

const lowSpaceBytes = 1024 ** 3;

function checkStateFolder(io: Io): Check[] {
  const name = 'state folder';
  const shown = shortenPath(io.stateDir, io);
  const info = statSync(io.stateDir, {throwIfNoEntry: false});
  if (info === undefined) return [...checkCreatable(io, name, shown), ...checkSpace(io)];
  return [checkFolder(io, info, name, shown), ...checkSpace(io)];
}

function checkCreatable(io: Io, name: string, shown: string): Check[] {
  try {
    accessSync(nearestExisting(io.stateDir), constants.W_OK | constants.X_OK);
    return [ok(name, `${shown} is made by the first run`)];
  } catch (error) {
    return [
      failure(
        name,
        `${shown} cannot be made (${codeOf(error)})`,
        'set ORCHESTRATOR_HOME to a folder that you can write',
      ),
    ];
  }
}

function checkFolder(io: Io, info: Stats, name: string, shown: string): Check {
  if (!info.isDirectory()) return failure(name, `${shown} is not a folder`, 'move it away, or set ORCHESTRATOR_HOME');
  if (process.getuid !== undefined && info.uid !== process.getuid())
    return failure(name, `${shown} belongs to another user`, 'set ORCHESTRATOR_HOME to a folder of your own');
  try {
    accessSync(io.stateDir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    return failure(name, `${shown} cannot be written (${codeOf(error)})`, `chmod 700 ${shown}`);
  }
  const mode = info.mode & 0o777;
  if ((mode & 0o077) !== 0)
    return warning(name, `${shown} is open to others (mode ${mode.toString(8)})`, `chmod 700 ${shown}`);
  return ok(name, `${shown} (mode ${mode.toString(8).padStart(4, '0')})`);
}

function checkSpace(io: Io): Check[] {
  const {bavail, bsize} = statfsSync(nearestExisting(io.stateDir));
  const free = bavail * bsize;
  const text = `${(free / 1024 ** 3).toFixed(1)} GB free`;
  return [free < lowSpaceBytes ? warning('disk', text, 'free some space before the night') : ok('disk', text)];
}

async function checkLedger(io: Io, nowMs: number): Promise<Check[]> {
  if (!existsSync(path.join(io.stateDir, 'state.db'))) return [ok('ledger', 'none yet; no runs')];
  try {
    const ledger = openLedger(io.stateDir);
    try {
      const runs = await ledger.runs({limit: 1_000_000});
      const quarantined = await ledger.quarantined();
      const interrupted = runs.filter(run => run.state === 'running' && !ledger.isHeld(run));
      const future = runs.find(run => run.startedAt > nowMs + 60_000);
      return [
        ok('ledger', `${runs.length} run${runs.length === 1 ? '' : 's'}`),
        ...(quarantined === 0
          ? []
          : [
              warning(
                'ledger',
                `${quarantined} damaged records were set aside and are not used`,
                'check the disk; the jobs they belonged to run again',
              ),
            ]),
        ...interrupted.map(run => warning('run', `${run.id} was interrupted`, `orchestrator resume ${run.id}`)),
        ...(future === undefined
          ? []
          : [
              warning(
                'clock',
                `${future.id} started in the future: the clock went back`,
                'set the clock, for example: timedatectl set-ntp true',
              ),
            ]),
      ];
    } finally {
      await ledger.close();
    }
  } catch (error) {
    if (!(error instanceof OrchestratorError)) throw error;
    return [failure('ledger', error.message, error.hint ?? 'see the message')];
  }
}

/** Certificates and `retry-after` dates are of no use to a machine that does not know the year. */
function checkClock(nowMs: number): Check {
  const built = statSync(new URL('../../../package.json', import.meta.url)).mtimeMs;
  const text = new Date(nowMs).toISOString();
  // Packages carry the date 1985-10-26 for every file, so this only finds a clock that is years behind.
  if (nowMs < Math.max(built - 86_400_000, Date.UTC(2025, 0, 1)))
    return failure('clock', `says ${text}`, 'set the clock, for example: timedatectl set-ntp true');
  return ok('clock', text);
}

function nearestExisting(folder: string): string {
  let current = folder;
  while (!existsSync(current) && path.dirname(current) !== current) current = path.dirname(current);
  return current;
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown error';
}
