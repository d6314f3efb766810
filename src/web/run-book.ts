import {isDeepStrictEqual} from 'node:util';
import type {ChangeCounts, ChangeSummary} from '../domain/change.ts';
import {isRunAgain} from '../domain/outcome.ts';
import type {JobRecord, RunRecord} from '../domain/run.ts';
import type {Ledger} from '../ledger/ledger.ts';
import {type RunView, readRunView} from '../run/read-run-view.ts';
import type {JobRow, RunOverview} from './api.ts';
import {toDecided, toJobRow} from './job-rows.ts';

/** A run with the line of each of its jobs. */
export interface OpenRun {
  readonly overview: RunOverview;
  /** By job id, in the order of the plan. */
  readonly rows: ReadonlyMap<string, JobRow>;
}

interface Page extends OpenRun {
  readonly rows: Map<string, JobRow>;
  /** What the rows were read at: the same again means that nothing has changed. */
  readonly mark: string;
}

const keptRuns = 6;

/**
 * Runs as the page looks at them. The jobs of a run are read as a whole once; after that only the counts are asked for, and
 * what changed is read when they differ, so that looking at a run of 10,000 jobs every second costs nothing.
 */
export class RunBook {
  readonly #ledger: Ledger;
  readonly #pages = new Map<string, Page>();
  readonly #reading = new Map<string, Promise<Page | undefined>>();

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** Undefined when there is no such run. */
  async open(runId: string): Promise<OpenRun | undefined> {
    const going = this.#reading.get(runId);
    if (going !== undefined) return await going;
    const reading = this.#read(runId).finally(() => this.#reading.delete(runId));
    this.#reading.set(runId, reading);
    return await reading;
  }

  /** Totals alone, without the jobs. */
  async overview(run: RunRecord): Promise<RunOverview> {
    return toOverview(await this.#count(run), this.#pages.get(run.id)?.rows);
  }

  async #count(run: RunRecord): Promise<Counted> {
    const [view, changes] = await Promise.all([readRunView(this.#ledger, run), this.#ledger.countChanges(run.id)]);
    return {view, changes};
  }

  async #read(runId: string): Promise<Page | undefined> {
    const run = await this.#ledger.run(runId);
    if (run === undefined) return undefined;
    const counted = await this.#count(run);
    const mark = markOf(counted);
    const known = this.#pages.get(runId);
    this.#pages.delete(runId);
    const isCurrent = known !== undefined && (known.mark === mark || (await this.#update(known, counted)));
    const rows = isCurrent ? known.rows : await this.#load(runId);
    const page = {rows, mark, overview: toOverview(counted, rows)};
    this.#pages.set(runId, page);
    for (const old of [...this.#pages.keys()].slice(0, -keptRuns)) this.#pages.delete(old);
    return page;
  }

  async #load(runId: string): Promise<Map<string, JobRow>> {
    const [records, changes] = await Promise.all([this.#ledger.jobs(runId), this.#changes(runId)]);
    return new Map(records.map(record => [record.job.id, toJobRow(record, changes.get(record.job.id))]));
  }

  async #changes(runId: string): Promise<ReadonlyMap<string, ChangeSummary>> {
    return new Map((await this.#ledger.changes({runId})).map(change => [change.jobId, change]));
  }

  /** Reads what ended last and what runs. False when that does not explain the counts, as after a retry. */
  async #update({rows}: Page, {view}: Counted): Promise<boolean> {
    const {run, counts} = view;
    const isOpen = (row: JobRow): boolean => row.state === 'running' || row.state === 'pending';
    const newest = counts.total - counts.running - counts.pending - count(rows, row => !isOpen(row));
    if (newest < 0 || counts.total !== rows.size) return false;
    const [ended, running, changes] = await Promise.all([
      this.#ledger.jobs(run.id, {state: 'ended', newest: newest + 8}),
      this.#ledger.jobs(run.id, {state: 'running'}),
      this.#changes(run.id),
    ]);
    const records = new Map<string, JobRecord>([...ended, ...running].map(record => [record.job.id, record]));
    for (const [id, row] of rows) {
      const record = records.get(id);
      const change = changes.get(id);
      if (record !== undefined) rows.set(id, keepSame(row, toJobRow(record, change)));
      else if (row.state === 'running') return false;
      else if (change !== undefined) rows.set(id, keepSame(row, withDecision(row, change)));
    }
    const has = (state: JobRow['state']): number => count(rows, row => row.state === state);
    return (
      has('failed') === counts.failed &&
      has('held') === counts.held + counts.heldDelivered + counts.heldRejected + counts.heldSuperseded &&
      has('changed') === counts.changed &&
      has('unchanged') === counts.unchanged &&
      has('up-to-date') === counts.upToDate &&
      has('not-started') === counts.notStarted &&
      has('running') === counts.running
    );
  }
}

interface Counted {
  readonly view: RunView;
  readonly changes: ChangeCounts;
}

function markOf({view, changes}: Counted): string {
  const {run, counts} = view;
  return JSON.stringify([run.startedAt, run.endedAt, counts, [...changes].sort()]);
}

function toOverview({view, changes}: Counted, rows: ReadonlyMap<string, JobRow> | undefined): RunOverview {
  const {run, counts} = view;
  const {held} = counts;
  return {
    id: run.id,
    state: view.state,
    startedAt: run.startedAt,
    ...(run.endedAt === undefined ? {} : {endedAt: run.endedAt}),
    ...(run.idleMs === undefined ? {} : {idleMs: run.idleMs}),
    ...(run.description === undefined ? {} : {description: run.description}),
    ...(run.exitCode === undefined ? {} : {exitCode: run.exitCode}),
    ...(run.endReason === undefined ? {} : {endReason: run.endReason}),
    paused: run.control.paused,
    stopping: run.control.stop !== 'no',
    host: run.holder.host,
    // Here what is held is told as a part of what failed.
    counts: {...counts, failed: counts.failed + held},
    held,
    toReview: changes.get('to-review') ?? 0,
    toDeliver: changes.get('to-deliver') ?? 0,
    toRetry: rows === undefined ? counts.failed + counts.notStarted : count(rows, isRetried),
    spentUsd: view.spentUsd,
    reservedUsd: view.reservedUsd,
    ...(view.budgetUsd === undefined ? {} : {budgetUsd: view.budgetUsd}),
    command: run.command,
  };
}

function withDecision(
  {delivered: _delivered, superseded: _superseded, ...rest}: JobRow,
  change: ChangeSummary,
): JobRow {
  return {...rest, ...toDecided(change)};
}

/** The same object stays where nothing changed, so that what did can be told by identity. */
function keepSame(before: JobRow, after: JobRow): JobRow {
  return isDeepStrictEqual(before, after) ? before : after;
}

/** What `orchestrator retry` would run again. */
function isRetried({state, retry}: JobRow): boolean {
  return isRunAgain(state === 'pending' || state === 'running' ? undefined : state, retry);
}

function count(rows: ReadonlyMap<string, JobRow>, fits: (row: JobRow) => boolean): number {
  let found = 0;
  for (const row of rows.values()) if (fits(row)) found++;
  return found;
}
