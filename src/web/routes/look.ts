import type {Hono} from 'hono';
import {findMissedRuns} from '../../run/find-missed-runs.ts';
import type {RunSettings} from '../../run/run-settings.ts';
import {type Costs, costKeys, type FleetSquare, type Tonight} from '../api.ts';
import {toJobRow} from '../job-rows.ts';
import type {PageParts} from '../server.ts';

const recentRuns = 14;
const shownFailures = 5;
const maxCostRows = 100;

export function addLookRoutes(app: Hono, {ledger, book, clock}: PageParts): void {
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
    const failures = last === undefined ? [] : await ledger.jobs(last.id, {status: 'failed', newest: shownFailures});
    const late = new Set(missed.map(({configFile}) => configFile));
    const tonight: Tonight = {
      running,
      ...(last === undefined ? {} : {last}),
      failures: failures.map(record => toJobRow(record)),
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
    const squares: FleetSquare[] = (await ledger.lastJobs()).map(record => {
      const {id, repo, skill, state, reason, message} = toJobRow(record);
      return {
        repo,
        run: record.runId,
        job: id,
        skill,
        state,
        ...(reason === undefined ? {} : {reason}),
        ...(message === undefined ? {} : {message}),
        ...(record.endedAt === undefined ? {} : {endedAt: record.endedAt}),
      };
    });
    return context.json(squares);
  });

  app.get('/api/fleet/history', async context => {
    const jobs = await ledger.jobsOfRepo(context.req.query('repo') ?? '', 30);
    return context.json(jobs.map(record => ({run: record.runId, row: toJobRow(record)})));
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
