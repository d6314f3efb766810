/** A time zone, by how its clocks differ from UTC. Times "as shown" are what UTC would show at that number of milliseconds since 1970. */
export interface Zone {
  readonly name: string;
  /** What its clocks show at a moment. */
  shownAt(ms: number): number;
  /** The moments at which its clocks show this: two where they were put back, none where they were put forward over it. */
  momentsOf(shownMs: number): number[];
  /** By how much clocks are put forward over a time that they never show: the moment as if they were put forward later. */
  momentAfterGap(shownMs: number): number;
}

/** The zone of this machine. */
export function localZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** @throws RangeError for a name that is no zone. */
export function openZone(name: string): Zone {
  const format = formatOf(name);
  const shownAt = (ms: number): number => ms + offsetBy(format, ms);
  const candidates = (shownMs: number): [number, number] => [
    shownMs - offsetBy(format, shownMs - dayMs),
    shownMs - offsetBy(format, shownMs + dayMs),
  ];
  return {
    name,
    shownAt,
    momentsOf: shownMs => [...new Set(candidates(shownMs))].filter(at => shownAt(at) === shownMs).sort((a, b) => a - b),
    momentAfterGap: shownMs => candidates(shownMs)[0],
  };
}

/** A date whose local fields are what clocks in the zone show at that moment; for showing, not for counting. */
export function inZone(at: Date, zone: string): Date {
  const shown = new Date(openZone(zone).shownAt(at.getTime()));
  return new Date(
    shown.getUTCFullYear(),
    shown.getUTCMonth(),
    shown.getUTCDate(),
    shown.getUTCHours(),
    shown.getUTCMinutes(),
    shown.getUTCSeconds(),
  );
}

/** The next moment at which clocks in the zone show `HH:MM`, milliseconds since 1970. One that they leave out comes as much later. */
export function nextTime(time: string, nowMs: number, zone = localZone()): number {
  const {shownAt, momentsOf, momentAfterGap} = openZone(zone);
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  const today = new Date(shownAt(nowMs)).setUTCHours(hours, minutes, 0, 0);
  for (let shown = today; ; shown += dayMs) {
    const at = momentsOf(shown)[0] ?? momentAfterGap(shown);
    if (at > nowMs) return at;
  }
}

const dayMs = 86_400_000;

function offsetBy(format: Intl.DateTimeFormat, ms: number): number {
  const parts = new Map(format.formatToParts(ms).map(({type, value}) => [type, Number(value)]));
  const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
  const shown = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
  return shown - Math.floor(ms / 1_000) * 1_000;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** To make one takes longer than to use it a hundred times; there are a few hundred zones. */
function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  const two = '2-digit';
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    calendar: 'iso8601',
    hourCycle: 'h23',
    year: 'numeric',
    month: two,
    day: two,
    hour: two,
    minute: two,
    second: two,
  });
  formats.set(zone, format);
  return format;
}
