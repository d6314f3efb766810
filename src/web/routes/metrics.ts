import type {Hono} from 'hono';
import {metricsPath} from '../guard.ts';
import {formatMetrics} from '../metrics.ts';
import type {PageParts} from '../server.ts';

/** What goes on, and the run that ended last, for a Prometheus server that has the token as its credentials. */
export function addMetricsRoute(app: Hono, {ledger, book}: PageParts): void {
  app.get(metricsPath, async context => {
    const [runs, changes] = await Promise.all([ledger.runs({limit: 20}), ledger.countChanges()]);
    const newest = runs.find(run => !ledger.isHeld(run));
    const shown = runs.filter(run => run === newest || ledger.isHeld(run));
    const overviews = await Promise.all(shown.map(run => book.overview(run)));
    const text = formatMetrics(overviews, {
      toReview: changes.get('to-review') ?? 0,
      toDeliver: changes.get('to-deliver') ?? 0,
    });
    return context.body(text, 200, {'content-type': 'text/plain; version=0.0.4; charset=utf-8'});
  });
}
