import {createHash} from 'node:crypto';
import {type JobInsert, PgBoss} from 'pg-boss';
import manifest from 'pg-boss/package.json' with {type: 'json'};
import {OrchestratorError} from '../domain/errors.ts';
import {type Job, needsOf} from '../domain/job.ts';
import type {SqlValue, Statement} from '../ledger/database.ts';
import type {JobQueue, QueuedJob, QueueTimes, Ticket} from './job-queue.ts';
import {queueSchema, readSchedules, starts} from './read-schedules.ts';
import type {ScheduledPlan} from './scheduled-run.ts';

export interface PostgresQueueOptions extends QueueTimes {
  readonly database: {query(sql: string, values?: readonly unknown[]): Promise<{rows: Record<string, unknown>[]}>};
  /** A worker looks after the queue: jobs of workers that died, schedules, old entries. */
  readonly isWorker: boolean;
  /** Something went wrong in the background; it is tried again. */
  readonly onError: (error: Error) => void;
}

export interface PostgresQueue extends JobQueue {
  readonly boss: PgBoss;
}

interface Entry {
  readonly runId: string;
  readonly jobId: string;
}

const anyWorker = 'jobs';
/** How long the list of queues is good for. */
const queuesMs = 5_000;

/**
 * The queue of jobs in PostgreSQL, on pg-boss. One queue for each set of needs, so that labels decide who takes from which.
 *
 * @throws OrchestratorError when its tables come from a newer version.
 */
export async function openPostgresQueue(options: PostgresQueueOptions): Promise<PostgresQueue> {
  const {database, monitorSeconds, isWorker} = options;
  const boss = new PgBoss({
    db: {executeSql: (sql, values) => database.query(sql, values)},
    schema: queueSchema,
    supervise: isWorker,
    schedule: isWorker,
    cronMonitorIntervalSeconds: Math.min(30, monitorSeconds),
    cronWorkerIntervalSeconds: Math.min(5, monitorSeconds),
    registerInstance: false,
    superviseIntervalSeconds: monitorSeconds,
    monitorIntervalSeconds: monitorSeconds,
    openTelemetry: {enabled: false},
  });
  boss.on('error', options.onError);
  try {
    await refuseNewerTables(boss);
    await boss.start();
    return await openOn(boss, options);
  } catch (error) {
    await boss.stop({graceful: false});
    throw error;
  }
}

async function openOn(boss: PgBoss, {heartbeatSeconds, database}: PostgresQueueOptions): Promise<PostgresQueue> {
  const made = new Set<string>();
  const makeQueue = async (name: string): Promise<void> => {
    if (made.has(name)) return;
    await boss.createQueue(name, {
      heartbeatSeconds,
      // A job ends by its own time limits; this only bounds what nobody thought of.
      expireInSeconds: 86_399,
      retryLimit: 1_000,
      retryDelay: 0,
      retentionSeconds: 30 * 86_400,
      deleteAfterSeconds: 86_400,
    });
    made.add(name);
  };
  await makeQueue(anyWorker);
  await makeQueue(starts);
  const insert = async (
    runId: string,
    jobs: readonly Job[],
    write: (sql: string, values: readonly unknown[]) => Promise<void>,
  ): Promise<void> => {
    for (const [name, some] of Map.groupBy(jobs, queueOf)) {
      await makeQueue(name);
      const entries = some.map(
        (job): JobInsert<Entry> => ({
          id: entryId(runId, job),
          data: {runId, jobId: job.id},
          group: {id: runId},
        }),
      );
      // What is left of an entry that was done with would keep the place of the new one.
      await write(`DELETE FROM ${queueSchema}.job WHERE name = $1 AND id = ANY($2::uuid[]) AND state >= 'completed'`, [
        name,
        entries.map(({id}) => id),
      ]);
      await boss.insert(name, entries, {
        db: {
          executeSql: async (sql: string, values: unknown[] = []) => {
            await write(sql, values);
            return {rows: []};
          },
        },
      });
    }
  };
  let known: {readonly names: readonly string[]; readonly until: number} = {names: [], until: 0};
  const queuesFor = async (labels: ReadonlySet<string>): Promise<readonly string[]> => {
    if (Date.now() >= known.until) {
      const names = (await boss.getQueues()).map(({name}) => name);
      known = {names: names.filter(name => needsIn(name) !== undefined), until: Date.now() + queuesMs};
    }
    const mine = known.names.filter(name => needsIn(name)?.every(need => labels.has(need)));
    // What few workers can do comes before what all can.
    return mine.sort((a, b) => (needsIn(b)?.length ?? 0) - (needsIn(a)?.length ?? 0));
  };

  return {
    boss,
    async enqueue(runId, jobs) {
      const statements: Statement[] = [];
      await insert(runId, jobs, async (sql, values) => {
        statements.push({sql, params: values as SqlValue[], postgres: true});
      });
      return statements;
    },
    async putBack(runId, jobs) {
      await insert(runId, jobs, async (sql, values) => void (await database.query(sql, values)));
    },
    async countEntries(runId) {
      const {rows} = await database.query(
        `SELECT COUNT(*) AS count FROM ${queueSchema}.job WHERE group_id = $1 AND state < 'completed'`,
        [runId],
      );
      return Number(rows[0]?.['count']);
    },
    async lacking(runId, jobs) {
      const ids = new Map(jobs.map(job => [entryId(runId, job), job]));
      const {rows} = await database.query(
        `SELECT id FROM ${queueSchema}.job WHERE name = ANY($1) AND id = ANY($2::uuid[]) AND state < 'completed'`,
        [[...new Set(jobs.map(queueOf))], [...ids.keys()]],
      );
      for (const {id} of rows) ids.delete(String(id));
      return [...ids.values()];
    },
    async take(labels, count, except) {
      const taken: QueuedJob[] = [];
      const ignoreGroups = except.length === 0 ? null : [...except];
      for (const queue of await queuesFor(labels)) {
        if (taken.length >= count) break;
        const jobs = await boss.fetch<Entry>(queue, {batchSize: count - taken.length, ignoreGroups});
        for (const {id, retryCount, data} of jobs) taken.push({...data, ticket: {queue, id, retryCount}});
      }
      return taken;
    },
    async keep(tickets) {
      const lost: Ticket[] = [];
      for (const [queue, some] of Map.groupBy(tickets, ticket => ticket.queue)) {
        const answer = (await boss.touch(queue, some)) as {affected?: number; settled?: readonly string[]};
        if (answer.affected === some.length) continue;
        const kept = new Set(answer.settled);
        lost.push(...some.filter(({id}) => !kept.has(id)));
      }
      return lost;
    },
    async done(tickets) {
      for (const [queue, some] of Map.groupBy(tickets, ticket => ticket.queue)) await boss.complete(queue, some);
    },
    async giveBack(tickets) {
      for (const [queue, some] of Map.groupBy(tickets, ticket => ticket.queue)) await boss.fail(queue, some);
    },
    async schedule({id, cron, zone, plan}) {
      await boss.schedule(starts, cron, plan, {tz: zone, key: id, missed: 'once'});
    },
    async schedules() {
      return await readSchedules(sql => database.query(sql));
    },
    async unschedule(id) {
      await boss.unschedule(starts, id);
    },
    async takeStarts() {
      const due = await boss.fetch<ScheduledPlan>(starts, {batchSize: 5, includeMetadata: true});
      return due.map(({id, retryCount, data, createdOn}) => ({
        plan: data,
        at: createdOn,
        ticket: {queue: starts, id, retryCount},
      }));
    },
    close: () => boss.stop({graceful: false}),
  };
}

/** pg-boss itself would go on, and write what the newer one does not expect. */
async function refuseNewerTables(boss: PgBoss): Promise<void> {
  const known = manifest.pgboss.schema;
  const version = (await boss.isInstalled()) ? ((await boss.schemaVersion()) ?? 0) : 0;
  if (version <= known) return;
  throw new OrchestratorError(
    'queue-newer',
    `the tables of the queue were made by a newer version (version ${version}, this one knows ${known})`,
    {hint: 'update orchestrator on this machine'},
  );
}

/** `jobs`, or `jobs.eu.gpu` for what needs both labels. */
function queueOf(job: Job): string {
  return [anyWorker, ...needsOf(job)].join('.');
}

/** The same for the same job of the same run, so that it is never in the queue twice. */
function entryId(runId: string, job: Job): string {
  const hex = createHash('sha256')
    .update(JSON.stringify([runId, job.id]))
    .digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}

/** Undefined for a queue of something else. */
function needsIn(queue: string): readonly string[] | undefined {
  const [first, ...needs] = queue.split('.');
  return first === anyWorker ? needs : undefined;
}
