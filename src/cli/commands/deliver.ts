import type {ChangeSummary} from '../../domain/change.ts';
import {OrchestratorError} from '../../domain/errors.ts';
import {wellKnownForges} from '../../domain/forge.ts';
import {type DeliveryKind, deliveryKinds, type Job, jobLabel, laterDelivery} from '../../domain/job.ts';
import {type Failure, nextStep} from '../../domain/outcome.ts';
import type {JobRecord, RunRecord} from '../../domain/run.ts';
import {noCost, noUsage} from '../../domain/usage.ts';
import type {Ledger} from '../../ledger/ledger.ts';
import {openChangeDelivery} from '../../orchestrator/change-delivery.ts';
import type {LaterResult} from '../../run/deliver-accepted.ts';
import {branchShared} from '../../run/deliver-change.ts';
import type {RunSettings} from '../../run/run-settings.ts';
import {findSharedBranches} from '../../run/shared-branches.ts';
import {escapeLine} from '../../util/escape-text.ts';
import {quoteText} from '../../util/quote-text.ts';
import {changeName, sizeText} from '../change-text.ts';
import {withLedger} from '../existing-ledger.ts';
import type {Io} from '../io.ts';
import {openPrompts} from '../prompts.ts';
import {selectChanges} from '../select-changes.ts';

export interface DeliverOptions {
  readonly deliver?: string;
  readonly run?: string;
  readonly skill?: string;
  readonly yes?: true;
  readonly dryRun?: true;
  readonly json?: true;
}

interface Planned {
  readonly change: ChangeSummary;
  readonly job: Job;
  readonly run: RunRecord;
  readonly detail: JobRecord['detail'];
  readonly kind: DeliveryKind;
  readonly isChosen: boolean;
}

/** Delivers the named accepted changes, else all. Exit code 1 when some could not be delivered. */
export async function deliver(io: Io, names: readonly string[], options: DeliverOptions): Promise<number> {
  const kind = readKind(options.deliver);
  return await withLedger(
    io,
    async ledger => {
      const {run, skill} = options;
      const selection = {names, ...(run === undefined ? {} : {run}), ...(skill === undefined ? {} : {skill})};
      const {changes} = await selectChanges(ledger, selection, ['to-deliver']);
      const plan = await planDeliveries(ledger, changes, kind);
      if (plan.length === 0) return await nothing(io, ledger, options);
      if (options.dryRun) return print(io, plan, undefined, options);
      await confirm(io, plan, options);
      return print(io, plan, await deliverAll(io, ledger, plan), options);
    },
    async () => {
      if (options.json) io.out('[]\n');
      else io.err('nothing was accepted yet; decide with: orchestrator review\n');
      return 0;
    },
  );
}

function readKind(written: string | undefined): DeliveryKind | undefined {
  if (written === undefined) return undefined;
  const kinds = deliveryKinds.filter(kind => kind !== 'patch');
  const kind = kinds.find(known => known === written);
  if (kind !== undefined) return kind;
  throw new OrchestratorError('bad-flag', `--deliver ${quoteText(written)} is not a way to deliver what was accepted`, {
    hint: `one of ${kinds.join(', ')}`,
  });
}

async function planDeliveries(
  ledger: Ledger,
  changes: readonly ChangeSummary[],
  kind: DeliveryKind | undefined,
): Promise<Planned[]> {
  const planned: Planned[] = [];
  for (const [runId, ofRun] of Map.groupBy(changes, change => change.runId)) {
    const run = await ledger.run(runId);
    const records = new Map((await ledger.jobs(runId)).map(record => [record.job.id, record]));
    for (const change of ofRun) {
      const record = records.get(change.jobId);
      if (run === undefined || record === undefined) continue;
      const {job, detail} = record;
      planned.push({
        change,
        job,
        run,
        detail,
        kind: kind ?? laterDelivery(job.deliver, job.path),
        isChosen: kind !== undefined,
      });
    }
  }
  return planned;
}

async function nothing(io: Io, ledger: Ledger, {json}: DeliverOptions): Promise<number> {
  const waiting = (await ledger.countChanges()).get('to-review') ?? 0;
  if (json) io.out('[]\n');
  else if (waiting === 0) io.err('nothing is accepted and not delivered\n');
  else io.err(`nothing is accepted; ${waiting} to review: orchestrator review\n`);
  return 0;
}

async function confirm(io: Io, plan: readonly Planned[], {yes, json}: DeliverOptions): Promise<void> {
  const outside = plan.filter(({kind}) => kind !== 'files').length;
  // What stays in the work trees of this machine was agreed to when it was accepted.
  if (yes || outside === 0) return;
  if (!io.canAsk || json) {
    throw new OrchestratorError(
      'needs-yes',
      `deliver ${outside} changes as branches or pull requests? Nobody can be asked here`,
      {
        hint: 'add --yes',
      },
    );
  }
  const prompts = await openPrompts();
  for (const planned of plan.slice(0, 20)) prompts.note(planLine(planned));
  if (plan.length > 20) prompts.note(`and ${plan.length - 20} more`);
  if (!(await prompts.confirm(`deliver ${plan.length} changes?`)))
    throw new OrchestratorError('cancelled', 'nothing was delivered');
}

function planLine({change, kind}: Planned): string {
  return `${escapeLine(jobLabel(change))}  ${sizeText(change)}  → ${kind}`;
}

async function deliverAll(io: Io, ledger: Ledger, plan: readonly Planned[]): Promise<LaterResult[]> {
  const delivery = await openChangeDelivery(
    ledger,
    io.stateDir,
    plan.map(({job}) => job),
    [...new Set(plan.map(({run}) => run))],
    io.env,
  );
  const results: LaterResult[] = [];
  const shared = await findShared(ledger, plan);
  try {
    for (const {change, job, run, detail, kind, isChosen} of plan) {
      const other = shared.get(`${run.id} ${job.id}`);
      if (other !== undefined) {
        results.push({kind: 'failed', failure: branchShared(other).failure});
        continue;
      }
      const record = await ledger.change(change.runId, change.jobId);
      const {usage, cost} = detail?.outcome ?? {usage: noUsage, cost: noCost};
      results.push(
        record === undefined
          ? {kind: 'failed', failure: {reason: 'crashed', message: 'the record of the change is damaged'}}
          : await delivery.deliver({record, job, run, kind, isChosen, spent: {usage, cost}}),
      );
    }
  } finally {
    await delivery.close();
  }
  return results;
}

/**
 * Changes whose branch is that of another one in this list, or of one of their run that has left already; the repo of that one, by run
 * and job. A later run may replace what an earlier one delivered.
 */
async function findShared(ledger: Ledger, plan: readonly Planned[]): Promise<ReadonlyMap<string, string>> {
  const shared = new Map<string, string>();
  for (const [run, ofRun] of Map.groupBy(plan, planned => planned.run)) {
    const records = new Map((await ledger.jobs(run.id)).map(({job}) => [job.id, job]));
    const left = (await ledger.changes({runId: run.id, state: 'delivered'})).flatMap(({jobId, delivered}) => {
      const job = records.get(jobId);
      return job === undefined || delivered?.branch === undefined ? [] : [{...job, deliver: delivered.kind}];
    });
    const forges = (run.settings as Partial<RunSettings>).forges ?? wellKnownForges;
    const found = await findSharedBranches([...left, ...ofRun.map(({job, kind}) => ({...job, deliver: kind}))], forges);
    for (const [jobId, repo] of found) shared.set(`${run.id} ${jobId}`, repo);
  }
  return shared;
}

/** `results` in the order of the plan; undefined when nothing was done. */
function print(
  io: Io,
  plan: readonly Planned[],
  results: readonly LaterResult[] | undefined,
  options: DeliverOptions,
): number {
  if (options.json) {
    io.out(
      `${JSON.stringify(
        plan.map((planned, index) => toJson(planned, results?.[index])),
        undefined,
        2,
      )}\n`,
    );
  } else {
    for (const [index, planned] of plan.entries()) io.out(`${resultLine(planned, results?.[index])}\n`);
    for (const step of nextSteps(results ?? [])) io.err(`next     ${step}\n`);
    if (options.dryRun) io.err('nothing was delivered: --dry-run\n');
  }
  return results?.some(({kind}) => kind === 'failed') ? 1 : 0;
}

function resultLine(planned: Planned, result: LaterResult | undefined): string {
  const label = escapeLine(jobLabel(planned.change));
  switch (result?.kind) {
    case undefined:
      return `would deliver  ${planLine(planned)}`;
    case 'delivered': {
      const {branch, url, kind} = result.delivered;
      return `✓ ${label}  ${sizeText(planned.change)}  → ${escapeLine(url ?? (branch === undefined ? kind : `${kind} ${branch}`))}`;
    }
    case 'unchanged':
      return `✓ ${label}  → ${planned.kind}, there already${result.note === undefined ? '' : `: ${escapeLine(result.note)}`}`;
    case 'failed':
      return `✗ ${label}  ${result.failure.reason}: ${escapeLine(result.failure.message)}`;
    default:
      return result satisfies never;
  }
}

function nextSteps(results: readonly LaterResult[]): string[] {
  const failures: Failure[] = results.flatMap(result => (result.kind === 'failed' ? [result.failure] : []));
  return [...new Set(failures.map(failure => `${failure.reason}: ${escapeLine(stepOf(failure))}`))];
}

/** No job failed: it is the delivery that is done again. */
function stepOf(failure: Failure): string {
  return nextStep(failure, 'orchestrator deliver');
}

function toJson({change, kind}: Planned, result: LaterResult | undefined): Record<string, unknown> {
  const failure = result?.kind === 'failed' ? result.failure : undefined;
  return {
    change: changeName(change),
    run: change.runId,
    job: change.jobId,
    repo: change.repo,
    skill: change.skill,
    deliver: kind,
    result: result?.kind ?? 'planned',
    delivered: result?.kind === 'delivered' ? result.delivered : null,
    ...(failure === undefined ? {} : {reason: failure.reason, message: failure.message, next: stepOf(failure)}),
  };
}
