/** The zone of this machine. */
export function localZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** A date whose local fields are what clocks in the zone show at that moment; for showing, not for counting. */
export function inZone(at: Date, zone: string): Date {
  const shown = new Date(at.getTime() + offsetAt(at.getTime(), zone));
  return new Date(
    shown.getUTCFullYear(),
    shown.getUTCMonth(),
    shown.getUTCDate(),
    shown.getUTCHours(),
    shown.getUTCMinutes(),
    shown.getUTCSeconds(),
  );
}

/** The next moment at which clocks in the zone show `HH:MM`, milliseconds since 1970. One that a change of clocks leaves out comes as much later. */
export function nextTime(time: string, nowMs: number, zone = localZone()): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  const today = new Date(nowMs + offsetAt(nowMs, zone));
  for (let day = 0; ; day++) {
    const at = momentOf(
      Date.UTC(today.getUTCFullYear(), today.getUTCMonth(), today.getUTCDate() + day, hours, minutes),
      zone,
    );
    if (at > nowMs) return at;
  }
}

const dayMs = 86_400_000;

/** The first moment at which clocks show what UTC shows at `shownMs`. */
function momentOf(shownMs: number, zone: string): number {
  const before = shownMs - offsetAt(shownMs - dayMs, zone);
  const after = shownMs - offsetAt(shownMs + dayMs, zone);
  const fits = [before, after].filter(at => at + offsetAt(at, zone) === shownMs);
  return fits.length === 0 ? before : Math.min(...fits);
}

/** By how much clocks in the zone are ahead of UTC, milliseconds. */
function offsetAt(atMs: number, zone: string): number {
  const parts = new Map(
    formatOf(zone)
      .formatToParts(atMs)
      .map(({type, value}) => [type, Number(value)]),
  );
  const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
  const shown = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
  return shown - Math.floor(atMs / 1_000) * 1_000;
}

function formatOf(zone: string): Intl.DateTimeFormat {
  const two = '2-digit';
  return new Intl.DateTimeFormat('en-GB', {
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
}
