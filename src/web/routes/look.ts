import type {Hono} from 'hono';
import {standingOf} from '../../domain/standing.ts';
import {findMissedRuns} from '../../run/find-missed-runs.ts';
import type {RunSettings} from '../../run/run-settings.ts';
import {type Costs, costKeys, type FleetSquare, type JobRow, type Tonight} from '../api.ts';
import {toJobRow} from '../job-rows.ts';
import {isRetried} from '../retry-costs.ts';
import type {OpenRun} from '../run-book.ts';
import type {PageParts} from '../server.ts';

const recentRuns = 14;
const shownFailures = 8;
const maxCostRows = 100;

export function addLookRoutes(app: Hono, {ledger, book, clock, operator}: PageParts): void {
  app.get('/api/tonight', async context => {
    const now = clock.now();
    const [runs, changes, missed, expected] = await Promise.all([
      ledger.runs({limit: recentRuns}),
      ledger.countChanges(),
      findMissedRuns(ledger, now),
      ledger.expectedRuns(),
    ]);
    const newest = runs.find(run => run.state !== 'running' || !ledger.isHeld(run));
    const open = newest === undefined ? undefined : await book.open(newest.id);
    const recent = await Promise.all(
      runs.map(run => (run === newest && open !== undefined ? open.overview : book.overview(run))),
    );
    const running = recent.filter(({state}) => state === 'running');
    const last = open?.overview;
    const failures = open === undefined ? [] : failedRows(open);
    const late = new Set(missed.map(({configFile}) => configFile));
    const tonight: Tonight = {
      running,
      ...(last === undefined ? {} : {last}),
      failures: failures.slice(0, shownFailures),
      missed: missed.map(({configFile, expectedAt}) => ({config: configFile, expectedAt})),
      next: expected.flatMap(run => {
        const {expected: when} = run.settings as Partial<RunSettings>;
        const at = run.startedAt + (when?.everyMs ?? 0);
        return when === undefined || late.has(when.configFile) ? [] : [{config: when.configFile, at}];
      }),
      toReview: changes.get('to-review') ?? 0,
      toDeliver: changes.get('to-deliver') ?? 0,
      recent,
    };
    return context.json(tonight);
  });

  app.get('/api/fleet', async context => {
    const tags = operator.tags();
    const squares: FleetSquare[] = (await ledger.lastJobs()).map(record => {
      const {id, repo, skill, reason, message, state} = toJobRow(record);
      return {
        repo,
        run: record.runId,
        job: id,
        skill,
        standing: standingOf(state, record.change),
        ...(reason === undefined ? {} : {reason}),
        ...(message === undefined ? {} : {message}),
        ...(record.endedAt === undefined ? {} : {endedAt: record.endedAt}),
        tags: tags.get(repo) ?? [],
      };
    });
    return context.json(squares);
  });

  app.get('/api/fleet/history', async context => {
    const jobs = await ledger.jobsOfRepo(context.req.query('repo') ?? '', 30);
    const rows = jobs.map(async record => {
      const change = await ledger.change(record.runId, record.job.id);
      return {run: record.runId, row: toJobRow(record, change)};
    });
    return context.json(await Promise.all(rows));
  });

  app.get('/api/costs', async context => {
    const wanted = context.req.query('by');
    const by = costKeys.find(known => known === wanted) ?? 'skill';
    const days = Math.min(3650, Math.max(1, Number(context.req.query('days') ?? 30) || 30));
    const rows = await ledger.costs(by, clock.now() - days * 86_400_000);
    const totalUsd = rows.reduce((sum, {usd}) => sum + usd, 0);
    const sorted = by === 'week' ? [...rows].sort((a, b) => (a.name < b.name ? -1 : 1)) : rows;
    const costs: Costs = {by, totalUsd, rows: sorted.slice(0, maxCostRows)};
    return context.json(costs);
  });
}

/** What a retry can help comes first; then in the order of the plan. */
function failedRows({rows}: OpenRun): JobRow[] {
  const failed = [...rows.values()].filter(({standing}) => standing === 'failed' || standing === 'not-started');
  return failed.sort((a, b) => Number(isRetried(b)) - Number(isRetried(a)) || a.sequence - b.sequence);
}
