import type {ModelReply} from '../domain/model.ts';
import type {Cost} from '../domain/usage.ts';
import {addToBatch} from './add-to-batch.ts';
import {checksum, quarantine} from './checksum.ts';
import type {Database, Row, Statement} from './database.ts';
import type {BudgetScope, CallReservation, NotedSpending, RecordedReply, ReserveResult} from './ledger.ts';
import {claimRepo, markRunning, takeRepo} from './run-queries.ts';

const nanoPerUsd = 1e9;

/** Rounded up, so that a sum of many is never below what was meant. */
export function toNano(usd: number): number {
  return Math.ceil(usd * nanoPerUsd - 1e-6);
}

export async function reserveCall(
  database: Database,
  reservation: CallReservation & {readonly claimant: string; readonly isRunning: boolean},
  id: string,
  nowMs: number,
): Promise<ReserveResult> {
  const {runId, claimant, isRunning, job, repoKey, limits} = reservation;
  const nano = toNano(reservation.worstCaseUsd);
  const scopes = sortScopes([...limits.map(limit => limit.scope), ...reservation.counted]);
  const fits = limits
    .map(() => 'AND (SELECT COALESCE(SUM(used_nano), 0) FROM budgets WHERE scope = ?) + ? <= ?')
    .join(' ');
  const [, ...results] = await database.write([
    lockScopes(scopes),
    takeRepo(claimant, repoKey),
    {
      sql: `INSERT INTO spending (id, run_id, job_id, task, model, state, reserved_nano, at)
            SELECT ?, ?, ?, ?, ?, 'reserved', ?, ? WHERE EXISTS (SELECT 1 FROM claims WHERE name = ? AND run_id = ?) ${fits} RETURNING id`,
      params: [
        id,
        runId,
        job.id,
        job.task,
        reservation.model,
        nano,
        nowMs,
        `repo:${repoKey}`,
        claimant,
        ...limits.flatMap(limit => [limit.scope, nano, limitNano(limit.limitUsd)]),
      ],
    },
    addToScopes(scopes, nano, id),
    ...(reservation.batch === undefined ? [] : addToBatch(reservation, reservation.batch, id, scopes)),
    ...(isRunning ? [] : [markRunning(runId, job.id, {claimant, repoKey}, nowMs)]),
  ]);
  if (results[0]?.length !== 1) {
    const busy = await claimRepo(database, claimant, repoKey, nowMs);
    return busy === undefined ? await reserveCall(database, reservation, id, nowMs) : {kind: 'busy', runId: busy};
  }
  if (results[1]?.length === 1) return {kind: 'reserved', id};
  const full = await fullScope(database, nano, limits);
  return full === undefined ? await reserveCall(database, reservation, id, nowMs) : {kind: 'budget', scope: full};
}

/** In one order wherever several are changed, so that no two writers wait for one another. */
export function sortScopes(scopes: readonly string[]): string[] {
  return [...new Set(scopes)].sort();
}

/** Keeps others from adding to these sums until the transaction ends, so that what is compared with a limit still holds when it is added to. */
function lockScopes(scopes: readonly string[]): Statement {
  return {
    sql: `INSERT INTO budgets (scope, used_nano) VALUES ${scopes.map(() => '(?, 0)').join(', ')}
          ON CONFLICT (scope) DO UPDATE SET used_nano = budgets.used_nano`,
    params: scopes,
  };
}

/** The first limit that has no room; none when a call was settled in the meantime. */
async function fullScope(
  database: Database,
  nano: number,
  limits: readonly BudgetScope[],
): Promise<string | undefined> {
  for (const {scope, limitUsd} of limits) {
    const [row] = await database.read('SELECT used_nano FROM budgets WHERE scope = ?', [scope]);
    if (Number(row?.['used_nano'] ?? 0) + nano > limitNano(limitUsd)) return scope;
  }
  return undefined;
}

function limitNano(usd: number): number {
  return Math.floor(usd * nanoPerUsd + 1e-6);
}

/** Their rows are there since they were locked. */
function addToScopes(scopes: readonly string[], nano: number, spendingId: string): Statement {
  return {
    sql: `UPDATE budgets SET used_nano = used_nano + ? WHERE scope IN (${scopes.map(() => '?').join(', ')})
          AND EXISTS (SELECT 1 FROM spending WHERE id = ?)`,
    params: [nano, ...scopes, spendingId],
  };
}

/** In the order of the scopes; their rows are there since they were locked. */
function moveScopes(
  scopes: readonly string[],
  spendingId: string,
  spentNano: number | null,
  from: 'reserved' | 'batched',
): Statement {
  return {
    sql: `INSERT INTO budgets (scope, used_nano) VALUES ${scopes.map(() => '(?, 0)').join(', ')}
          ON CONFLICT (scope) DO UPDATE SET used_nano = budgets.used_nano + COALESCE(
            (SELECT COALESCE(?, reserved_nano) - reserved_nano FROM spending WHERE id = ? AND state = ?), 0)`,
    params: [...scopes, spentNano, spendingId, from],
  };
}

/** Replaces what was reserved by what was spent, once; a call that was settled already stays as it is. */
export function settleCall(
  id: string,
  scopes: readonly string[],
  state: 'settled' | 'released' | 'lost',
  spentNano: number | null,
  from: 'reserved' | 'batched' = 'reserved',
): Statement[] {
  return [
    ...(scopes.length === 0 ? [] : [moveScopes(scopes, id, spentNano, from)]),
    {
      sql: `UPDATE spending SET state = ?, spent_nano = COALESCE(?, reserved_nano) WHERE id = ? AND state = ?`,
      params: [state, spentNano, id, from],
    },
  ];
}

/** A call of which nothing was known before it was paid. */
export function noteSpending({runId, job, model, usd, counted}: NotedSpending, id: string, nowMs: number): Statement[] {
  const nano = toNano(usd);
  const scopes = sortScopes(counted);
  return [
    lockScopes(scopes),
    {
      sql: `INSERT INTO spending (id, run_id, job_id, task, model, state, reserved_nano, spent_nano, at) VALUES (?, ?, ?, ?, ?, 'settled', ?, ?, ?)`,
      params: [id, runId, job.id, job.task, model, nano, nano, nowMs],
    },
    addToScopes(scopes, nano, id),
  ];
}

/** Not in flight: what is reserved may not be spent. */
const isSpent = `state NOT IN ('reserved', 'batched')`;

export async function readCostOfJobs(
  database: Database,
  runId: string,
  jobId: string | undefined,
): Promise<ReadonlyMap<string, number>> {
  const rows = await database.read(
    `SELECT job_id, SUM(COALESCE(spent_nano, reserved_nano)) AS nano FROM spending
     WHERE run_id = ? AND ${isSpent} ${jobId === undefined ? '' : 'AND job_id = ?'} GROUP BY job_id`,
    [runId, ...(jobId === undefined ? [] : [jobId])],
  );
  return new Map(rows.map(row => [String(row['job_id']), Number(row['nano']) / nanoPerUsd]));
}

/** US dollars of whole jobs, newest first. */
export async function readPastAgentCosts(
  database: Database,
  skill: string,
  model: string,
  limit: number,
): Promise<number[]> {
  const rows = await database.read(
    // The mode stands in the job as it was planned, as JSON.
    `SELECT SUM(spending.spent_nano) AS nano FROM spending JOIN jobs ON jobs.run_id = spending.run_id AND jobs.id = spending.job_id
     WHERE jobs.skill = ? AND spending.model = ? AND spending.state = 'settled' AND jobs.status IN ('changed', 'unchanged')
       AND jobs.spec LIKE '%"mode":"agent"%'
     GROUP BY spending.run_id, spending.job_id ORDER BY MAX(spending.at) DESC LIMIT ?`,
    [skill, model, limit],
  );
  return rows.map(row => Number(row['nano']) / nanoPerUsd);
}

export async function readCostOfRun(
  database: Database,
  runId: string,
): Promise<{spentUsd: number; reservedUsd: number}> {
  const rows = await database.read(
    `SELECT state, SUM(COALESCE(spent_nano, reserved_nano)) AS nano FROM spending WHERE run_id = ? GROUP BY state`,
    [runId],
  );
  const sum = (isReserved: boolean): number =>
    rows
      .filter(row => (row['state'] === 'reserved' || row['state'] === 'batched') === isReserved)
      .reduce((total, row) => total + Number(row['nano']), 0) / nanoPerUsd;
  return {spentUsd: sum(false), reservedUsd: sum(true)};
}

export function insertReply(
  record: {digest: string; runId: string; jobId: string; model: string; reply: ModelReply; cost: Cost},
  nowMs: number,
): Statement {
  const text = JSON.stringify({reply: record.reply, cost: record.cost});
  return {
    sql: `INSERT INTO replies (digest, run_id, job_id, model, reply, cost_nano, usable, checksum, recorded_at) VALUES (?, ?, ?, ?, ?, ?, 1, ?, ?)
          ON CONFLICT (digest) DO UPDATE SET run_id = excluded.run_id, job_id = excluded.job_id, model = excluded.model, reply = excluded.reply,
            cost_nano = excluded.cost_nano, usable = 1, checksum = excluded.checksum, recorded_at = excluded.recorded_at`,
    params: [
      record.digest,
      record.runId,
      record.jobId,
      record.model,
      text,
      record.cost.usd === null ? null : toNano(record.cost.usd),
      checksum(text),
      nowMs,
    ],
  };
}

export async function readReply(database: Database, digest: string, nowMs: number): Promise<RecordedReply | undefined> {
  const [row] = await database.read(
    'SELECT digest, run_id, model, reply, checksum FROM replies WHERE digest = ? AND usable = 1',
    [digest],
  );
  return row === undefined ? undefined : await toReply(database, row, nowMs);
}

export async function readReplyOfJob(
  database: Database,
  runId: string,
  jobId: string,
  nowMs: number,
): Promise<(RecordedReply & {digest: string; usable: boolean}) | undefined> {
  const [row] = await database.read(
    `SELECT digest, run_id, model, reply, checksum, usable FROM replies WHERE job_id = ?
     ORDER BY CASE WHEN run_id = ? THEN 0 ELSE 1 END, recorded_at DESC LIMIT 1`,
    [jobId, runId],
  );
  const reply = row === undefined ? undefined : await toReply(database, row, nowMs);
  return reply === undefined
    ? undefined
    : {...reply, digest: String(row?.['digest']), usable: Number(row?.['usable']) === 1};
}

async function toReply(database: Database, row: Row, nowMs: number): Promise<RecordedReply | undefined> {
  const text = String(row['reply']);
  const digest = String(row['digest']);
  if (row['checksum'] !== checksum(text)) {
    await database.write([
      quarantine('reply', digest, text, nowMs),
      {sql: 'DELETE FROM replies WHERE digest = ?', params: [digest]},
    ]);
    return undefined;
  }
  const {reply, cost} = JSON.parse(text) as {reply: ModelReply; cost: Cost};
  return {reply, cost, model: String(row['model']), runId: String(row['run_id'])};
}
