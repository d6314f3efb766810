import type {Context, Hono} from 'hono';
import {type JobFilter, type JobPage, type JobRow, jobFilters, type Timeline} from '../api.ts';
import {compareRows} from '../job-rows.ts';
import type {OpenRun} from '../run-book.ts';
import type {PageParts} from '../server.ts';
import {Snapshots} from '../snapshots.ts';

const maxRows = 200;

export function addRunRoutes(app: Hono, {book, feed, ledger, commands}: PageParts): void {
  const snapshots = new Snapshots();

  app.get('/api/runs/:run', async context => {
    const open = await book.open(context.req.param('run'));
    if (open === undefined) return noRun(context);
    feed.watch(open);
    return context.json({overview: open.overview, commands: commands.ofRun(open.overview.id).slice(0, 3)});
  });

  app.get('/api/runs/:run/jobs', async context => {
    const open = await book.open(context.req.param('run'));
    if (open === undefined) return noRun(context);
    feed.watch(open);
    const wanted = context.req.query('filter') ?? 'all';
    const filter = jobFilters.find(known => known === wanted) ?? 'all';
    const offset = Math.max(0, Math.trunc(Number(context.req.query('offset') ?? 0)) || 0);
    const limit = Math.min(maxRows, Math.max(1, Math.trunc(Number(context.req.query('limit') ?? maxRows)) || maxRows));
    const text = (context.req.query('text') ?? '').slice(0, 200);
    const named = context.req.query('snapshot');
    const known = named === undefined ? undefined : snapshots.get(open.overview.id, named);
    if (named !== undefined && known === undefined) return context.json({error: 'this order is forgotten'}, 410);
    const snapshot = known ?? snapshots.keep(open.overview.id, choose(open, filter, text));
    const page: JobPage = {
      snapshot: snapshot.id,
      total: snapshot.jobs.length,
      offset,
      rows: snapshot.jobs.slice(offset, offset + limit).flatMap(id => open.rows.get(id) ?? []),
    };
    return context.json(page);
  });

  app.get('/api/runs/:run/timeline', async context => {
    const open = await book.open(context.req.param('run'));
    if (open === undefined) return noRun(context);
    const {budgetUsd} = open.overview;
    const timeline: Timeline = {
      ...(budgetUsd === undefined ? {} : {budgetUsd}),
      minutes: await ledger.callMinutes(open.overview.id),
    };
    return context.json(timeline);
  });
}

export function noRun(context: Context): Response {
  return context.json({error: 'there is no such run'}, 404);
}

/** Ids of the jobs to show, in the order to show them. */
function choose({rows}: OpenRun, filter: JobFilter, text: string): string[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const chosen: JobRow[] = [];
  for (const row of rows.values()) {
    if (filter !== 'all' && row.standing !== filter) continue;
    if (words.length > 0) {
      const all =
        `${row.repo} ${row.skill} ${row.task} ${row.standing} ${row.reason ?? ''} ${row.message ?? ''}`.toLowerCase();
      if (!words.every(word => all.includes(word))) continue;
    }
    chosen.push(row);
  }
  return chosen.sort(compareRows).map(({id}) => id);
}
