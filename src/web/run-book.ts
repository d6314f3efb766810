import type {ChangeSummary} from '../domain/change.ts';
import type {JobRecord, RunRecord} from '../domain/run.ts';
import type {Ledger} from '../ledger/ledger.ts';
import {readRunView} from '../run/read-run-view.ts';
import type {JobRow, RunOverview} from './api.ts';
import {toDecided, toJobRow} from './job-rows.ts';

/** A run with the line of each of its jobs. */
export interface OpenRun {
  readonly overview: RunOverview;
  /** By job id, in the order of the plan. */
  readonly rows: ReadonlyMap<string, JobRow>;
}

interface Page extends OpenRun {
  overview: RunOverview;
  rows: Map<string, JobRow>;
  /** What the rows were read at: the same again means that nothing has changed. */
  mark: string;
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
    const [view, changes] = await Promise.all([readRunView(this.#ledger, run), this.#ledger.countChanges(run.id)]);
    const known = this.#pages.get(run.id);
    const {counts} = view;
    return {
      id: run.id,
      state: view.state,
      startedAt: run.startedAt,
      ...(run.endedAt === undefined ? {} : {endedAt: run.endedAt}),
      ...(run.description === undefined ? {} : {description: run.description}),
      ...(run.exitCode === undefined ? {} : {exitCode: run.exitCode}),
      ...(run.endReason === undefined ? {} : {endReason: run.endReason}),
      paused: run.control.paused,
      stopping: run.control.stop !== 'no',
      host: run.holder.host,
      counts,
      ...(known === undefined ? {} : {held: count(known.rows, ({state}) => state === 'held')}),
      toReview: changes.get('to-review') ?? 0,
      toDeliver: changes.get('to-deliver') ?? 0,
      toRetry: known === undefined ? counts.failed + counts.notStarted : count(known.rows, isRetried),
      spentUsd: view.spentUsd,
      reservedUsd: view.reservedUsd,
      ...(view.budgetUsd === undefined ? {} : {budgetUsd: view.budgetUsd}),
      command: run.command,
    };
  }

  async #read(runId: string): Promise<Page | undefined> {
    const run = await this.#ledger.run(runId);
    if (run === undefined) return undefined;
    const mark = await this.#mark(run);
    let page = this.#pages.get(runId);
    this.#pages.delete(runId);
    if (page === undefined || !(page.mark === mark || (await this.#update(page, run)))) page = await this.#load(run);
    page.mark = mark;
    this.#pages.set(runId, page);
    page.overview = await this.overview(run);
    for (const old of [...this.#pages.keys()].slice(0, -keptRuns)) this.#pages.delete(old);
    return page;
  }

  async #mark(run: RunRecord): Promise<string> {
    const [jobs, changes] = await Promise.all([this.#ledger.countJobs(run.id), this.#ledger.countChanges(run.id)]);
    return JSON.stringify([run.state, run.startedAt, run.endedAt, [...jobs].sort(), [...changes].sort()]);
  }

  async #load(run: RunRecord): Promise<Page> {
    const [records, changes] = await Promise.all([this.#ledger.jobs(run.id), this.#changes(run.id)]);
    const rows = new Map(records.map(record => [record.job.id, toJobRow(record, changes.get(record.job.id))]));
    return {rows, mark: '', overview: await this.overview(run)};
  }

  async #changes(runId: string): Promise<ReadonlyMap<string, ChangeSummary>> {
    return new Map((await this.#ledger.changes({runId})).map(change => [change.jobId, change]));
  }

  /** Reads what ended last and what runs. False when that does not explain the counts, as after a retry. */
  async #update(page: Page, run: RunRecord): Promise<boolean> {
    const counts = await this.#ledger.countJobs(run.id);
    const open = (counts.get('running') ?? 0) + (counts.get('pending') ?? 0);
    const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
    const ended = [...page.rows.values()].filter(row => row.state !== 'running' && row.state !== 'pending').length;
    const newest = total - open - ended;
    if (newest < 0 || total !== page.rows.size) return false;
    const [ran, running, changes] = await Promise.all([
      this.#ledger.jobs(run.id, {state: 'ended', newest: newest + 8}),
      this.#ledger.jobs(run.id, {state: 'running'}),
      this.#changes(run.id),
    ]);
    const records = new Map<string, JobRecord>([...ran, ...running].map(record => [record.job.id, record]));
    for (const [id, row] of page.rows) {
      const record = records.get(id);
      const change = changes.get(id);
      if (record !== undefined) page.rows.set(id, toJobRow(record, change));
      else if (change !== undefined) page.rows.set(id, withDecision(row, change));
      else if (row.state === 'running') return false;
    }
    return countStates(page.rows.values(), counts);
  }
}

function withDecision(row: JobRow, change: ChangeSummary): JobRow {
  const {delivered: _delivered, superseded: _superseded, ...rest} = row;
  const decided = toDecided(change);
  const next = {...rest, ...decided};
  // The same object stays where nothing changed, so that it can be told apart by identity.
  return row.decision === next.decision && row.delivered === next.delivered && row.superseded === next.superseded
    ? row
    : next;
}

/** Whether the rows come to what the ledger counts. */
function countStates(rows: Iterable<JobRow>, counts: ReadonlyMap<string, number>): boolean {
  const own = new Map<string, number>();
  for (const {state} of rows) {
    const name = state === 'held' ? 'failed' : state;
    own.set(name, (own.get(name) ?? 0) + 1);
  }
  return own.size === counts.size && [...counts].every(([name, count]) => own.get(name) === count);
}

/** What `orchestrator retry` would run again. */
function isRetried({state, retry}: JobRow): boolean {
  return state === 'not-started' || (retry !== undefined && retry !== 'no');
}

function count(rows: ReadonlyMap<string, JobRow>, fits: (row: JobRow) => boolean): number {
  let found = 0;
  for (const row of rows.values()) if (fits(row)) found++;
  return found;
}
