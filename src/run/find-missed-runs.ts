import {existsSync} from 'node:fs';
import {hostname} from 'node:os';
import {isQueued, type RunRecord} from '../domain/run.ts';
import type {Ledger} from '../ledger/ledger.ts';
import type {RunSettings} from './run-settings.ts';

/** A configuration with `expect_every`, or with a schedule, that did not start when it was meant to. */
export interface MissedRun {
  readonly configFile: string;
  /** Name of a schedule of the queue, whose configuration may lie on another machine. */
  readonly schedule?: string;
  /** Milliseconds since 1970. */
  readonly expectedAt: number;
  /** Absent for one that never ran. */
  readonly last?: RunRecord;
}

/** A machine that wakes late or a scheduler that spreads its starts is not a missed night. */
export const lateMs = 3_600_000;

export async function findMissedRuns(ledger: Ledger, nowMs: number): Promise<MissedRun[]> {
  const missed: MissedRun[] = [];
  for (const last of await ledger.expectedRuns()) {
    const {expected} = last.settings as Partial<RunSettings>;
    if (expected === undefined || ledger.isHeld(last)) continue;
    const {configFile, everyMs} = expected;
    const expectedAt = last.startedAt + everyMs;
    if (nowMs <= expectedAt + lateMs || !(await isStillMeant(ledger, last, configFile))) continue;
    missed.push({configFile, expectedAt, last});
  }
  return missed;
}

/** One whose file is gone is meant to run no more; nor is, in a queue, one that was started since with other tasks or repos. */
async function isStillMeant(ledger: Ledger, last: RunRecord, configFile: string): Promise<boolean> {
  if (!isQueued(last)) return existsSync(configFile);
  if ((last.settings as RunSettings).plannedOn === hostname() && !existsSync(configFile)) return false;
  const since = await ledger.runs({since: last.startedAt + 1});
  return !since.some(run => (run.settings as Partial<RunSettings>).configFile === configFile);
}
