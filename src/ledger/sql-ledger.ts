import {randomUUID} from 'node:crypto';
import {noControl, type RunControl} from '../domain/run.ts';
import type {Clock} from '../util/clock.ts';
import {createBatchLedger} from './batch-queries.ts';
import {admitCall, endAdmittedCall, pauseProvider} from './call-admission.ts';
import * as decisions from './change-decisions.ts';
import * as changes from './change-queries.ts';
import {collectRuns} from './collect-runs.ts';
import type {Database, Statement} from './database.ts';
import {confirmEffect, releaseEffect, reserveEffect} from './effect-queries.ts';
import type {Ledger} from './ledger.ts';
import {readCallMinutes, readCosts, readLastJobs} from './looking-queries.ts';
import {confirmDelivery, insertDelivery, insertMemory, readDeliveries, readMemories} from './memory-queries.ts';
import * as runs from './run-queries.ts';
import * as spending from './spending-queries.ts';
import {readTrends} from './trend-queries.ts';
import {readTurns, recordTurn} from './turn-queries.ts';
import {readWaitingJobs} from './waiting-queries.ts';
import {readWorkers} from './worker-queries.ts';

/** The ledger over any database that speaks the shared dialect. */
export function createLedger(
  database: Database,
  clock: Pick<Clock, 'now'>,
  options: {
    /** For whom repos are taken, where each job is taken before it is begun; default: the run. */
    readonly claimant?: string;
  } = {},
): Ledger {
  const claimantOf = (runId: string): string => options.claimant ?? runId;
  const isRunning = options.claimant !== undefined;
  // Scopes of the calls that this process has reserved; a dead process's reservations stay counted as they are.
  const scopesOfCall = new Map<string, readonly string[]>();
  const settle = async (
    id: string,
    state: 'settled' | 'released' | 'lost',
    nano: number | null,
    more: Statement[] = [],
  ): Promise<void> => {
    const scopes = scopesOfCall.get(id) ?? [];
    await database.write([...more, ...spending.settleCall(id, scopes, state, nano)]);
    scopesOfCall.delete(id);
  };
  const readControl = async (runId: string): Promise<RunControl> =>
    (await runs.readRun(database, runId))?.control ?? noControl;

  return {
    startRun: (run, jobs) => runs.startRun(database, run, jobs, clock.now()),
    takeOverRun: (runId, holder) => runs.takeOverRun(database, runId, holder, clock.now()),
    closeDeadRun: runId => runs.closeDeadRun(database, runId, clock.now()),
    async beat(runId, holder) {
      await database.write([runs.beat(runId, holder, clock.now())]);
      return await runs.readRun(database, runId);
    },
    async control(runId, change) {
      const control = {...(await readControl(runId)), ...change};
      await database.write([
        {sql: 'UPDATE runs SET control = ? WHERE id = ?', params: [JSON.stringify(control), runId]},
      ]);
    },
    async endRun(runId, end) {
      await database.write(runs.endRun(runId, end, clock.now()));
    },
    async moveResults(runId, resultsFile) {
      await database.write([{sql: 'UPDATE runs SET results_file = ? WHERE id = ?', params: [resultsFile, runId]}]);
    },
    run: id => runs.readRun(database, id),
    runs: (options = {}) => runs.readRuns(database, options),
    expectedRuns: () => runs.readExpectedRuns(database),
    isHeld: run => runs.isHeld(run, clock.now()),

    jobs: (runId, only = {}) => runs.readJobs(database, runId, only),
    jobsById: (runId, ids) => runs.readJobsById(database, runId, ids),
    jobsOfRepo: (repo, limit) => runs.readJobsOfRepo(database, repo, limit),
    async repoNames() {
      const rows = await database.read('SELECT DISTINCT repo FROM jobs ORDER BY repo');
      return rows.map(row => String(row['repo']));
    },
    workers: () => readWorkers(database, clock.now()),
    waitingJobs: runId => readWaitingJobs(database, runId),
    countJobs: runId => runs.countJobs(database, runId),
    lastJobs: () => readLastJobs(database),
    async startJob(runId, job, repoKey) {
      const claimant = claimantOf(runId);
      const busyWith = await runs.claimRepo(database, claimant, repoKey, clock.now());
      if (busyWith !== undefined) return {busyWith};
      const [taken] = await database.write([
        runs.takeRepo(claimant, repoKey),
        ...(isRunning ? [] : [runs.markRunning(runId, job.id, {claimant, repoKey}, clock.now())]),
      ]);
      return taken?.length === 1 ? {} : {busyWith: ''};
    },
    async releaseRepo(runId, repoKey) {
      await database.write([releaseRepo(claimantOf(runId), repoKey)]);
    },
    async finishJob(runId, job, end) {
      const {memory} = end;
      await database.write([
        runs.markEnded(runId, job.id, end.detail, clock.now()),
        ...Object.entries(end.confirm?.blobs ?? {}).map(([path, blob]) =>
          confirmDelivery(end.confirm!.repoKey, path, blob),
        ),
        ...(memory === undefined ? [] : [insertMemory(memory.repoKey, job.skill, memory.output, memory.memory)]),
        ...changes.recordChange(runId, job, end, clock.now()),
        ...(end.releaseRepo === undefined ? [] : [releaseRepo(claimantOf(runId), end.releaseRepo)]),
      ]);
    },
    async reopenJobs(runId, ids) {
      await database.write(ids.map(id => runs.reopenJob(runId, id)));
    },

    async reserveCall(reservation) {
      const id = randomUUID();
      const result = await spending.reserveCall(
        database,
        {...reservation, claimant: claimantOf(reservation.runId), isRunning},
        id,
        clock.now(),
      );
      if (result.kind === 'reserved' && reservation.batch === undefined) {
        scopesOfCall.set(
          id,
          spending.sortScopes([...reservation.limits.map(limit => limit.scope), ...reservation.counted]),
        );
      }
      return result;
    },
    batches: createBatchLedger(database, clock),
    releaseCall: id => settle(id, 'released', 0),
    loseCall: id => settle(id, 'lost', null),
    recordReply: (id, record) =>
      settle(id, 'settled', record.cost.usd === null ? null : spending.toNano(record.cost.usd), [
        spending.insertReply(record, clock.now()),
      ]),
    reply: digest => spending.readReply(database, digest, clock.now()),
    replyOfJob: (runId, jobId) => spending.readReplyOfJob(database, runId, jobId, clock.now()),
    async rejectReply(digest) {
      await database.write([{sql: 'UPDATE replies SET usable = 0 WHERE digest = ?', params: [digest]}]);
    },
    async recordTurn(runId, jobId, turn) {
      await database.write(recordTurn(runId, jobId, turn, clock.now()));
    },
    turns: (runId, jobId) => readTurns(database, runId, jobId, clock.now()),
    async callsInFlight(exceptRunId) {
      const rows = await database.read(
        `SELECT run_id, COUNT(*) AS count FROM spending WHERE state = 'reserved' AND run_id <> ? GROUP BY run_id`,
        [exceptRunId],
      );
      let count = 0;
      for (const row of rows) {
        const run = await runs.readRun(database, String(row['run_id']));
        if (run !== undefined && runs.isHeld(run, clock.now())) count += Number(row['count']);
      }
      return count;
    },
    admitCall: call => admitCall(database, call, clock.now()),
    endAdmittedCall: id => endAdmittedCall(database, id, clock.now()),
    pauseProvider: (provider, untilMs) => pauseProvider(database, provider, untilMs),
    async usedUsd(scope) {
      const [row] = await database.read('SELECT used_nano FROM budgets WHERE scope = ?', [scope]);
      return Number(row?.['used_nano'] ?? 0) / 1e9;
    },
    costOfRun: runId => spending.readCostOfRun(database, runId),
    costOfJobs: (runId, jobId) => spending.readCostOfJobs(database, runId, jobId),
    async noteSpending(noted) {
      await database.write(spending.noteSpending(noted, randomUUID(), clock.now()));
    },
    callMinutes: runId => readCallMinutes(database, runId),
    costs: (by, since) => readCosts(database, by, since),
    trends: since => readTrends(database, since),

    async memory(repoKey, skill, output) {
      const [memory] = await readMemories(database, repoKey, clock.now(), {skill, output});
      return memory;
    },
    memories: repoKey => readMemories(database, repoKey, clock.now()),
    deliveries: (repoKey, paths) => readDeliveries(database, repoKey, paths),
    reserveEffect: effect => reserveEffect(database, effect, clock.now()),
    async confirmEffect(name) {
      await database.write([confirmEffect(name)]);
    },
    async releaseEffect(name) {
      await database.write([releaseEffect(name)]);
    },
    async intendDelivery(runId, jobId, repoKey, files) {
      await database.write(files.map(file => insertDelivery(runId, jobId, repoKey, file, clock.now())));
    },
    change: (runId, jobId) => changes.readChange(database, runId, jobId, clock.now()),
    changes: (filter = {}) => changes.readChanges(database, filter, clock.now()),
    countChanges: runId => changes.countChanges(database, runId),
    countStandings: runId => changes.countStandings(database, runId),
    decide: (runId, jobIds, decision) => decisions.decide(database, runId, jobIds, decision, clock.now()),
    isAccepted: (repoKey, patchId) => decisions.isAccepted(database, repoKey, patchId),
    rejection: (repoKey, patchId) => decisions.readRejection(database, repoKey, patchId),
    async confirmDelivered(runId, jobId, delivered, confirm) {
      await database.write([
        decisions.markDelivered(runId, jobId, delivered),
        ...Object.entries(confirm?.blobs ?? {}).map(([path, blob]) => confirmDelivery(confirm!.repoKey, path, blob)),
      ]);
    },
    async pastCosts(skill, model, limit) {
      const rows = await database.read(
        `SELECT replies.cost_nano * CASE WHEN ${answeredInBatch} THEN 2 ELSE 1 END AS nano FROM replies JOIN jobs ON jobs.run_id = replies.run_id AND jobs.id = replies.job_id
         WHERE jobs.skill = ? AND replies.model = ? AND replies.cost_nano IS NOT NULL ORDER BY replies.recorded_at DESC LIMIT ?`,
        [skill, model, limit],
      );
      return rows.map(row => Number(row['nano']) / 1e9);
    },
    pastAgentCosts: (skill, model, limit) => spending.readPastAgentCosts(database, skill, model, limit),
    async quarantined() {
      const [row] = await database.read('SELECT COUNT(*) AS count FROM quarantine');
      return Number(row?.['count'] ?? 0);
    },
    collect: before => collectRuns(database, before, clock.now()),
    close: () => database.close(),
  };
}

const answeredInBatch =
  "EXISTS (SELECT 1 FROM batch_requests WHERE batch_requests.digest = replies.digest AND batch_requests.state = 'answered')";

function releaseRepo(claimant: string, repoKey: string): Statement {
  return {sql: 'DELETE FROM claims WHERE name = ? AND run_id = ?', params: [`repo:${repoKey}`, claimant]};
}
