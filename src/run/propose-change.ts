import type {Proposal} from '../domain/change.ts';
import {JobFailure} from '../domain/outcome.ts';
import type {Checkout} from '../workspace/checkout.ts';
import type {Answered} from './execute-job.ts';
import type {JobTools} from './job-tools.ts';
import type {JobTrace} from './job-trace.ts';
import {assertCurrent, type PreparedJob} from './prepare-job.ts';

/** Has the mode make its proposal; what it pays for goes into the trace. A reply that led to a failure is not used again. */
export async function proposeChange(
  prepared: PreparedJob,
  trace: JobTrace,
  tools: JobTools,
  answered: Answered,
  signal: AbortSignal,
): Promise<Proposal> {
  const {job, repo, built} = prepared;
  const mode = tools.mode(job.mode);
  const onHeld = (): Promise<void> => assertCurrent(prepared, tools.ledger);
  // One reply is the whole work of simple mode only.
  const remembered = job.mode === 'simple' ? prepared.remembered?.replyDigest : undefined;
  const checkouts: Checkout[] = [];
  try {
    return await mode.propose({
      job,
      skill: tools.skill(job.skill),
      context: built.context,
      entries: built.entries,
      signal,
      async openCheckout(options) {
        const checkout = await repo.openCheckout(options);
        checkouts.push(checkout);
        return checkout;
      },
      async begin() {
        await tools.startJob(job, repo.key, signal);
        await onHeld();
      },
      async obtainReply(request) {
        trace.reply = await tools.obtainReply(
          {
            job,
            repoKey: repo.key,
            request,
            promptVersion: mode.version,
            onHeld,
            onAttempt: trace.addAttempt,
            onSpent: trace.addSpent,
            ...(remembered === undefined ? {} : {remembered}),
          },
          signal,
        );
        if (job.mode === 'simple') await answered();
        return trace.reply.reply;
      },
    });
  } catch (error) {
    if (trace.reply !== undefined && error instanceof JobFailure) await tools.ledger.rejectReply(trace.reply.digest);
    throw error;
  } finally {
    for (const checkout of checkouts) await checkout.remove();
  }
}
