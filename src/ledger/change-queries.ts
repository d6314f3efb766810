import type {
  Change,
  ChangeCounts,
  ChangeRecord,
  ChangeState,
  ChangeSummary,
  Decision,
  FileEdit,
} from '../domain/change.ts';
import type {DeliveryKind, Job} from '../domain/job.ts';
import type {Delivered} from '../domain/outcome.ts';
import {checksum, quarantine} from './checksum.ts';
import type {Database, Row, SqlValue, Statement} from './database.ts';
import type {ChangeFilter, JobEnd} from './ledger.ts';

/** What belongs into the transaction that ends a job. */
export function recordChange(
  runId: string,
  job: Job,
  {change: ended, detail: {outcome}}: JobEnd,
  nowMs: number,
): Statement[] {
  const forget = {sql: 'DELETE FROM changes WHERE run_id = ? AND job_id = ? AND has_left = 0', params: [runId, job.id]};
  if (ended === undefined) return outcome.status === 'unchanged' ? [forget, supersedePending(runId, job.id)] : [forget];
  const {repoKey, change, findings, verified, deliver, delivered} = ended;
  const {edits, patch, patchId, ...shown} = change;
  const detail = JSON.stringify({...shown, findings, verified});
  const editsText = JSON.stringify(edits.map(packEdit));
  return [
    {
      sql: `INSERT INTO changes (run_id, job_id, repo_key, repo, skill, patch_id, detail, detail_checksum, patch, edits, content_checksum,
              deliver, delivered, has_left, decision, recorded_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending', ?)
            ON CONFLICT (run_id, job_id) DO UPDATE SET repo_key = excluded.repo_key, patch_id = excluded.patch_id, detail = excluded.detail,
              detail_checksum = excluded.detail_checksum, patch = excluded.patch, edits = excluded.edits,
              content_checksum = excluded.content_checksum, deliver = excluded.deliver, delivered = excluded.delivered,
              has_left = excluded.has_left, decision = 'pending', reason = NULL, decided_at = NULL, superseded_by = NULL,
              recorded_at = excluded.recorded_at`,
      params: [
        runId,
        job.id,
        repoKey,
        job.repo,
        job.skill,
        patchId,
        detail,
        checksum(detail),
        patch,
        editsText,
        checksum(patch + editsText),
        deliver,
        delivered === undefined ? null : JSON.stringify(delivered),
        hasLeft(delivered),
        nowMs,
      ],
    },
    {
      // The very change that a person has accepted, made once more.
      sql: `UPDATE changes SET decision = 'accepted', decided_at = (
              SELECT MAX(earlier.decided_at) FROM changes AS earlier WHERE earlier.job_id = ? AND earlier.repo_key = ? AND earlier.patch_id = ?
                AND earlier.run_id <> ? AND earlier.decision = 'accepted' AND earlier.has_left = 0)
            WHERE run_id = ? AND job_id = ? AND has_left = 0 AND EXISTS (
              SELECT 1 FROM changes AS earlier WHERE earlier.job_id = ? AND earlier.repo_key = ? AND earlier.patch_id = ?
                AND earlier.run_id <> ? AND earlier.decision = 'accepted' AND earlier.has_left = 0)`,
      params: [job.id, repoKey, patchId, runId, runId, job.id, job.id, repoKey, patchId, runId],
    },
    {
      sql: `UPDATE changes SET superseded_by = ? WHERE job_id = ? AND repo_key = ? AND run_id <> ? AND has_left = 0
              AND (decision = 'pending' OR (decision = 'accepted' AND patch_id = ?))`,
      params: [runId, job.id, repoKey, runId, patchId],
    },
  ];
}

/** The job had another look, and found that there is nothing to change any more. */
function supersedePending(runId: string, jobId: string): Statement {
  return {
    sql: `UPDATE changes SET superseded_by = ? WHERE job_id = ? AND run_id <> ? AND has_left = 0 AND decision = 'pending'`,
    params: [runId, jobId, runId],
  };
}

/** A patch stays on this machine; `changeStateOf` says the same. */
export function hasLeft(delivered: Delivered | undefined): 0 | 1 {
  return delivered === undefined || delivered.kind === 'patch' ? 0 : 1;
}

interface PackedEdit extends Omit<FileEdit, 'after'> {
  readonly after?: {readonly kind: NonNullable<FileEdit['after']>['kind']; readonly base64: string};
}

function packEdit({after, ...edit}: FileEdit): PackedEdit {
  return after === undefined ? edit : {...edit, after: {kind: after.kind, base64: after.bytes.toString('base64')}};
}

function unpackEdit({after, ...edit}: PackedEdit): FileEdit {
  return after === undefined ? edit : {...edit, after: {kind: after.kind, bytes: Buffer.from(after.base64, 'base64')}};
}

export async function readChange(
  database: Database,
  runId: string,
  jobId: string,
  nowMs: number,
): Promise<ChangeRecord | undefined> {
  const [row] = await database.read('SELECT * FROM changes WHERE run_id = ? AND job_id = ?', [runId, jobId]);
  const summary = row === undefined ? undefined : await toSummary(database, row, nowMs);
  if (row === undefined || summary === undefined) return undefined;
  const patch = String(row['patch']);
  const edits = String(row['edits']);
  if (row['content_checksum'] !== checksum(patch + edits)) {
    await quarantineChange(database, row, patch + edits, nowMs);
    return undefined;
  }
  const change: Change = {...summary.change, patch, edits: (JSON.parse(edits) as PackedEdit[]).map(unpackEdit)};
  return {...summary, change};
}

const summaryColumns = `run_id, job_id, repo_key, repo, skill, patch_id, detail, detail_checksum, deliver, delivered, decision, reason,
  decided_at, superseded_by, recorded_at`;

/** The same cases as `changeStateOf`. */
const stateExpression = `CASE WHEN has_left = 1 THEN 'delivered' WHEN decision = 'rejected' THEN 'rejected'
  WHEN superseded_by IS NOT NULL THEN 'superseded' WHEN decision = 'accepted' THEN 'to-deliver' ELSE 'to-review' END`;

/** What `stateExpression` implies and an index can find. */
const stateConditions: Record<ChangeState, string> = {
  'to-review': `decision = 'pending' AND has_left = 0 AND superseded_by IS NULL`,
  'to-deliver': `decision = 'accepted' AND has_left = 0 AND superseded_by IS NULL`,
  rejected: `decision = 'rejected' AND has_left = 0`,
  delivered: 'has_left = 1',
  superseded: `decision <> 'rejected' AND has_left = 0 AND superseded_by IS NOT NULL`,
};

export async function readChanges(database: Database, filter: ChangeFilter, nowMs: number): Promise<ChangeSummary[]> {
  const conditions: [string, SqlValue[]][] = [['1 = 1', []]];
  if (filter.runId !== undefined) conditions.push(['run_id = ?', [filter.runId]]);
  if (filter.repoKey !== undefined) conditions.push(['repo_key = ?', [filter.repoKey]]);
  if (filter.jobId !== undefined) conditions.push(['job_id = ?', [filter.jobId]]);
  if (filter.patchId !== undefined) conditions.push(['patch_id = ?', [filter.patchId]]);
  if (filter.state !== undefined) conditions.push([stateConditions[filter.state], []]);
  const rows = await database.read(
    `SELECT ${summaryColumns} FROM changes WHERE ${conditions.map(([condition]) => condition).join(' AND ')}
     ORDER BY recorded_at, run_id, job_id LIMIT ? OFFSET ?`,
    [...conditions.flatMap(([, values]) => values), filter.limit ?? 1_000_000_000, filter.offset ?? 0],
  );
  const found: ChangeSummary[] = [];
  for (const row of rows) {
    const summary = await toSummary(database, row, nowMs);
    if (summary !== undefined) found.push(summary);
  }
  return found;
}

export async function countChanges(database: Database, runId: string | undefined): Promise<ChangeCounts> {
  const rows = await database.read(
    `SELECT ${stateExpression} AS name, COUNT(*) AS count, SUM(CASE WHEN decision = 'accepted' THEN 1 ELSE 0 END) AS accepted
     FROM changes ${runId === undefined ? '' : 'WHERE run_id = ?'} GROUP BY ${stateExpression}`,
    runId === undefined ? [] : [runId],
  );
  const counts = new Map<ChangeState | 'reviewed', number>();
  for (const row of rows) {
    counts.set(String(row['name']) as ChangeState, Number(row['count']));
    const accepted = Number(row['accepted']);
    if (row['name'] === 'delivered' && accepted > 0) counts.set('reviewed', accepted);
  }
  return counts;
}

async function toSummary(database: Database, row: Row, nowMs: number): Promise<ChangeSummary | undefined> {
  const text = String(row['detail']);
  if (row['detail_checksum'] !== checksum(text)) {
    await quarantineChange(database, row, text, nowMs);
    return undefined;
  }
  const {findings, verified, ...shown} = JSON.parse(text) as Omit<Change, 'edits' | 'patch' | 'patchId'> &
    Pick<ChangeRecord, 'findings' | 'verified'>;
  return {
    runId: String(row['run_id']),
    jobId: String(row['job_id']),
    repoKey: String(row['repo_key']),
    repo: String(row['repo']),
    skill: String(row['skill']),
    change: {...shown, patchId: String(row['patch_id'])},
    findings,
    verified,
    deliver: String(row['deliver']) as DeliveryKind,
    ...(row['delivered'] == null ? {} : {delivered: JSON.parse(String(row['delivered'])) as Delivered}),
    decision: toDecision(row),
    recordedAt: Number(row['recorded_at']),
    ...(row['superseded_by'] == null ? {} : {supersededBy: String(row['superseded_by'])}),
  };
}

export type Rejected = Extract<Decision, {kind: 'rejected'}>;

function toDecision(row: Row): Decision {
  const at = Number(row['decided_at']);
  if (row['decision'] === 'accepted') return {kind: 'accepted', at};
  if (row['decision'] !== 'rejected') return {kind: 'pending'};
  return {kind: 'rejected', at, ...(JSON.parse(String(row['reason'])) as Pick<Rejected, 'why' | 'text'>)};
}

async function quarantineChange(database: Database, row: Row, content: string, nowMs: number): Promise<void> {
  const [runId, jobId] = [String(row['run_id']), String(row['job_id'])];
  await database.write([
    quarantine('change', `${runId} ${jobId}`, content, nowMs),
    {sql: 'DELETE FROM changes WHERE run_id = ? AND job_id = ?', params: [runId, jobId]},
  ]);
}
