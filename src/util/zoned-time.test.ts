import {describe, expect, it} from 'vitest';
import {localClock, localDate} from './local-time.ts';
import {inZone, localZone, nextTime} from './zoned-time.ts';

const at = (text: string): number => Date.parse(text);

describe('times of a zone', () => {
  it('finds the next moment at which its clocks show a time, wherever this machine is', () => {
    const now = at('2025-12-01T21:30:00Z');
    expect(nextTime('06:00', now, 'Europe/Berlin')).toBe(at('2025-12-02T05:00:00Z'));
    expect(nextTime('06:00', now, 'America/Los_Angeles')).toBe(at('2025-12-02T14:00:00Z'));
    expect(nextTime('06:00', now, 'Asia/Tokyo')).toBe(at('2025-12-02T21:00:00Z'));
    expect(nextTime('21:30', now, 'UTC')).toBe(at('2025-12-02T21:30:00Z'));
    expect(nextTime('21:31', now, 'UTC')).toBe(at('2025-12-01T21:31:00Z'));
  });

  it('goes on after an hour that a change of clocks leaves out, and takes the first of two', () => {
    expect(nextTime('02:30', at('2026-03-28T20:00:00Z'), 'Europe/Berlin')).toBe(at('2026-03-29T01:30:00Z'));
    expect(nextTime('02:30', at('2026-10-24T20:00:00Z'), 'Europe/Berlin')).toBe(at('2026-10-25T00:30:00Z'));
    expect(nextTime('01:30', at('2026-10-31T20:00:00Z'), 'America/New_York')).toBe(at('2026-11-01T05:30:00Z'));
  });

  it('agrees with the clock of this machine', () => {
    for (let hour = 0; hour < 24 * 400; hour += 31) {
      const now = at('2025-06-01T00:10:00Z') + hour * 3_600_000;
      const next = new Date(nextTime('03:15', now));
      const wanted = new Date(now);
      wanted.setHours(3, 15, 0, 0);
      if (wanted.getTime() <= now) wanted.setDate(wanted.getDate() + 1);
      expect(next.toISOString()).toBe(wanted.toISOString());
      expect(inZone(new Date(now), localZone()).getTime()).toBe(now);
    }
  });

  it('shows what clocks there show', () => {
    const shown = inZone(new Date('2025-12-31T23:30:15Z'), 'Asia/Tokyo');
    expect([localDate(shown), localClock(shown)]).toEqual(['2026-01-01', '08:30:15']);
  });
});
