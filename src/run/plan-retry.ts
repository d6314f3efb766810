import {asksNoModel} from '../domain/job.ts';
import {endStatus, failureReasons, isRunAgain} from '../domain/outcome.ts';
import type {JobRecord} from '../domain/run.ts';
import type {Ledger} from '../ledger/ledger.ts';
import {formatUsd} from '../util/format-usd.ts';

/** What `retry` does with a run. */
export interface RetryPlan {
  readonly again: readonly JobRecord[];
  /** Reasons of those that fail again unless somebody did something meanwhile. */
  readonly needFix: readonly string[];
  /** About what the calls will cost, US dollars: as much as they did before. */
  readonly usd: number;
  /** Jobs of which not even that is known. */
  readonly costUnknown: number;
}

/** Which jobs `retry` runs again: those that were left undone, and the failed ones that can end better; with `all` every failed one. */
export function isRetried({state, detail}: JobRecord, {all}: {readonly all: boolean}): boolean {
  if (state !== 'ended' || detail === undefined) return true;
  const {outcome} = detail;
  if (all && outcome.status === 'failed') return true;
  return isRunAgain(
    endStatus(outcome),
    outcome.status === 'failed' ? failureReasons[outcome.failure.reason].retry : undefined,
  );
}

export async function planRetry(
  ledger: Pick<Ledger, 'replyOfJob' | 'costOfJobs' | 'pastCosts'>,
  runId: string,
  records: readonly JobRecord[],
  options: {readonly all: boolean} = {all: false},
): Promise<RetryPlan> {
  const again = records.filter(record => isRetried(record, options));
  const needFix = new Set<string>();
  let usd = 0;
  let costUnknown = 0;
  for (const record of again) {
    const outcome = record.detail?.outcome;
    if (outcome?.status === 'failed' && failureReasons[outcome.failure.reason].retry !== 'yes')
      needFix.add(outcome.failure.reason);
    const expected = await expectedUsd(ledger, runId, record);
    if (expected === undefined) costUnknown++;
    else usd += expected;
  }
  return {again, needFix: [...needFix], usd, costUnknown};
}

/** A reply that was paid for and is good is used again; another costs about what it did. Undefined when nobody knows. */
async function expectedUsd(
  ledger: Pick<Ledger, 'replyOfJob' | 'costOfJobs' | 'pastCosts'>,
  runId: string,
  {job}: JobRecord,
): Promise<number | undefined> {
  const [model = ''] = job.models;
  if (model === 'offline' || (asksNoModel(job) && job.agent === undefined)) return 0;
  const reply = await ledger.replyOfJob(runId, job.id);
  if (reply?.usable === true && !job.force && job.mode === 'simple') return 0;
  const before = (await ledger.costOfJobs(runId, job.id)).get(job.id);
  if (before !== undefined && before > 0)
    return reply?.cost.usd != null && job.mode === 'simple' ? reply.cost.usd : before;
  const past = (await ledger.pastCosts(job.skill, model, 50)).sort((a, b) => a - b);
  return past[Math.floor(past.length / 2)];
}

/** `2 jobs: 1 can work now, 1 needs a fix first (reply-truncated); about 0.0123 USD`. */
export function retryText({again, needFix, usd, costUnknown}: RetryPlan): string {
  const reasons = new Set(needFix);
  const fixes = again.filter(
    ({detail}) => detail?.outcome.status === 'failed' && reasons.has(detail.outcome.failure.reason),
  ).length;
  const now = again.length - fixes;
  const parts = [
    ...(now > 0 ? [`${now} can work now`] : []),
    ...(fixes > 0 ? [`${fixes} ${fixes === 1 ? 'needs' : 'need'} a fix first (${needFix.join(', ')})`] : []),
  ];
  const unknown = costUnknown === 0 ? '' : `${usd > 0 ? ' and ' : ''}an unknown cost of ${costUnknown}`;
  const cost = usd > 0 || costUnknown > 0 ? `about ${usd > 0 ? `${formatUsd(usd)} USD` : ''}${unknown}` : 'at no cost';
  return `${again.length} ${again.length === 1 ? 'job' : 'jobs'}: ${parts.join(', ')}; ${cost}`;
}
