import {OrchestratorError} from '../../domain/errors.ts';
import {didYouMean} from '../../util/nearest-name.ts';
import {quoteText} from '../../util/quote-text.ts';

/** The values of each field, in order; undefined where every value fits. */
export interface CronFields {
  readonly minute: readonly number[] | undefined;
  readonly hour: readonly number[] | undefined;
  readonly dayOfMonth: readonly number[] | undefined;
  readonly month: readonly number[] | undefined;
  /** 0 is Sunday. */
  readonly dayOfWeek: readonly number[] | undefined;
}

export interface CronExpression {
  /** Five fields, as cron has them. */
  readonly text: string;
  readonly fields: CronFields;
}

const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const dayWords: Readonly<Record<string, string>> = {
  daily: '*',
  nightly: '*',
  'every day': '*',
  'every night': '*',
  weekdays: '1-5',
  'every weekday': '1-5',
  weekends: '0,6',
  ...Object.fromEntries(
    ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'].flatMap((day, index) => [
      [day, String(index)],
      [`${day}s`, String(index)],
      [`every ${day}`, String(index)],
    ]),
  ),
};
const nicknames: Readonly<Record<string, string>> = {
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *',
  hourly: '0 * * * *',
  'every hour': '0 * * * *',
};
const example = 'for example "30 22 * * 1-5", or "weekdays at 22:30"';

/** A cron expression of five fields, or a phrase such as `weekdays at 22:30`. @throws OrchestratorError that names the field. */
export function parseCron(written: string): CronExpression {
  const text = phraseToCron(written.trim().toLowerCase().replaceAll(/\s+/g, ' ')) ?? written.trim();
  const parts = text.split(/\s+/);
  if (parts.length !== 5) {
    throw wrong(
      written,
      `expected five fields (minute, hour, day of month, month, day of week), found ${parts.length}`,
      example,
    );
  }
  const [minute = '', hour = '', dayOfMonth = '', month = '', dayOfWeek = ''] = parts;
  const field = (part: string, name: string, least: number, most: number, names: readonly string[] = []) =>
    parseField(part, {name, least, most, names}, written);
  refuseAmbiguous(dayOfMonth, dayOfWeek, written);
  const weekDays = field(dayOfWeek, 'day of week', 0, 7, days);
  const fields: CronFields = {
    minute: field(minute, 'minute', 0, 59),
    hour: field(hour, 'hour', 0, 23),
    dayOfMonth: field(dayOfMonth, 'day of month', 1, 31),
    month: field(month, 'month', 1, 12, months),
    dayOfWeek: weekDays && [...new Set(weekDays.map(day => day % 7))].sort((a, b) => a - b),
  };
  return {text: parts.join(' '), fields};
}

function phraseToCron(phrase: string): string | undefined {
  if (Object.hasOwn(nicknames, phrase)) return nicknames[phrase];
  const minutes = /^every (\d{1,2}) minutes$/.exec(phrase)?.[1];
  if (minutes !== undefined && Number(minutes) > 0 && 60 % Number(minutes) === 0) return `*/${minutes} * * * *`;
  const match = /^(.*?),? ?at (\d{1,2})[:.](\d{2})$/.exec(phrase);
  if (match === null) return undefined;
  const [, words = '', hour = '', minute = ''] = match;
  const when = words === '' ? '*' : dayWords[words];
  if (when === undefined) {
    const known = Object.keys(dayWords);
    throw wrong(
      phrase,
      `no days are called ${quoteText(words)}`,
      didYouMean(words, known) ?? 'say daily, weekdays, weekends, monday…',
    );
  }
  return `${Number(minute)} ${Number(hour)} * * ${when}`;
}

/** Where one of the two begins with `*` but is more than that, cron takes days that fit both, and all others days that fit either. */
function refuseAmbiguous(dayOfMonth: string, dayOfWeek: string, written: string): void {
  if (dayOfMonth === '*' || dayOfWeek === '*') return;
  const unclear = [dayOfMonth, dayOfWeek].find(part => part.startsWith('*'));
  if (unclear === undefined) return;
  throw wrong(
    written,
    `${quoteText(unclear)} beside the other field of days means one thing to cron and another to the rest`,
    'leave one of the two fields "*", or write its days out, as in "1-31/2"',
  );
}

interface FieldRange {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  readonly names: readonly string[];
}

function parseField(part: string, range: FieldRange, written: string): number[] | undefined {
  if (part === '*') return undefined;
  const values = new Set<number>();
  for (const item of part.split(',')) {
    const match = /^(?:(\*)|([A-Za-z0-9]+)(?:-([A-Za-z0-9]+))?)(?:\/(\d{1,3}))?$/.exec(item);
    if (match === null) throw wrong(written, `${range.name} ${quoteText(part)} is not understood`, example);
    const [, any, first = '', last, step] = match;
    if (any === undefined && last === undefined && step !== undefined) {
      // cron itself reads the number and leaves the step out.
      const hint = `write it as ${quoteText(`${first}-${range.most}/${step}`)}`;
      throw wrong(written, `${range.name} ${quoteText(part)} has a step without a range`, hint);
    }
    const from = any === undefined ? valueIn(first, range, written) : range.least;
    const to = any !== undefined ? range.most : last === undefined ? from : valueIn(last, range, written);
    const every = step === undefined ? 1 : Number(step);
    if (every < 1) throw wrong(written, `${range.name} ${quoteText(part)} has a step of 0`, example);
    if (any !== undefined && every > range.most - range.least) {
      throw wrong(written, `${range.name} ${quoteText(part)} has a step of ${every}, more than it has values`, example);
    }
    if (from > to)
      throw wrong(
        written,
        `${range.name} ${quoteText(part)} runs backwards`,
        `write it as two ranges, "${from}-${range.most},${range.least}-${to}"`,
      );
    for (let value = from; value <= to; value += every) values.add(value);
  }
  return [...values].sort((a, b) => a - b);
}

function valueIn(text: string, {name, least, most, names}: FieldRange, written: string): number {
  const index = names.indexOf(text.toLowerCase());
  if (index !== -1) return index + least;
  const value = Number(text);
  if (/^\d{1,3}$/.test(text) && value >= least && value <= most) return value;
  throw wrong(
    written,
    `${name} ${quoteText(text)} is not from ${least} to ${most}`,
    names.length === 0 ? example : `or a name: ${names.join(', ')}`,
  );
}

function wrong(written: string, message: string, hint: string): OrchestratorError {
  return new OrchestratorError('bad-schedule', `schedule ${quoteText(written)} — ${message}`, {hint});
}
