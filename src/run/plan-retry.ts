import {changeStateOf} from '../domain/change.ts';
import {asksNoModel} from '../domain/job.ts';
import {endStatus, failureReasons, isRunAgain} from '../domain/outcome.ts';
import type {JobRecord} from '../domain/run.ts';
import type {Ledger} from '../ledger/ledger.ts';
import {countOf} from '../util/count-of.ts';
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

export interface RetryChoice {
  /** Every failed job, also where a retry alone does not help. */
  readonly all: boolean;
  /** Only these, by id, whatever a retry can do for them. */
  readonly only?: ReadonlySet<string>;
}

type RetryLedger = Pick<Ledger, 'replyOfJob' | 'costOfJobs' | 'pastCosts' | 'changes'>;

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
  ledger: RetryLedger,
  runId: string,
  records: readonly JobRecord[],
  choice: RetryChoice = {all: false},
): Promise<RetryPlan> {
  const again = await chooseRetried(ledger, runId, records, choice);
  const usual = usualCosts(ledger);
  const needFix = new Set<string>();
  let usd = 0;
  let costUnknown = 0;
  for (const record of again) {
    const outcome = record.detail?.outcome;
    if (outcome?.status === 'failed' && failureReasons[outcome.failure.reason].retry !== 'yes')
      needFix.add(outcome.failure.reason);
    const expected = await retryCost(ledger, usual, runId, record);
    if (expected === undefined) costUnknown++;
    else usd += expected;
  }
  return {again, needFix: [...needFix], usd, costUnknown};
}

/** Without those on whose change a person has decided since: running them again would make another and forget what was said. */
export async function chooseRetried(
  ledger: Pick<Ledger, 'changes'>,
  runId: string,
  records: readonly JobRecord[],
  {all, only}: RetryChoice,
): Promise<JobRecord[]> {
  if (only !== undefined) return records.filter(record => only.has(record.job.id) && isRetried(record, {all: true}));
  const found: JobRecord[] = [];
  for (const record of records)
    if (isRetried(record, {all}) && !(await isDecided(ledger, runId, record))) found.push(record);
  return found;
}

async function isDecided(ledger: Pick<Ledger, 'changes'>, runId: string, {job, detail}: JobRecord): Promise<boolean> {
  // What was left undone made no change.
  if (detail?.outcome.status !== 'failed') return false;
  const [change] = await ledger.changes({runId, jobId: job.id});
  return change !== undefined && ['to-deliver', 'rejected', 'delivered'].includes(changeStateOf(change));
}

/** What a job of a skill with a model usually cost, US dollars; undefined when none has ended yet. */
export type UsualCosts = (skill: string, model: string) => Promise<number | undefined>;

/** Asks once for each: a night has hundreds of jobs of one skill. */
export function usualCosts(ledger: Pick<Ledger, 'pastCosts'>): UsualCosts {
  const known = new Map<string, Promise<number | undefined>>();
  return (skill, model) => {
    const key = JSON.stringify([skill, model]);
    const found = known.get(key) ?? ledger.pastCosts(skill, model, 50).then(middleOf);
    known.set(key, found);
    return found;
  };
}

function middleOf(costs: readonly number[]): number | undefined {
  return costs.toSorted((a, b) => a - b)[Math.floor(costs.length / 2)];
}

/**
 * About what running a job again costs, US dollars. A reply that was paid for and is good is used again; another costs about what it
 * did. Undefined when nobody knows.
 */
export async function retryCost(
  ledger: Pick<Ledger, 'replyOfJob' | 'costOfJobs'>,
  usual: UsualCosts,
  runId: string,
  {job}: JobRecord,
): Promise<number | undefined> {
  const [model = ''] = job.models;
  if (model === 'offline' || (asksNoModel(job) && job.agent === undefined)) return 0;
  const reply = await ledger.replyOfJob(runId, job.id);
  // One of an earlier night was for what the repo held then.
  if (reply?.usable === true && reply.runId === runId && !job.force && job.mode === 'simple') return 0;
  const before = (await ledger.costOfJobs(runId, job.id)).get(job.id);
  if (before !== undefined && before > 0)
    return reply?.cost.usd != null && reply.runId === runId && job.mode === 'simple' ? reply.cost.usd : before;
  return await usual(job.skill, model);
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
  const costs = [
    ...(usd > 0 ? [`about ${formatUsd(usd)} USD`] : []),
    ...(costUnknown > 0 ? [`unknown what ${costUnknown} ${costUnknown === 1 ? 'costs' : 'cost'}`] : []),
  ];
  const cost = costs.length === 0 ? 'at no cost' : costs.join(', ');
  return `${countOf(again.length, 'job')}: ${parts.join(', ')}; ${cost}`;
}
