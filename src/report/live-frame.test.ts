import fc from 'fast-check';
import stringWidth from 'string-width';
import {describe, expect, it} from 'vitest';
import type {RunEvent} from '../domain/event.ts';
import type {Job} from '../domain/job.ts';
import {noCost, noUsage} from '../domain/usage.ts';
import {renderFrame} from './live-frame.ts';
import {Progress} from './progress.ts';

const at = 1_760_000_000_000;
const job = (repo: string): Job => ({id: repo, skill: 'readme-generator', repo}) as Job;

/** So many jobs of each kind, of a run that has just begun. */
function progressOf(counts: {running: number; changed: number; failed: number; note?: string}): Progress {
  const progress = new Progress();
  const events: RunEvent[] = [
    {type: 'run.started', at, run: {id: 'r-20251201-020000-7f3a'} as never, jobs: 1000, resumed: false},
    ...Array.from({length: counts.running}, (_, n): RunEvent => ({type: 'job.started', at, job: job(`running-${n}`)})),
    ...Array.from({length: counts.changed}, (_, n) =>
      finished(`changed-${n}`, {
        status: 'changed',
        files: [],
        delivered: {kind: 'files'},
        usage: noUsage,
        cost: noCost,
      }),
    ),
    ...Array.from({length: counts.failed}, (_, n) =>
      finished(`failed-${n}`, {
        status: 'failed',
        failure: {reason: 'no-commits', message: `\u001b[2J仓库 ${n}`},
        usage: noUsage,
        cost: noCost,
      }),
    ),
    ...(counts.note === undefined ? [] : [{type: 'run.noted', at, level: 'warn', text: counts.note} as const]),
  ];
  for (const event of events) progress.apply(event);
  return progress;
}

function finished(repo: string, outcome: Extract<RunEvent, {type: 'job.finished'}>['detail']['outcome']): RunEvent {
  const detail = {outcome, heldBack: [], leftOut: {}, replayed: false, attempts: 1};
  return {type: 'job.finished', at, job: job(repo), detail, startedAt: at};
}

describe('renderFrame', () => {
  it('fits any terminal and always shows where the run is and what runs', () => {
    const count = fc.nat(60);
    fc.assert(
      fc.property(
        fc.record({running: fc.integer({min: 1, max: 60}), changed: count, failed: count}),
        fc.option(fc.string({unit: 'grapheme', minLength: 1}), {nil: undefined}),
        fc.record({columns: fc.integer({min: 20, max: 200}), rows: fc.integer({min: 6, max: 60})}),
        (counts, note, size) => {
          const progress = progressOf({...counts, ...(note === undefined ? {} : {note})});
          const lines = renderFrame(progress, {...size, nowMs: at + 5000, color: false});
          expect(lines.length).toBeLessThanOrEqual(Math.min(18, size.rows - 2));
          for (const line of lines) expect(stringWidth(line)).toBeLessThan(size.columns);
          expect(lines.join('')).not.toMatch(/[\u0000-\u001f\u007f]/);
          expect(lines.some(line => line.startsWith(`─ ${counts.running} running`))).toBe(true);
        },
      ),
    );
  });

  it('shows what was said last on a line of its own, and the counts, on 80 columns', () => {
    const progress = progressOf({running: 2, changed: 99, failed: 1, note: 'SIGINT: no new job'});
    const lines = renderFrame(progress, {columns: 80, rows: 24, nowMs: at + 1000, color: false});
    expect(lines[0]).toMatch(/100\/1000 {2}99 changed {2}1 failed {3}0\.0000 USD/);
    expect(lines[1]).toBe(' SIGINT: no new job');
  });
});
