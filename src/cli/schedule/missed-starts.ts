import {existsSync} from 'node:fs';
import type {RunRecord} from '../../domain/run.ts';
import type {Ledger} from '../../ledger/ledger.ts';
import {lateMs, type MissedRun} from '../../run/find-missed-runs.ts';
import type {Io} from '../io.ts';
import {readSchedules} from './schedules.ts';

/** A scheduler that is early by its own clock is not late. */
const earlyMs = 120_000;

/** Starts of this machine's schedules that did not come. `ledger` is undefined where nothing ever ran. */
export async function findMissedStarts(io: Io, ledger: Ledger | undefined, nowMs: number): Promise<MissedRun[]> {
  // The starts of a workflow are not seen from here.
  const schedules = readSchedules(io.stateDir).filter(({as, config}) => as !== 'github-actions' && existsSync(config));
  if (schedules.length === 0) return [];
  const [{previousTime}, {parseCron}] = await Promise.all([import('./start-times.ts'), import('./cron-expression.ts')]);
  const missed: MissedRun[] = [];
  for (const {cron, zone, as, claim, config, installedAt} of schedules) {
    const due = previousTime(parseCron(cron), {zone, as}, new Date(nowMs - lateMs))?.getTime();
    if (due === undefined || due < installedAt) continue;
    const runs = (await ledger?.runs({limit: 1_000})) ?? [];
    const last: RunRecord | undefined = runs.find(run => run.claim === claim);
    if (last !== undefined && last.startedAt >= due - earlyMs) continue;
    missed.push({configFile: config, expectedAt: due, ...(last === undefined ? {} : {last})});
  }
  return missed;
}
