import type {Ledger} from '../ledger/ledger.ts';
import {retryCost, usualCosts} from '../run/plan-retry.ts';
import type {JobRow, RetryCosts} from './api.ts';

/** Each is asked for by itself; nobody compares the prices of more. */
const mostJobs = 500;

/** What a retry can help: what failed and left nothing to decide on, and what was left undone. */
export function isRetried({standing, retry}: JobRow): boolean {
  return standing === 'not-started' || (standing === 'failed' && retry !== 'no');
}

/** About what running these jobs again costs: the figures that `orchestrator failures` names. */
export async function readRetryCosts(
  ledger: Pick<Ledger, 'jobsById' | 'replyOfJob' | 'costOfJobs' | 'pastCosts'>,
  runId: string,
  ids: readonly string[],
): Promise<RetryCosts> {
  if (ids.length > mostJobs) return {jobs: {}};
  const usual = usualCosts(ledger);
  const jobs: Record<string, number> = {};
  for (const record of await ledger.jobsById(runId, ids)) {
    const usd = await retryCost(ledger, usual, runId, record);
    if (usd !== undefined) jobs[record.job.id] = usd;
  }
  const known = Object.values(jobs);
  return {jobs, ...(known.length === 0 ? {} : {usd: known.reduce((sum, usd) => sum + usd, 0)})};
}
