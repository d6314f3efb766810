import {openZone, type Zone} from '../../util/zoned-time.ts';
import type {CronExpression, CronFields} from './cron-expression.ts';
import type {Scheduler} from './schedules.ts';

/** What a scheduler does when clocks are changed. */
interface ClockRules {
  /** A time that clocks are put forward over: no start, one as soon as they were, or one as much later. */
  readonly skipped: 'left-out' | 'at-change' | 'as-much-later';
  /** A time that clocks show twice. */
  readonly repeated: 'once' | 'twice';
}

/** A day of the month that comes in no year is looked for so long, in days: 29 February is left out in 2100. */
const horizonDays = 9 * 366;
const dayMs = 86_400_000;
const minuteMs = 60_000;

/** Moments after `from` at which the scheduler starts the run; fewer than `count` when there are no more. */
export function nextTimes(
  cron: CronExpression,
  where: {readonly zone: string; readonly as: Scheduler | 'queue'},
  from: Date,
  count: number,
): Date[] {
  const zone = openZone(where.zone);
  const rules = rulesOf(where.as, cron);
  const found: Date[] = [];
  // One day back: clocks that were changed may bring a start of yesterday today.
  const first = dayOf(zone, from) - dayMs;
  for (let day = first; day <= first + horizonDays * dayMs && found.length < count; day += dayMs) {
    for (const at of startsOfDay(cron.fields, day, zone, rules)) {
      if (at > from.getTime() && found.length < count) found.push(new Date(at));
    }
  }
  return found;
}

/** The last moment before `before`. */
export function previousTime(
  cron: CronExpression,
  where: {readonly zone: string; readonly as: Scheduler | 'queue'},
  before: Date,
): Date | undefined {
  const zone = openZone(where.zone);
  const rules = rulesOf(where.as, cron);
  const last = dayOf(zone, before) + dayMs;
  for (let day = last; day >= last - horizonDays * dayMs; day -= dayMs) {
    const at = startsOfDay(cron.fields, day, zone, rules).findLast(moment => moment < before.getTime());
    if (at !== undefined) return new Date(at);
  }
  return undefined;
}

/** As tried with systemd-analyze 252 and pg-boss 12.38, and as the manual of cron says. launchd is taken to be as the queue. */
function rulesOf(as: Scheduler | 'queue', {text}: CronExpression): ClockRules {
  const [minute = '', hour = ''] = text.split(' ');
  switch (as) {
    case 'systemd':
      return {skipped: 'left-out', repeated: 'once'};
    case 'cron': {
      const isWild = minute.startsWith('*') || hour.startsWith('*');
      return isWild ? {skipped: 'left-out', repeated: 'twice'} : {skipped: 'at-change', repeated: 'once'};
    }
    default:
      return {
        skipped: hour.startsWith('*') ? 'left-out' : 'as-much-later',
        repeated: hour.startsWith('*') ? 'twice' : 'once',
      };
  }
}

/** Midnight as the zone shows it. */
function dayOf(zone: Zone, at: Date): number {
  return new Date(zone.shownAt(at.getTime())).setUTCHours(0, 0, 0, 0);
}

function startsOfDay(fields: CronFields, day: number, zone: Zone, rules: ClockRules): number[] {
  if (!fitsDay(fields, new Date(day))) return [];
  const starts = new Set<number>();
  for (const hour of fields.hour ?? every(24)) {
    for (const minute of fields.minute ?? every(60)) {
      for (const at of startsAt(day + (hour * 60 + minute) * minuteMs, zone, rules)) starts.add(at);
    }
  }
  return [...starts].sort((a, b) => a - b);
}

function startsAt(shownMs: number, zone: Zone, {skipped, repeated}: ClockRules): number[] {
  const moments = zone.momentsOf(shownMs);
  if (moments.length > 0) return repeated === 'once' ? moments.slice(0, 1) : moments;
  const later = zone.momentAfterGap(shownMs);
  if (skipped === 'left-out') return [];
  return [skipped === 'as-much-later' ? later : changeBefore(later, shownMs, zone)];
}

/** The moment at which clocks were put forward over what they never showed. */
function changeBefore(later: number, shownMs: number, zone: Zone): number {
  let at = later;
  while (zone.shownAt(at - minuteMs) > shownMs) at -= minuteMs;
  return at;
}

/** cron takes a day that fits either the month's or the week's days. */
function fitsDay({dayOfMonth, month, dayOfWeek}: CronFields, day: Date): boolean {
  if (month !== undefined && !month.includes(day.getUTCMonth() + 1)) return false;
  const ofMonth = dayOfMonth?.includes(day.getUTCDate());
  const ofWeek = dayOfWeek?.includes(day.getUTCDay());
  if (ofMonth !== undefined && ofWeek !== undefined) return ofMonth || ofWeek;
  return ofMonth ?? ofWeek ?? true;
}

function every(count: number): number[] {
  return Array.from({length: count}, (_, index) => index);
}
