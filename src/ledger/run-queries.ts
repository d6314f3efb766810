import {type Job, needsOf} from '../domain/job.ts';
import {endStatus} from '../domain/outcome.ts';
import {
  isQueued,
  type JobDetail,
  type JobRecord,
  type JobState,
  noControl,
  type RunControl,
  type RunRecord,
  type RunState,
} from '../domain/run.ts';
import {isAlive, type ProcessIdentity} from '../util/process-identity.ts';
import {type Database, GuardFailed, type Row, type SqlValue, type Statement} from './database.ts';
import type {JobFilter, Ledger, LostCalls} from './ledger.ts';

/** A holder on another host that has not been heard of for so long counts as dead. */
const silentHolderMs = 60_000;

export function isHeld(run: RunRecord, nowMs: number): boolean {
  if (run.state !== 'running') return false;
  if (isQueued(run)) return true;
  return isAlive(run.holder) ?? nowMs - run.heartbeatAt < silentHolderMs;
}

export async function startRun(
  database: Database,
  run: RunRecord,
  jobs: readonly Job[],
  nowMs: number,
  more: readonly Statement[] = [],
): Promise<{heldBy?: RunRecord; nameTaken?: true}> {
  for (;;) {
    const [claimed] = await database.read('SELECT run_id FROM claims WHERE name = ?', [run.claim]);
    const previous = claimed === undefined ? '' : String(claimed['run_id']);
    const holder = previous === '' ? undefined : await readRun(database, previous);
    if (holder !== undefined && isHeld(holder, nowMs)) return {heldBy: holder};
    const [taken] = await writeUnlessGuarded(database, [
      {
        // Runs of one second may hit on the same id or results file; two of them would overwrite each other.
        sql: `INSERT INTO claims (name, run_id) SELECT ?, ? WHERE NOT EXISTS (SELECT 1 FROM runs WHERE id = ? OR results_file = ?)
              ON CONFLICT (name) DO UPDATE SET run_id = excluded.run_id WHERE claims.run_id = ? RETURNING run_id`,
        params: [run.claim, run.id, run.id, run.resultsFile, previous],
      },
      insertRun(run),
      ...jobs.map(job => insertJob(run, job)),
      // What comes with the run is not for one that was refused.
      ...(more.length === 0 ? [] : [isRecorded(run), ...more]),
    ]);
    if (taken?.length === 1) return {};
    const [other] = await database.read('SELECT id FROM runs WHERE id = ? OR results_file = ?', [
      run.id,
      run.resultsFile,
    ]);
    if (other !== undefined) return {nameTaken: true};
  }
}

async function writeUnlessGuarded(database: Database, statements: readonly Statement[]): Promise<Row[][]> {
  try {
    return await database.write(statements);
  } catch (error) {
    if (error instanceof GuardFailed) return [];
    throw error;
  }
}

function isRecorded({id, claim}: RunRecord): Statement {
  return {
    sql: 'SELECT id FROM runs WHERE id = ? AND EXISTS (SELECT 1 FROM claims WHERE name = ? AND run_id = ?)',
    params: [id, claim, id],
    guard: true,
  };
}

function insertRun(run: RunRecord): Statement {
  return {
    sql: `INSERT INTO runs (id, claim, state, host, pid, process_start, heartbeat_at, started_at, description, command, settings, control, results_file, log_file, deadline_at)
          SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? WHERE EXISTS (SELECT 1 FROM claims WHERE name = ? AND run_id = ?)
            AND NOT EXISTS (SELECT 1 FROM runs WHERE id = ? OR results_file = ?)`,
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
      run.deadlineAt ?? null,
      run.claim,
      run.id,
      run.id,
      run.resultsFile,
    ],
  };
}

function insertJob({id, claim, holder}: RunRecord, job: Job): Statement {
  return {
    sql: `INSERT INTO jobs (run_id, id, sequence, skill, repo, needs, spec, state)
          SELECT ?, ?, ?, ?, ?, ?, ?, 'pending' WHERE EXISTS (SELECT 1 FROM runs WHERE id = ? AND ${isHolder})
            AND EXISTS (SELECT 1 FROM claims WHERE name = ? AND run_id = ?)`,
    params: [
      ...[id, job.id, job.sequence, job.skill, job.repo, needsOf(job).join(' '), JSON.stringify(job)],
      ...[id, ...holderParams(holder), claim, id],
    ],
  };
}

const isHolder = 'host = ? AND pid = ? AND process_start = ?';

function holderParams({host, pid, start}: ProcessIdentity): SqlValue[] {
  return [host, pid, start];
}

/** Adds the time since a run ended, or since it was last heard of; takes the present time twice. */
export const idleUntil = `idle_ms = idle_ms + CASE WHEN COALESCE(ended_at, heartbeat_at) < ? THEN ? - COALESCE(ended_at, heartbeat_at) ELSE 0 END`;

/** Undefined when a live process holds the run, or another run of the same claim. */
export async function takeOverRun(
  database: Database,
  runId: string,
  holder: ProcessIdentity,
  nowMs: number,
): Promise<LostCalls | undefined> {
  const run = await readRun(database, runId);
  if (run === undefined || isHeld(run, nowMs)) return undefined;
  const [claimed] = await database.read('SELECT run_id FROM claims WHERE name = ?', [run.claim]);
  const previous = claimed === undefined ? '' : String(claimed['run_id']);
  if (previous !== '' && previous !== run.id) {
    const other = await readRun(database, previous);
    if (other !== undefined && isHeld(other, nowMs)) return undefined;
  }
  const results = await database.write([
    {
      sql: `INSERT INTO claims (name, run_id) SELECT ?, ? WHERE EXISTS (SELECT 1 FROM runs WHERE id = ? AND state = ? AND ${isHolder})
            ON CONFLICT (name) DO UPDATE SET run_id = excluded.run_id WHERE claims.run_id = ? OR claims.run_id = excluded.run_id RETURNING run_id`,
      params: [run.claim, run.id, run.id, run.state, ...holderParams(run.holder), previous],
    },
    {
      sql: `UPDATE runs SET ${idleUntil}, state = 'running', host = ?, pid = ?, process_start = ?, heartbeat_at = ?, ended_at = NULL,
              exit_code = NULL, end_reason = NULL, control = ?
            WHERE id = ? AND state = ? AND ${isHolder} AND EXISTS (SELECT 1 FROM claims WHERE name = ? AND run_id = ?) RETURNING id`,
      params: [
        ...[nowMs, nowMs],
        ...holderParams(holder),
        nowMs,
        // Budget and workers that were set hold on; what stopped it does not.
        JSON.stringify({...run.control, ...noControl}),
        run.id,
        run.state,
        ...holderParams(run.holder),
        run.claim,
        run.id,
      ],
    },
    settleLost(run.id, holder),
  ]);
  return results[1]?.length === 1 ? countLost(results[2]) : undefined;
}

export function beat(runId: string, holder: ProcessIdentity, nowMs: number): Statement {
  return {
    sql: `UPDATE runs SET heartbeat_at = ? WHERE id = ? AND ${isHolder}`,
    params: [nowMs, runId, ...holderParams(holder)],
  };
}

export function endRun(runId: string, end: Parameters<Ledger['endRun']>[1], nowMs: number): Statement[] {
  return [
    {
      sql: `DELETE FROM claims WHERE run_id = ? AND EXISTS (SELECT 1 FROM runs WHERE id = ? AND ${isHolder})`,
      params: [runId, runId, ...holderParams(end.holder)],
    },
    {
      sql: `UPDATE runs SET state = ?, exit_code = ?, end_reason = ?, ended_at = ? WHERE id = ? AND ${isHolder}`,
      params: [end.state, end.exitCode, end.reason ?? null, nowMs, runId, ...holderParams(end.holder)],
    },
  ];
}

/** Records that a run was cut short by the death of its process. Undefined when it lives, has ended, or was taken over meanwhile. */
export async function closeDeadRun(database: Database, runId: string, nowMs: number): Promise<LostCalls | undefined> {
  const run = await readRun(database, runId);
  if (run === undefined || run.state !== 'running' || isHeld(run, nowMs)) return undefined;
  const results = await database.write([
    settleLost(run.id, run.holder),
    {
      sql: `DELETE FROM claims WHERE run_id = ? AND EXISTS (SELECT 1 FROM runs WHERE id = ? AND state = 'running' AND ${isHolder})`,
      params: [run.id, run.id, ...holderParams(run.holder)],
    },
    {
      // When it died nobody knows; it was last heard of at its heartbeat.
      sql: `UPDATE runs SET state = 'interrupted', exit_code = 1, end_reason = 'its process ended', ended_at = heartbeat_at
            WHERE id = ? AND state = 'running' AND ${isHolder} RETURNING id`,
      params: [run.id, ...holderParams(run.holder)],
    },
  ]);
  return results[2]?.length === 1 ? countLost(results[0]) : undefined;
}

function settleLost(runId: string, holder: ProcessIdentity): Statement {
  return {
    sql: `UPDATE spending SET state = 'lost', spent_nano = reserved_nano WHERE run_id = ? AND state = 'reserved'
            AND EXISTS (SELECT 1 FROM runs WHERE id = ? AND state = 'running' AND ${isHolder}) RETURNING reserved_nano`,
    params: [runId, runId, ...holderParams(holder)],
  };
}

function countLost(rows: readonly Row[] | undefined): LostCalls {
  const nano = (rows ?? []).reduce((sum, row) => sum + Number(row['reserved_nano']), 0);
  return {calls: rows?.length ?? 0, usd: nano / 1e9};
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

export async function readExpectedRuns(database: Database): Promise<RunRecord[]> {
  const rows = await database.read(
    `SELECT runs.* FROM runs JOIN (SELECT claim, MAX(started_at) AS newest FROM runs GROUP BY claim) latest
       ON latest.claim = runs.claim AND latest.newest = runs.started_at
     WHERE runs.settings LIKE '%"expected":%' ORDER BY runs.id`,
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
    ...optional('resumedAt', row['resumed_at'], Number),
    ...optional('endedAt', row['ended_at'], Number),
    ...optional('deadlineAt', row['deadline_at'], Number),
    ...(Number(row['idle_ms']) === 0 ? {} : {idleMs: Number(row['idle_ms'])}),
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
  // A job with a status has ended; saying so lets the index find it.
  const state = only.state ?? (only.status === undefined ? undefined : 'ended');
  const conditions: [string, SqlValue][] = [['run_id = ?', runId]];
  if (state !== undefined) conditions.push(['state = ?', state]);
  if (only.status !== undefined) conditions.push(['status = ?', only.status]);
  const where = conditions.map(([condition]) => condition).join(' AND ');
  const params = conditions.map(([, value]) => value);
  const columns = 'spec, state, detail, started_at, ended_at, worker';
  const rows =
    only.newest === undefined
      ? await database.read(
          `SELECT ${columns} FROM jobs WHERE ${where} ORDER BY sequence${only.first === undefined ? '' : ' LIMIT ?'}`,
          [...params, ...(only.first === undefined ? [] : [only.first])],
        )
      : await database.read(
          // The ids come from the index alone, so that looking at a large run reads few of its specs.
          `SELECT ${columns} FROM jobs WHERE run_id = ? AND id IN (SELECT id FROM jobs WHERE ${where} ORDER BY ended_at DESC, id LIMIT ?)
           ORDER BY ended_at DESC, sequence DESC`,
          [runId, ...params, only.newest],
        );
  return rows.map(toJob);
}

export async function readJobsById(database: Database, runId: string, ids: readonly string[]): Promise<JobRecord[]> {
  const records: JobRecord[] = [];
  for (let at = 0; at < ids.length; at += 500) {
    const some = ids.slice(at, at + 500);
    const rows = await database.read(
      `SELECT spec, state, detail, started_at, ended_at, worker FROM jobs WHERE run_id = ? AND id IN (${some.map(() => '?').join(', ')}) ORDER BY ended_at, sequence`,
      [runId, ...some],
    );
    records.push(...rows.map(toJob));
  }
  return records;
}

export async function readJobsOfRepo(
  database: Database,
  repo: string,
  limit: number,
): Promise<(JobRecord & {runId: string})[]> {
  const rows = await database.read(
    `SELECT jobs.run_id, jobs.spec, jobs.state, jobs.detail, jobs.started_at, jobs.ended_at, jobs.worker FROM jobs JOIN runs ON runs.id = jobs.run_id
     WHERE jobs.repo = ? ORDER BY runs.started_at DESC, runs.id DESC, jobs.sequence LIMIT ?`,
    [repo, limit],
  );
  return rows.map(row => ({...toJob(row), runId: String(row['run_id'])}));
}

export function toJob(row: Row): JobRecord {
  return {
    job: JSON.parse(String(row['spec'])) as Job,
    state: String(row['state']) as JobState,
    ...optional('detail', row['detail'], text => JSON.parse(String(text)) as JobDetail),
    ...optional('startedAt', row['started_at'], Number),
    ...optional('endedAt', row['ended_at'], Number),
    ...optional('worker', row['worker'], String),
  };
}

export async function countJobs(database: Database, runId: string): Promise<ReadonlyMap<string, number>> {
  const rows = await database.read(
    // Changes are only looked for where one decides.
    `SELECT CASE WHEN jobs.status <> 'held' OR jobs.status IS NULL THEN COALESCE(jobs.status, jobs.state)
       WHEN changes.has_left = 1 THEN 'held-delivered' WHEN changes.decision = 'rejected' THEN 'held-rejected'
       WHEN changes.superseded_by IS NOT NULL THEN 'held-superseded' ELSE 'held' END AS name, COUNT(*) AS count
     FROM jobs LEFT JOIN changes ON jobs.status = 'held' AND changes.run_id = jobs.run_id AND changes.job_id = jobs.id
     WHERE jobs.run_id = ? GROUP BY 1`,
    [runId],
  );
  return new Map(rows.map(row => [String(row['name']), Number(row['count'])]));
}

/**
 * A repo is taken by the claim `repo:<key>`: for a run, or for one job of a run whose jobs are executed by several workers
 * (`<run>/<job>`). The claim of a dead run, or of a job that nobody works on, is taken over. The run that has the repo otherwise.
 */
export async function claimRepo(
  database: Database,
  claimant: string,
  repoKey: string,
  nowMs: number,
): Promise<string | undefined> {
  const name = `repo:${repoKey}`;
  const [claimed] = await database.read('SELECT run_id FROM claims WHERE name = ?', [name]);
  if (claimed === undefined || claimed['run_id'] === claimant) return undefined;
  const other = String(claimed['run_id']);
  const [runId = '', jobId] = other.split('/');
  const run = await readRun(database, runId);
  const isRunHeld = run !== undefined && isHeld(run, nowMs);
  if (isRunHeld && (jobId === undefined || (await isWorkedOn(database, runId, jobId, nowMs)))) return runId;
  await database.write([
    // Whoever had the job may wake up: it must not write into the repo any more.
    ...(isRunHeld && jobId !== undefined ? [evictJob(runId, jobId)] : []),
    {sql: 'DELETE FROM claims WHERE name = ? AND run_id = ?', params: [name, other]},
  ]);
  return undefined;
}

/** A worker that was not heard of for so long is not waited for. */
export const silentWorkerMs = 45_000;

async function isWorkedOn(database: Database, runId: string, jobId: string, nowMs: number): Promise<boolean> {
  const rows = await database.read(
    `SELECT jobs.id FROM jobs JOIN workers ON workers.id = jobs.worker
     WHERE jobs.run_id = ? AND jobs.id = ? AND jobs.state = 'running' AND workers.heartbeat_at >= ?`,
    [runId, jobId, nowMs - silentWorkerMs],
  );
  return rows.length > 0;
}

function evictJob(runId: string, jobId: string): Statement {
  return {
    sql: `UPDATE jobs SET fence = fence + 1, state = 'pending', worker = NULL WHERE run_id = ? AND id = ? AND state = 'running'`,
    params: [runId, jobId],
  };
}

export function takeRepo(claimant: string, repoKey: string): Statement {
  return {
    sql: `INSERT INTO claims (name, run_id) VALUES (?, ?)
          ON CONFLICT (name) DO UPDATE SET run_id = excluded.run_id WHERE claims.run_id = excluded.run_id RETURNING run_id`,
    params: [`repo:${repoKey}`, claimant],
  };
}

export function markRunning(
  runId: string,
  jobId: string,
  {claimant, repoKey}: {claimant: string; repoKey: string},
  nowMs: number,
): Statement {
  return {
    sql: `UPDATE jobs SET state = 'running', started_at = ?
          WHERE run_id = ? AND id = ? AND state <> 'running' AND EXISTS (SELECT 1 FROM claims WHERE name = ? AND run_id = ?)`,
    params: [nowMs, runId, jobId, `repo:${repoKey}`, claimant],
  };
}

export function markEnded(runId: string, jobId: string, detail: JobDetail, nowMs: number): Statement {
  return {
    sql: `UPDATE jobs SET state = 'ended', status = ?, detail = ?, started_at = COALESCE(started_at, ?), ended_at = ?
          WHERE run_id = ? AND id = ?`,
    params: [endStatus(detail.outcome), JSON.stringify(detail), nowMs, nowMs, runId, jobId],
  };
}

export function reopenJob(runId: string, jobId: string): Statement {
  return {
    sql: `UPDATE jobs SET state = 'pending', status = NULL, detail = NULL, started_at = NULL, ended_at = NULL,
            worker = NULL, fence = fence + 1, takes = 0
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
