import type {Job} from '../domain/job.ts';
import {
  type JobDetail,
  type JobRecord,
  type JobState,
  noControl,
  type RunControl,
  type RunRecord,
  type RunState,
} from '../domain/run.ts';
import {isAlive, type ProcessIdentity} from '../util/process-identity.ts';
import type {Database, Row, SqlValue, Statement} from './database.ts';
import type {JobFilter} from './ledger.ts';

/** A holder on another host that has not been heard of for so long counts as dead. */
const silentHolderMs = 60_000;

export function isHeld(run: RunRecord, nowMs: number): boolean {
  if (run.state !== 'running') return false;
  return isAlive(run.holder) ?? nowMs - run.heartbeatAt < silentHolderMs;
}

export async function startRun(
  database: Database,
  run: RunRecord,
  jobs: readonly Job[],
  nowMs: number,
): Promise<{heldBy?: RunRecord}> {
  for (;;) {
    const [claimed] = await database.read('SELECT run_id FROM claims WHERE name = ?', [run.claim]);
    const previous = claimed === undefined ? '' : String(claimed['run_id']);
    const holder = previous === '' ? undefined : await readRun(database, previous);
    if (holder !== undefined && isHeld(holder, nowMs)) return {heldBy: holder};
    const [taken] = await database.write([
      {
        sql: `INSERT INTO claims (name, run_id) VALUES (?, ?)
              ON CONFLICT (name) DO UPDATE SET run_id = excluded.run_id WHERE claims.run_id = ? RETURNING run_id`,
        params: [run.claim, run.id, previous],
      },
      insertRun(run),
      ...jobs.map(job => insertJob(run.id, job)),
    ]);
    if (taken?.length === 1) return {};
  }
}

function insertRun(run: RunRecord): Statement {
  return {
    sql: `INSERT INTO runs (id, claim, state, host, pid, process_start, heartbeat_at, started_at, description, command, settings, control, results_file, log_file)
          SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? WHERE EXISTS (SELECT 1 FROM claims WHERE name = ? AND run_id = ?)`,
    params: [
      run.id,
      run.claim,
      run.state,
      run.holder.host,
      run.holder.pid,
      run.holder.start,
      run.heartbeatAt,
      run.startedAt,
      run.description ?? null,
      JSON.stringify(run.command),
      JSON.stringify(run.settings),
      JSON.stringify(run.control),
      run.resultsFile,
      run.logFile ?? null,
      run.claim,
      run.id,
    ],
  };
}

function insertJob(runId: string, job: Job): Statement {
  return {
    sql: `INSERT INTO jobs (run_id, id, sequence, skill, repo, spec, state, attempts)
          SELECT ?, ?, ?, ?, ?, ?, 'pending', 0 WHERE EXISTS (SELECT 1 FROM runs WHERE id = ?)`,
    params: [runId, job.id, job.sequence, job.skill, job.repo, JSON.stringify(job), runId],
  };
}

export async function takeOverRun(
  database: Database,
  run: RunRecord,
  holder: ProcessIdentity,
  nowMs: number,
): Promise<boolean> {
  const [claimed] = await database.read('SELECT run_id FROM claims WHERE name = ?', [run.claim]);
  const previous = claimed === undefined ? run.id : String(claimed['run_id']);
  if (previous !== run.id) {
    const other = await readRun(database, previous);
    if (other !== undefined && isHeld(other, nowMs)) return false;
  }
  const results = await database.write([
    {
      sql: `UPDATE runs SET state = 'running', host = ?, pid = ?, process_start = ?, heartbeat_at = ?, ended_at = NULL,
              exit_code = NULL, end_reason = NULL, control = ?
            WHERE id = ? AND pid = ? AND process_start = ? AND state = ? RETURNING id`,
      params: [
        holder.host,
        holder.pid,
        holder.start,
        nowMs,
        JSON.stringify(noControl),
        run.id,
        run.holder.pid,
        run.holder.start,
        run.state,
      ],
    },
    {
      sql: `INSERT INTO claims (name, run_id) SELECT ?, ? WHERE EXISTS (SELECT 1 FROM runs WHERE id = ? AND pid = ? AND process_start = ?)
            ON CONFLICT (name) DO UPDATE SET run_id = excluded.run_id`,
      params: [run.claim, run.id, run.id, holder.pid, holder.start],
    },
  ]);
  return results[0]?.length === 1;
}

export async function readRun(database: Database, id: string): Promise<RunRecord | undefined> {
  const [row] = await database.read('SELECT * FROM runs WHERE id = ?', [id]);
  return row === undefined ? undefined : toRun(row);
}

export async function readRuns(
  database: Database,
  options: {limit?: number; since?: number; state?: RunState},
): Promise<RunRecord[]> {
  const rows = await database.read(
    `SELECT * FROM runs WHERE started_at >= ? ${options.state === undefined ? '' : 'AND state = ?'} ORDER BY started_at DESC, id DESC LIMIT ?`,
    [options.since ?? 0, ...(options.state === undefined ? [] : [options.state]), options.limit ?? 1000],
  );
  return rows.map(toRun);
}

function toRun(row: Row): RunRecord {
  return {
    id: String(row['id']),
    claim: String(row['claim']),
    state: String(row['state']) as RunState,
    holder: {host: String(row['host']), pid: Number(row['pid']), start: String(row['process_start'])},
    heartbeatAt: Number(row['heartbeat_at']),
    startedAt: Number(row['started_at']),
    ...optional('endedAt', row['ended_at'], Number),
    ...optional('exitCode', row['exit_code'], Number),
    ...optional('endReason', row['end_reason'], String),
    ...optional('description', row['description'], String),
    command: JSON.parse(String(row['command'])) as string[],
    settings: JSON.parse(String(row['settings'])) as unknown,
    control: JSON.parse(String(row['control'])) as RunControl,
    resultsFile: String(row['results_file']),
    ...optional('logFile', row['log_file'], String),
  };
}

export async function readJobs(database: Database, runId: string, only: JobFilter): Promise<JobRecord[]> {
  const conditions = [
    ['state', only.state],
    ['status', only.status],
  ].flatMap(([column, value]) => (value === undefined ? [] : [{sql: `AND ${column} = ?`, value}]));
  const order = only.newest === undefined ? 'ORDER BY sequence' : 'ORDER BY ended_at DESC, sequence DESC LIMIT ?';
  const rows = await database.read(
    `SELECT spec, state, detail, started_at, ended_at FROM jobs WHERE run_id = ? ${conditions.map(({sql}) => sql).join(' ')} ${order}`,
    [runId, ...conditions.map(({value}) => value), ...(only.newest === undefined ? [] : [only.newest])],
  );
  return rows.map(toJob);
}

export async function readJobsOfRepo(
  database: Database,
  repo: string,
  limit: number,
): Promise<(JobRecord & {runId: string})[]> {
  const rows = await database.read(
    `SELECT jobs.run_id, jobs.spec, jobs.state, jobs.detail, jobs.started_at, jobs.ended_at FROM jobs JOIN runs ON runs.id = jobs.run_id
     WHERE jobs.repo = ? ORDER BY runs.started_at DESC, runs.id DESC, jobs.sequence LIMIT ?`,
    [repo, limit],
  );
  return rows.map(row => ({...toJob(row), runId: String(row['run_id'])}));
}

function toJob(row: Row): JobRecord {
  return {
    job: JSON.parse(String(row['spec'])) as Job,
    state: String(row['state']) as JobState,
    ...optional('detail', row['detail'], text => JSON.parse(String(text)) as JobDetail),
    ...optional('startedAt', row['started_at'], Number),
    ...optional('endedAt', row['ended_at'], Number),
  };
}

/** Counts by outcome for ended jobs, and by state for the others. */
export async function countJobs(database: Database, runId: string): Promise<ReadonlyMap<string, number>> {
  const rows = await database.read(
    'SELECT COALESCE(status, state) AS name, COUNT(*) AS count FROM jobs WHERE run_id = ? GROUP BY COALESCE(status, state)',
    [runId],
  );
  return new Map(rows.map(row => [String(row['name']), Number(row['count'])]));
}

/** A repo is taken for a run by the claim `repo:<key>`; a dead run's claim is taken over. */
export async function claimRepo(
  database: Database,
  runId: string,
  repoKey: string,
  nowMs: number,
): Promise<string | undefined> {
  const [claimed] = await database.read('SELECT run_id FROM claims WHERE name = ?', [`repo:${repoKey}`]);
  if (claimed === undefined || claimed['run_id'] === runId) return undefined;
  const other = String(claimed['run_id']);
  const holder = await readRun(database, other);
  if (holder !== undefined && isHeld(holder, nowMs)) return other;
  await database.write([{sql: 'DELETE FROM claims WHERE name = ? AND run_id = ?', params: [`repo:${repoKey}`, other]}]);
  return undefined;
}

export function takeRepo(runId: string, repoKey: string): Statement {
  return {
    sql: `INSERT INTO claims (name, run_id) VALUES (?, ?)
          ON CONFLICT (name) DO UPDATE SET run_id = excluded.run_id WHERE claims.run_id = excluded.run_id RETURNING run_id`,
    params: [`repo:${repoKey}`, runId],
  };
}

export function markRunning(runId: string, jobId: string, repoKey: string, nowMs: number): Statement {
  return {
    sql: `UPDATE jobs SET state = 'running', attempts = attempts + 1, started_at = ?
          WHERE run_id = ? AND id = ? AND state <> 'running' AND EXISTS (SELECT 1 FROM claims WHERE name = ? AND run_id = ?)`,
    params: [nowMs, runId, jobId, `repo:${repoKey}`, runId],
  };
}

export function markEnded(runId: string, jobId: string, detail: JobDetail, nowMs: number): Statement {
  const {outcome} = detail;
  const name = outcome.status === 'failed' ? outcome.failure.reason : outcome.status;
  return {
    sql: `UPDATE jobs SET state = 'ended', status = ?, outcome = ?, detail = ?, started_at = COALESCE(started_at, ?), ended_at = ?
          WHERE run_id = ? AND id = ?`,
    params: [outcome.status, name, JSON.stringify(detail), nowMs, nowMs, runId, jobId],
  };
}

export function reopenJob(runId: string, jobId: string): Statement {
  return {
    sql: `UPDATE jobs SET state = 'pending', status = NULL, outcome = NULL, detail = NULL, started_at = NULL, ended_at = NULL
          WHERE run_id = ? AND id = ?`,
    params: [runId, jobId],
  };
}

function optional<K extends string, T>(
  key: K,
  value: SqlValue | undefined,
  convert: (value: SqlValue) => T,
): {[P in K]?: T} {
  return value === null || value === undefined ? {} : ({[key]: convert(value)} as {[P in K]?: T});
}
