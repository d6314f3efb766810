import type {ChangeState} from '../domain/change.ts';
import type {JobDetail} from '../domain/run.ts';
import {stateExpression} from './change-queries.ts';
import type {Database} from './database.ts';
import type {TrendRows} from './ledger.ts';
import {weekOf, weekOfIndex} from './weeks.ts';

/** Failures are read one by one for their reason: the newest so many. */
const maxFailures = 20_000;

/** What runs that started since then came to, by skill and week. */
export async function readTrends(database: Database, since: number): Promise<TrendRows> {
  const [jobs, changes, failures] = await Promise.all([
    database.read(
      `SELECT jobs.skill AS skill, ${weekOf('jobs.ended_at')} AS week, jobs.status AS status, COUNT(*) AS count
       FROM jobs JOIN runs ON runs.id = jobs.run_id WHERE runs.started_at >= ? AND jobs.state = 'ended'
       GROUP BY jobs.skill, ${weekOf('jobs.ended_at')}, jobs.status`,
      [since],
    ),
    database.read(
      `SELECT changes.skill AS skill, ${weekOf('changes.recorded_at')} AS week, ${stateExpression} AS change_state, COUNT(*) AS count
       FROM changes JOIN runs ON runs.id = changes.run_id WHERE runs.started_at >= ?
       GROUP BY changes.skill, ${weekOf('changes.recorded_at')}, ${stateExpression}`,
      [since],
    ),
    database.read(
      `SELECT jobs.skill AS skill, ${weekOf('jobs.ended_at')} AS week, jobs.detail AS detail
       FROM jobs JOIN runs ON runs.id = jobs.run_id WHERE runs.started_at >= ? AND jobs.state = 'ended' AND jobs.status = 'failed'
       ORDER BY jobs.ended_at DESC LIMIT ${maxFailures}`,
      [since],
    ),
  ]);
  return {
    jobs: jobs.map(row => ({
      skill: String(row['skill']),
      week: weekOfIndex(Number(row['week'])),
      status: String(row['status']) as TrendRows['jobs'][number]['status'],
      count: Number(row['count']),
    })),
    changes: changes.map(row => ({
      skill: String(row['skill']),
      week: weekOfIndex(Number(row['week'])),
      state: String(row['change_state']) as ChangeState,
      count: Number(row['count']),
    })),
    failures: failures.flatMap(row => {
      const {outcome} = JSON.parse(String(row['detail'])) as JobDetail;
      if (outcome.status !== 'failed') return [];
      const {reason} = outcome.failure;
      return [{skill: String(row['skill']), week: weekOfIndex(Number(row['week'])), reason}];
    }),
  };
}
