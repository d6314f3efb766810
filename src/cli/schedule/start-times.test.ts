import {spawnSync} from 'node:child_process';
import {PgBoss} from 'pg-boss';
import {describe, expect, it} from 'vitest';
import {parseCron} from './cron-expression.ts';
import {nextTimes, previousTime} from './start-times.ts';
import {calendars} from './systemd.ts';

const spring = new Date('2027-03-27T12:00:00Z');
const autumn = new Date('2027-10-30T12:00:00Z');
const zone = 'Europe/Berlin';
const expressions = [
  '30 2 * * *',
  '15,45 2 * * *',
  '0 3 * * *',
  '30 1-4 * * *',
  '30 * * * *',
  '*/20 2 * * *',
  '0 4 1,31 * 0',
];

function times(cron: string, as: Parameters<typeof nextTimes>[1]['as'], from: Date, count = 3, where = zone): string[] {
  return nextTimes(parseCron(cron), {zone: where, as}, from, count).map(at =>
    at.toISOString().replace(':00.000Z', 'Z'),
  );
}

describe('the next starts', () => {
  it('of a time that clocks leave out in spring are those of each scheduler', () => {
    const next = ['2027-03-29T00:30Z'];
    expect(times('30 2 * * *', 'systemd', spring, 1)).toEqual(next);
    expect(times('30 2 * * *', 'cron', spring, 2)).toEqual(['2027-03-28T01:00Z', ...next]);
    expect(times('30 2 * * *', 'queue', spring, 2)).toEqual(['2027-03-28T01:30Z', ...next]);
    // Twice in the hour that is not there is once right after it.
    expect(times('15,45 2 * * *', 'cron', spring, 2)).toEqual(['2027-03-28T01:00Z', '2027-03-29T00:15Z']);
    expect(times('*/30 2 * * *', 'cron', spring, 1)).toEqual(['2027-03-29T00:00Z']);
  });

  it('of an hour that comes twice in autumn are once, but for what comes every hour', () => {
    for (const as of ['systemd', 'cron', 'queue'] as const) {
      expect(times('30 2 * * *', as, autumn, 2)).toEqual(['2027-10-31T00:30Z', '2027-11-01T01:30Z']);
    }
    const from = new Date('2027-10-30T23:45:00Z');
    expect(times('30 * * * *', 'cron', from, 3)).toEqual([
      '2027-10-31T00:30Z',
      '2027-10-31T01:30Z',
      '2027-10-31T02:30Z',
    ]);
    expect(times('30 * * * *', 'systemd', from, 2)).toEqual(['2027-10-31T00:30Z', '2027-10-31T02:30Z']);
  });

  it('are found in years and never, forwards and backwards', () => {
    expect(times('0 0 29 2 *', 'cron', new Date('2096-03-01T00:00:00Z'), 1, 'UTC')).toEqual(['2104-02-29T00:00Z']);
    expect(times('0 0 31 2 *', 'cron', spring)).toEqual([]);
    const before = new Date('2027-03-29T00:00:00Z');
    expect(previousTime(parseCron('30 2 * * *'), {zone, as: 'systemd'}, before)).toEqual(
      new Date('2027-03-27T01:30:00Z'),
    );
    expect(previousTime(parseCron('30 2 * * *'), {zone, as: 'cron'}, before)).toEqual(new Date('2027-03-28T01:00:00Z'));
    expect(previousTime(parseCron('0 0 31 2 *'), {zone, as: 'cron'}, before)).toBeUndefined();
  });

  it('in the queue are those of its own clock', () => {
    const boss = new PgBoss({db: {executeSql: async () => ({rows: []})}});
    for (const where of [zone, 'America/New_York', 'Australia/Sydney', 'UTC']) {
      for (const from of [spring, autumn, new Date('2027-10-30T23:45:00Z'), new Date('2027-04-03T10:00:00Z')]) {
        for (const cron of expressions) {
          const wanted = boss.previewSchedule(cron, {tz: where, from, count: 6}).map(at => new Date(at).toISOString());
          const found = nextTimes(parseCron(cron), {zone: where, as: 'queue'}, from, 6).map(at => at.toISOString());
          expect({where, from, cron, found}).toEqual({where, from, cron, found: wanted});
        }
      }
    }
  });

  const analyze = spawnSync('systemd-analyze', ['calendar', '*-*-* 02:30:00 Europe/Berlin']);
  it.skipIf(analyze.status !== 0)('of a timer are those of systemd (needs systemd-analyze)', () => {
    for (const where of [zone, 'America/New_York']) {
      for (const from of [spring, autumn]) {
        for (const cron of expressions) {
          const wanted = calendars(parseCron(cron).fields)
            .flatMap(calendar => {
              const base = `${from.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
              const args = ['calendar', `--base-time=${base}`, '--iterations=6', `${calendar} ${where}`];
              const {stdout} = spawnSync('systemd-analyze', args, {encoding: 'utf8', env: {...process.env, TZ: 'UTC'}});
              return [...stdout.matchAll(/(?:Next elapse|Iter\. #\d+): \w+ (\S+) (\S+) UTC/g)];
            })
            .map(([, date, time]) => `${date}T${time}.000Z`);
          const found = nextTimes(parseCron(cron), {zone: where, as: 'systemd'}, from, 6).map(at => at.toISOString());
          expect({where, cron, found}).toEqual({where, cron, found: [...new Set(wanted)].sort().slice(0, 6)});
        }
      }
    }
  });
});
