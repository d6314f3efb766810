import type {QueueSchedule} from './job-queue.ts';
import type {ScheduledPlan} from './scheduled-run.ts';

/** The schema that pg-boss keeps its tables in. */
export const queueSchema = 'orchestrator_queue';
/** Its queue of starts that are due. */
export const starts = 'starts';

type Query = (sql: string) => Promise<{rows: Record<string, unknown>[]}>;

/** The schedules of a queue, for one who only looks: without pg-boss, which makes what is not there. */
export async function readSchedules(query: Query): Promise<QueueSchedule[]> {
  const {rows: found} = await query(`SELECT to_regclass('${queueSchema}.schedule') IS NOT NULL AS found`);
  if (found[0]?.['found'] !== true) return [];
  const {rows} = await query(
    `SELECT key, cron, timezone, data FROM ${queueSchema}.schedule WHERE name = '${starts}' ORDER BY key`,
  );
  return rows.map(row => ({
    id: String(row['key']),
    cron: String(row['cron']),
    zone: String(row['timezone']),
    plan: row['data'] as ScheduledPlan,
  }));
}
