import {jobLabel} from '../domain/job.ts';
import {type FailureReason, failureReasons, notStartedReasons, type RetryHelps} from '../domain/outcome.ts';
import type {JobRecord, RunRecord} from '../domain/run.ts';
import type {Ledger} from '../ledger/ledger.ts';

/** One cause of failure in a run, with all whom it hit. */
export interface FailureGroup {
  readonly reason: string;
  readonly cause: string;
  readonly retry: RetryHelps;
  readonly next: string;
  readonly jobs: readonly JobRecord[];
}

/** Causes that hit most first. What waits for review is no failure of anything. */
export async function readFailureGroups(ledger: Ledger, run: RunRecord): Promise<FailureGroup[]> {
  const failed = await ledger.jobs(run.id, {status: 'failed'});
  const notStarted = await ledger.jobs(run.id, {status: 'not-started'});
  const groups: FailureGroup[] = [];
  for (const [reason, jobs] of Map.groupBy(failed, reasonOf)) {
    const {cause, next, retry} = failureReasons[reason];
    const steps = new Set(jobs.map(({detail}) => ownStep(detail) ?? next));
    groups.push({reason, cause, retry, next: steps.size === 1 ? [...steps][0]! : next, jobs});
  }
  groups.sort((a, b) => b.jobs.length - a.jobs.length || (a.reason < b.reason ? -1 : 1));
  for (const [reason, jobs] of Map.groupBy(notStarted, notStartedReason)) {
    groups.push({reason, cause: notStartedReasons[reason], retry: 'yes', next: `orchestrator resume ${run.id}`, jobs});
  }
  return groups;
}

export function exampleOf({jobs}: FailureGroup): string {
  return jobs[0] === undefined ? '' : jobLabel(jobs[0].job);
}

function reasonOf({detail}: JobRecord): FailureReason {
  return detail?.outcome.status === 'failed' ? detail.outcome.failure.reason : 'crashed';
}

function notStartedReason({detail}: JobRecord): keyof typeof notStartedReasons {
  return detail?.outcome.status === 'not-started' ? detail.outcome.reason : 'stopped';
}

function ownStep(detail: JobRecord['detail']): string | undefined {
  return detail?.outcome.status === 'failed' ? detail.outcome.failure.next : undefined;
}
