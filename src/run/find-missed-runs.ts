import {existsSync} from 'node:fs';
import type {RunRecord} from '../domain/run.ts';
import type {Ledger} from '../ledger/ledger.ts';
import type {RunSettings} from './run-settings.ts';

/** A configuration with `expect_every`, or with a schedule, that did not start when it was meant to. */
export interface MissedRun {
  readonly configFile: string;
  /** Milliseconds since 1970. */
  readonly expectedAt: number;
  /** Absent for one that never ran. */
  readonly last?: RunRecord;
}

/** A machine that wakes late or a scheduler that spreads its starts is not a missed night. */
export const lateMs = 3_600_000;

export async function findMissedRuns(ledger: Ledger, nowMs: number): Promise<MissedRun[]> {
  return (await ledger.expectedRuns()).flatMap(last => {
    const {expected} = last.settings as Partial<RunSettings>;
    // One whose file is gone is meant to run no more.
    if (expected === undefined || ledger.isHeld(last) || !existsSync(expected.configFile)) return [];
    const expectedAt = last.startedAt + expected.everyMs;
    return nowMs > expectedAt + lateMs ? [{configFile: expected.configFile, expectedAt, last}] : [];
  });
}
