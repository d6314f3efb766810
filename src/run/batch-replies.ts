import {JobFailure} from '../domain/outcome.ts';
import {noUsage, unknownCost} from '../domain/usage.ts';
import type {Ledger} from '../ledger/ledger.ts';
import type {BatchPlan} from './batch-plan.ts';
import {digestInputs} from './inputs.ts';
import type {JobTools} from './job-tools.ts';
import type {RunGate} from './run-gate.ts';

export interface BatchRepliesOptions {
  readonly plan: BatchPlan;
  readonly ledger: Pick<Ledger, 'reply'>;
  readonly gate: RunGate;
  readonly startJob: JobTools['startJob'];
  /** For jobs that have nothing to do with batches. */
  readonly apart: JobTools['obtainReply'];
}

/** Gets the replies that batches brought; makes no call of its own. */
export function createBatchReplies({
  plan,
  ledger,
  gate,
  startJob,
  apart,
}: BatchRepliesOptions): JobTools['obtainReply'] {
  const told = new Set<string>();
  return async (wanted, signal) => {
    const {job, repoKey, inputs} = wanted;
    const known = plan.get(job.id);
    if (known?.kind === 'apart') return await apart(wanted, signal);
    if (known?.kind === 'failed') {
      wanted.onAttempt();
      if (known.failure.mayBeBilled) wanted.onSpent({usage: {...noUsage, requests: 1}, cost: unknownCost});
      throw known.failure;
    }
    gate.checkCall(job.task);
    const isSame = known?.kind === 'answered' && (inputs === undefined || digestInputs(inputs) === known.inputs);
    if (!isSame) throw new JobFailure('batch-outdated', 'The repo has changed since its request was made');
    await startJob(job, repoKey, signal);
    await wanted.onHeld();
    const found = await ledger.reply(known.digest);
    if (found === undefined) throw new JobFailure('batch-outdated', 'Its reply is not in the ledger any more');
    if (known.isOwn && !told.has(job.id)) {
      // A job that has to be prepared again comes here again.
      told.add(job.id);
      wanted.onAttempt();
      wanted.onSpent({usage: found.reply.usage, cost: found.cost});
    }
    return {reply: found.reply, model: found.model, digest: known.digest, replayed: !known.isOwn, batch: true};
  };
}
