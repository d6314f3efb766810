import {runTime} from '../domain/run.ts';
import {groupKinds} from '../report/group-rows.ts';
import type {RunCounts, RunView} from '../run/read-run-view.ts';
import {joinCounts} from '../util/join-counts.ts';
import {isoTime} from './time-text.ts';

/** The same shape wherever a run is printed as JSON. */
export function toRunJson(view: RunView): Record<string, unknown> {
  const {run, counts} = view;
  return {
    run: run.id,
    state: view.state,
    description: run.description ?? null,
    command: run.command,
    started_at: isoTime(run.startedAt),
    ended_at: run.endedAt === undefined ? null : isoTime(run.endedAt),
    duration_ms: runTime(run, run.endedAt ?? run.heartbeatAt),
    heartbeat_at: isoTime(run.heartbeatAt),
    exit_code: run.exitCode ?? null,
    end_reason: run.endReason ?? null,
    host: run.holder.host,
    pid: run.holder.pid,
    paused: run.control.paused,
    stop: run.control.stop,
    jobs: {
      total: counts.total,
      changed: counts.changed,
      unchanged: counts.unchanged,
      up_to_date: counts.upToDate,
      failed: counts.failed,
      held: counts.held,
      held_delivered: counts.heldDelivered,
      held_rejected: counts.heldRejected,
      held_superseded: counts.heldSuperseded,
      not_started: counts.notStarted,
      running: counts.running,
      pending: counts.pending,
    },
    cost_usd: view.spentUsd,
    reserved_usd: view.reservedUsd,
    budget_usd: view.budgetUsd ?? null,
    results_file: run.resultsFile,
    log_file: run.logFile ?? null,
  };
}

/** `11 changed, 2 failed, 3 not started`: what is not zero. */
export function countsText(counts: RunCounts): string {
  return joinCounts(
    [
      [counts.changed, 'changed'],
      [counts.unchanged, 'unchanged'],
      [counts.upToDate, 'up to date'],
      [counts.heldDelivered, groupKinds.delivered],
      [counts.held, groupKinds.held],
      [counts.heldRejected, groupKinds.rejected],
      [counts.heldSuperseded, groupKinds.superseded],
      [counts.failed, 'failed'],
      [counts.notStarted, 'not started'],
      [counts.running, 'running'],
      [counts.pending, 'to start'],
    ],
    'no jobs',
  );
}
