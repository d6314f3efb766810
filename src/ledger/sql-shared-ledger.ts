import type {Job} from '../domain/job.ts';
import {noControl} from '../domain/run.ts';
import type {SkillContent} from '../domain/skill.ts';
import type {Clock} from '../util/clock.ts';
import {type Database, GuardFailed, type Row, type Statement} from './database.ts';
import {idleUntil, reopenJob, startRun} from './run-queries.ts';
import {type Lease, LeaseLost, type SharedLedger} from './shared-ledger.ts';
import {readCostOfJobs} from './spending-queries.ts';
import {createLedger} from './sql-ledger.ts';
import {endWaitingJobs, noteCost} from './waiting-queries.ts';
import {beatWorker} from './worker-queries.ts';

export function createSharedLedger(database: Database, clock: Pick<Clock, 'now'>): SharedLedger {
  return {
    ...createLedger(database, clock),
    startSharedRun: (run, jobs, skills, enqueue) =>
      startRun(database, run, jobs, clock.now(), [...skills.map(insertSkill), ...enqueue]),
    async reopenSharedRun(runId, ids, enqueue, {control = noControl, deadlineAt} = {}) {
      try {
        await database.write([
          {
            sql: `INSERT INTO claims (name, run_id) SELECT claim, id FROM runs WHERE id = ?
                  ON CONFLICT (name) DO UPDATE SET run_id = excluded.run_id WHERE NOT EXISTS (
                    SELECT 1 FROM runs other WHERE other.id = claims.run_id AND other.id <> excluded.run_id AND other.state = 'running')
                  RETURNING run_id`,
            params: [runId],
            guard: true,
          },
          {
            sql: `UPDATE runs SET ${idleUntil}, state = 'running', ended_at = NULL, exit_code = NULL, end_reason = NULL, control = ?, resumed_at = ?, deadline_at = ?
                  WHERE id = ? AND state <> 'running' RETURNING id`,
            params: [...Array(2).fill(clock.now()), JSON.stringify(control), clock.now(), deadlineAt ?? null, runId],
            guard: true,
          },
          ...ids.map(id => reopenJob(runId, id)),
          ...enqueue,
        ]);
        return true;
      } catch (error) {
        if (error instanceof GuardFailed) return false;
        throw error;
      }
    },
    async saveSkills(skills) {
      await database.write(skills.map(insertSkill));
    },
    async skill(digest) {
      const [row] = await database.read('SELECT digest, name, source, files FROM skills WHERE digest = ?', [digest]);
      return row === undefined ? undefined : toSkill(row);
    },

    async takeJob(runId, jobId, worker) {
      const [taken] = await database.write([
        {
          sql: `UPDATE jobs SET state = 'running', fence = fence + 1, takes = takes + 1, worker = ?, started_at = ?
                WHERE run_id = ? AND id = ? AND state <> 'ended' AND EXISTS (SELECT 1 FROM runs WHERE id = ? AND state = 'running')
                RETURNING fence, takes, spec,
                  (SELECT COALESCE(resumed_at, runs.started_at) FROM runs WHERE runs.id = jobs.run_id) AS begun_at`,
          params: [worker, clock.now(), runId, jobId, runId],
        },
        // Nobody knows whether the calls of whoever had it were billed.
        {
          sql: `UPDATE spending SET state = 'lost', spent_nano = reserved_nano WHERE run_id = ? AND job_id = ? AND state = 'reserved'`,
          params: [runId, jobId],
        },
      ]);
      const row = taken?.[0];
      if (row === undefined) return undefined;
      return {
        lease: {runId, jobId, fence: Number(row['fence'])},
        job: JSON.parse(String(row['spec'])) as Job,
        takes: Number(row['takes']),
        runBegunAt: Number(row['begun_at']),
      };
    },
    async giveBack(lease) {
      await writeHeld(database, lease, [
        {
          sql: `UPDATE jobs SET state = 'pending', fence = fence + 1, takes = takes - 1, worker = NULL, started_at = NULL WHERE run_id = ? AND id = ?`,
          params: [lease.runId, lease.jobId],
        },
        {sql: 'DELETE FROM claims WHERE run_id = ?', params: [claimantOf(lease)]},
      ]);
    },
    heldBy: lease =>
      createLedger(
        {
          read: (sql, params) => database.read(sql, params),
          write: statements => writeHeld(database, lease, statements),
          close: async () => {},
        },
        clock,
        {claimant: claimantOf(lease)},
      ),
    async assertHeld(lease) {
      await writeHeld(database, lease, []);
    },

    async hasOpenJobs(runId) {
      const rows = await database.read(
        `SELECT id FROM jobs WHERE run_id = ? AND state IN ('pending', 'running') LIMIT 1`,
        [runId],
      );
      return rows.length > 0;
    },
    async endWaitingJobs(runId, why) {
      const [ended = []] = await database.write(endWaitingJobs(runId, why, clock.now()));
      // What workers that died had in flight may have been billed.
      const costs = ended.length === 0 ? new Map<string, number>() : await readCostOfJobs(database, runId, undefined);
      const paid = ended.map(row => String(row['id'])).filter(id => (costs.get(id) ?? 0) > 0);
      if (paid.length > 0) await database.write(paid.map(id => noteCost(runId, id, why.reason, costs.get(id)!)));
      return ended.length;
    },
    async endSharedRun(runId, end) {
      const [ended] = await database.write([
        {
          sql: `UPDATE runs SET state = ?, exit_code = ?, end_reason = ?, ended_at = ? WHERE id = ? AND state = 'running'
                AND NOT EXISTS (SELECT 1 FROM jobs WHERE run_id = ? AND state IN ('pending', 'running')) RETURNING id`,
          params: [end.state, end.exitCode, end.reason ?? null, clock.now(), runId, runId],
        },
        {
          sql: `DELETE FROM claims WHERE (run_id = ? OR run_id LIKE ?) AND EXISTS (SELECT 1 FROM runs WHERE id = ? AND state <> 'running')`,
          params: [runId, `${runId}/%`, runId],
        },
      ]);
      return ended?.length === 1;
    },
    async endedSince(runId, since) {
      const rows = await database.read('SELECT id FROM jobs WHERE run_id = ? AND ended_at >= ?', [runId, since]);
      return rows.map(row => String(row['id']));
    },

    async beatWorker(worker) {
      await database.write([beatWorker(worker)]);
    },
    async removeWorker(id) {
      await database.write([{sql: 'DELETE FROM workers WHERE id = ?', params: [id]}]);
    },
  };
}

/** Who a repo is taken for: a job of a run, since workers know nothing of one another's jobs. */
function claimantOf({runId, jobId}: Lease): string {
  return `${runId}/${jobId}`;
}

async function writeHeld(database: Database, lease: Lease, statements: readonly Statement[]): Promise<Row[][]> {
  const held: Statement = {
    // Changes nothing; it holds the row, so that nobody takes the job before this is committed.
    sql: `UPDATE jobs SET fence = fence WHERE run_id = ? AND id = ? AND fence = ? AND state = 'running' RETURNING id`,
    params: [lease.runId, lease.jobId, lease.fence],
    guard: true,
  };
  try {
    return (await database.write([held, ...statements])).slice(1);
  } catch (error) {
    throw error instanceof GuardFailed ? new LeaseLost(lease) : error;
  }
}

function insertSkill(skill: SkillContent): Statement {
  return {
    sql: 'INSERT INTO skills (digest, name, source, files) VALUES (?, ?, ?, ?) ON CONFLICT (digest) DO NOTHING',
    params: [skill.digest, skill.name, skill.source, JSON.stringify(skill.files)],
  };
}

function toSkill(row: Row): SkillContent {
  return {
    digest: String(row['digest']),
    name: String(row['name']),
    source: row['source'] === 'shipped' ? 'shipped' : 'operator',
    files: JSON.parse(String(row['files'])) as Record<string, string>,
  };
}
