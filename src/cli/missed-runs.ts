import type {MissedRun} from '../run/find-missed-runs.ts';
import {escapeLine} from '../util/escape-text.ts';
import type {Io} from './io.ts';
import {isoTime, localMoment, localTime} from './time-text.ts';

export function missedLine(
  {configFile, schedule, expectedAt, last}: MissedRun,
  {home}: Pick<Io, 'home'>,
  nowMs: number,
): string {
  const file = configFile.startsWith(`${home}/`) ? `~${configFile.slice(home.length)}` : configFile;
  const shown = schedule === undefined ? file : `schedule ${schedule} of the queue`;
  return `! ${escapeLine(shown)} was expected by ${localMoment(expectedAt, nowMs)} and did not run${last === undefined ? '' : ` (last: ${last.id} at ${localTime(last.startedAt)})`}`;
}

export function toMissedJson({configFile, schedule, expectedAt, last}: MissedRun): Record<string, unknown> {
  return {
    config: configFile,
    ...(schedule === undefined ? {} : {schedule}),
    expected_by: isoTime(expectedAt),
    last_run: last?.id ?? null,
    last_started_at: last === undefined ? null : isoTime(last.startedAt),
  };
}
