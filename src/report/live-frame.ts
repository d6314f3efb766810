import stringWidth from 'string-width';
import {jobLabel} from '../domain/job.ts';
import {type EndStatus, endStatus} from '../domain/outcome.ts';
import {clockTime} from '../util/duration.ts';
import {escapeLine} from '../util/escape-text.ts';
import {formatLimit, formatUsd} from '../util/format-usd.ts';
import {localMinute} from '../util/local-time.ts';
import {describeOutcome} from './log-line.ts';
import type {FinishedJob, Progress} from './progress.ts';

export interface FrameSize {
  readonly columns: number;
  readonly rows: number;
}

export interface FrameOptions extends FrameSize {
  readonly nowMs: number;
  readonly budgetUsd?: number;
  readonly color: boolean;
}

/** Lines that a frame takes at most, whatever the size of the fleet. */
const maxLines = 18;

/** The live view as lines that fit the terminal. Pure: the same progress and time give the same lines. */
export function renderFrame(progress: Progress, options: FrameOptions): string[] {
  const height = Math.max(4, Math.min(maxLines, options.rows - 2));
  const rest = height - (progress.note === undefined ? 2 : 3);
  const failures = newest(progress.failures, Math.min(4, Math.floor(rest / 3)));
  const running = [...progress.running.values()];
  const runningShown = Math.min(
    running.length,
    Math.max(1, rest - failures.length - Math.min(5, progress.recent.length) - 1),
  );
  const recent = newest(
    progress.recent,
    rest - failures.length - runningShown - (running.length > runningShown ? 1 : 0),
  );
  const paint = (code: number, text: string): string => (options.color ? `\u001b[${code}m${text}\u001b[0m` : text);
  const crop = (text: string): string => truncate(text, options.columns - 1);
  return [
    crop(headline(progress, options)),
    ...(progress.note === undefined ? [] : [paint(33, crop(` ${escapeLine(progress.note)}`))]),
    ...failures.map(finished => paint(31, crop(finishedLine('✗', finished)))),
    ...recent.map(finished => crop(finishedLine(signs[endStatus(finished.outcome)], finished))),
    paint(2, crop(`─ ${running.length} running ${'─'.repeat(Math.max(0, options.columns - 14))}`)),
    ...running
      .slice(0, runningShown)
      .map(({job, since, retry}) =>
        crop(
          ` ⟳ ${column(jobLabel(job), 44)} ${clock(options.nowMs - since)}${retry === undefined ? '' : `  retry: ${escapeLine(retry)}`}`,
        ),
      ),
    ...(running.length > runningShown ? [paint(2, crop(`   and ${running.length - runningShown} more`))] : []),
  ].slice(0, height);
}

/** What failed has lines of its own. */
const signs: Readonly<Record<EndStatus, string>> = {
  changed: '✓',
  unchanged: '✓',
  'up-to-date': '✓',
  held: '!',
  'not-started': '·',
  failed: '✗',
};

function headline(progress: Progress, options: FrameOptions): string {
  // On 80 columns everything up to the cost can be read.
  const width = Math.min(20, Math.max(2, options.columns - 83));
  const done = progress.total === 0 ? width : Math.floor((progress.ended / progress.total) * width);
  const bar = '█'.repeat(done) + '░'.repeat(width - done);
  const cost = `${formatUsd(progress.costUsd)}${options.budgetUsd === undefined ? '' : ` of ${formatLimit(options.budgetUsd)}`} USD${progress.costUnknown > 0 ? ' +?' : ''}`;
  const end = progress.estimateEnd(options.nowMs);
  const ends = end === undefined ? '' : `   ends ≈ ${timeOfDay(end)}`;
  return ` ${progress.runId}  ${clock(options.nowMs - progress.startedAt)}  ${bar}  ${progress.ended}/${progress.total}  ${progress.changed} changed${progress.held === 0 ? '' : `  ${progress.held} held`}  ${progress.failed} failed   ${cost}${ends}`;
}

function newest<Item>(items: readonly Item[], count: number): readonly Item[] {
  return count <= 0 ? [] : items.slice(-count);
}

function finishedLine(symbol: string, finished: FinishedJob): string {
  const cost = finished.outcome.cost.usd === null ? '?' : formatUsd(finished.outcome.cost.usd);
  return ` ${symbol} ${column(jobLabel(finished.job), 44)} ${clock(finished.durationMs)}  ${cost}  ${describeOutcome(finished.outcome)}`;
}

/** Cut to `columns` display cells. */
export function truncate(text: string, columns: number): string {
  if (stringWidth(text) <= columns) return text;
  let width = 0;
  let end = 0;
  for (const {segment} of new Intl.Segmenter().segment(text)) {
    width += stringWidth(segment);
    if (width > columns - 1) break;
    end += segment.length;
  }
  return `${text.slice(0, end)}…`;
}

function column(text: string, width: number): string {
  const cut = truncate(escapeLine(text), width);
  return cut + ' '.repeat(Math.max(0, width - stringWidth(cut)));
}

function clock(ms: number): string {
  return clockTime(Math.max(0, Math.floor(ms / 1000)));
}

function timeOfDay(ms: number): string {
  return localMinute(new Date(ms));
}
