import type {RunSummary} from '../domain/event.ts';
import {endStatus, type Outcome} from '../domain/outcome.ts';
import {knownUsd} from '../domain/usage.ts';

export function summarizeRun(outcomes: Iterable<Outcome>): RunSummary {
  const counts = {changed: 0, unchanged: 0, 'up-to-date': 0, failed: 0, held: 0, 'not-started': 0};
  let costUsd = 0;
  let costUnknown = 0;
  for (const outcome of outcomes) {
    counts[endStatus(outcome)]++;
    if (outcome.cost.usd === null) costUnknown++;
    costUsd += knownUsd(outcome.cost);
  }
  return {
    total: Object.values(counts).reduce((sum, count) => sum + count, 0),
    changed: counts.changed,
    unchanged: counts.unchanged,
    upToDate: counts['up-to-date'],
    failed: counts.failed,
    held: counts.held,
    notStarted: counts['not-started'],
    costUsd,
    costUnknown,
  };
}
