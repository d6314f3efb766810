import {OrchestratorError} from '../../domain/errors.ts';
import {quoteText} from '../../util/quote-text.ts';

/** The name of the zone as every scheduler takes it. @throws OrchestratorError for a zone that nobody knows. */
export function checkZone(written: string): string {
  try {
    const {timeZone} = new Intl.DateTimeFormat('en', {timeZone: written}).resolvedOptions();
    // An offset is a zone to Node and to nobody else.
    if (!/^[+-]/.test(timeZone)) return timeZone;
  } catch {
    // Said below.
  }
  throw new OrchestratorError('bad-flag', `--zone — no time zone ${quoteText(written)}`, {
    hint: 'write it as Europe/Berlin or UTC',
  });
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
