import {OrchestratorError} from '../../domain/errors.ts';
import {quoteText} from '../../util/quote-text.ts';

/** @throws OrchestratorError for a zone that nobody knows. */
export function checkZone(zone: string): void {
  try {
    new Intl.DateTimeFormat('en', {timeZone: zone});
  } catch {
    throw new OrchestratorError('bad-flag', `--zone — no time zone ${quoteText(zone)}`, {
      hint: 'write it as Europe/Berlin or UTC',
    });
  }
}

/** Moments at which the expression starts a run after `from`, in the zone; hours that a change of clocks skips or repeats start one run. */
export async function nextTimes(cron: string, zone: string, from: Date, count: number): Promise<Date[]> {
  const {Cron} = await import('croner');
  return new Cron(cron, {timezone: zone}).nextRuns(count, from);
}

export async function previousTime(cron: string, zone: string, before: Date): Promise<Date | undefined> {
  const {Cron} = await import('croner');
  return new Cron(cron, {timezone: zone}).previousRuns(1, before)[0];
}

/** `Mon 2025-12-01 22:30 CET` */
export function formatTime(at: Date, zone: string): string {
  const parts = new Map(
    new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      weekday: 'short',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      timeZoneName: 'short',
    })
      .formatToParts(at)
      .map(({type, value}) => [type, value]),
  );
  const part = (type: Intl.DateTimeFormatPartTypes): string => parts.get(type) ?? '';
  return `${part('weekday')} ${part('year')}-${part('month')}-${part('day')} ${part('hour')}:${part('minute')} ${part('timeZoneName')}`;
}
