import {existsSync} from 'node:fs';
import {hostname} from 'node:os';
import path from 'node:path';
import type {RunRecord} from '../../domain/run.ts';
import type {Ledger} from '../../ledger/ledger.ts';
import {openLedger} from '../../orchestrator/open-ledger.ts';
import {readQueueSchedules} from '../../orchestrator/queue.ts';
import {lateMs, type MissedRun} from '../../run/find-missed-runs.ts';
import type {RunSettings} from '../../run/run-settings.ts';
import {readEnvFile} from '../env-file.ts';
import type {Io} from '../io.ts';
import {parseCron} from './cron-expression.ts';
import {envFileOf} from './scheduled-command.ts';
import {readSchedules, type Scheduler} from './schedules.ts';
import {previousTime} from './start-times.ts';

/** A scheduler that is early by its own clock is not late. */
const earlyMs = 120_000;

interface Expected {
  readonly cron: string;
  readonly zone: string;
  readonly as: Scheduler | 'queue';
  readonly config: string;
  readonly schedule?: string;
  readonly installedAt: number;
  readonly isOfIt: (run: RunRecord) => boolean;
}

/** Starts of this machine's schedules that did not come. `ledger` is undefined where nothing ever ran. */
export async function findMissedStarts(io: Io, ledger: Ledger | undefined, nowMs: number): Promise<MissedRun[]> {
  // The starts of a workflow are not seen from here.
  const schedules = readSchedules(io.stateDir).filter(({as, config}) => as !== 'github-actions' && existsSync(config));
  if (schedules.length === 0 || (io.queue === undefined && startsInQueue(io))) return [];
  const here = hostname();
  const expected = schedules.map(
    ({claim, ...schedule}): Expected => ({
      ...schedule,
      isOfIt(run) {
        const {configFile, plannedOn} = run.settings as Partial<RunSettings>;
        return run.claim === claim || (plannedOn === here && configFile === schedule.config);
      },
    }),
  );
  // Such a run is in the ledger of this machine unless its variables send it to the queue.
  const local = path.join(io.stateDir, 'state.db');
  const own = io.queue !== undefined && existsSync(local) ? openLedger(io.stateDir) : undefined;
  try {
    return await findMissed(expected, [ledger, own], nowMs);
  } finally {
    await own?.close();
  }
}

/** Starts of the schedules of a queue that no worker made. */
export async function findMissedQueueStarts(url: string, ledger: Ledger, nowMs: number): Promise<MissedRun[]> {
  const schedules = await readQueueSchedules(url);
  const expected = schedules.map(
    ({id, cron, zone, plan: {claim, config, installedAt}}): Expected => ({
      ...{cron, zone, config, installedAt},
      as: 'queue',
      schedule: id,
      isOfIt: run => run.claim === claim,
    }),
  );
  return await findMissed(expected, [ledger], nowMs);
}

async function findMissed(
  expected: readonly Expected[],
  ledgers: readonly (Ledger | undefined)[],
  nowMs: number,
): Promise<MissedRun[]> {
  const missed: MissedRun[] = [];
  for (const {cron, zone, as, config, schedule, installedAt, isOfIt} of expected) {
    const due = previousTime(parseCron(cron), {zone, as}, new Date(nowMs - lateMs))?.getTime();
    if (due === undefined || due < installedAt) continue;
    const runs = await Promise.all(ledgers.map(ledger => ledger?.runs({limit: 1_000}) ?? []));
    const [last] = runs
      .flat()
      .filter(isOfIt)
      .sort((a, b) => b.startedAt - a.startedAt);
    if (last !== undefined && last.startedAt >= due - earlyMs) continue;
    missed.push({
      configFile: config,
      ...(schedule === undefined ? {} : {schedule}),
      expectedAt: due,
      ...(last === undefined ? {} : {last}),
    });
  }
  return missed;
}

/** What schedules of this machine start goes to the workers of a queue: its runs are seen by who looks at that queue. */
function startsInQueue(io: Io): boolean {
  const file = envFileOf(io);
  if (!existsSync(file)) return false;
  try {
    return Boolean(readEnvFile(file)['ORCHESTRATOR_QUEUE']);
  } catch {
    // It was readable when the schedule was installed; what is wrong with it is told by the start.
    return false;
  }
}
