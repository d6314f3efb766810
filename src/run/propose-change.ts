import type {Proposal} from '../domain/change.ts';
import {JobFailure} from '../domain/outcome.ts';
import type {Checkout} from '../workspace/checkout.ts';
import {describeBlame} from './describe-blame.ts';
import type {Answered} from './execute-job.ts';
import {digestRequest} from './inputs.ts';
import type {JobTools} from './job-tools.ts';
import type {JobTrace} from './job-trace.ts';
import {assertCurrent, type PreparedJob} from './prepare-job.ts';
import {rejectedReplies} from './rejected-replies.ts';
import {createTurnLog} from './turn-log.ts';

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
  // Commands that verify the change take the place of the call.
  const isCallAll = job.mode === 'simple' && job.verify.length === 0;
  const checkouts: Checkout[] = [];
  const replies: string[] = [];
  const turns = createTurnLog({
    runId: tools.runId,
    job,
    promptVersion: mode.version,
    ledger: tools.ledger,
    currentReply: () => trace.reply,
    openTranscript: tools.openTranscript,
    onTurn: (turn, reply) => tools.onTurn(job, turn, reply),
    now: tools.clock.now,
  });
  try {
    return await mode.propose({
      job,
      skill: tools.skill(job.skill),
      context: built.context,
      entries: built.entries,
      ...(prepared.request === undefined ? {} : {request: prepared.request}),
      signal,
      turns,
      noteSpent: trace.noteSpent,
      noteNetwork: trace.noteNetwork,
      async verify(edits, verifySignal) {
        const change = await tools.diff(repo.reader, {edits});
        const verified = await tools.verify({
          job,
          repo,
          entries: built.entries,
          change,
          signal: verifySignal,
          onResults: trace.setVerified,
          onNetwork: trace.noteNetwork,
        });
        trace.verdict = {patch: change.patch, verified};
        return describeBlame(verified);
      },
      async openCheckout(options) {
        const checkout = await repo.openCheckout(options);
        checkouts.push(checkout);
        return checkout;
      },
      async begin() {
        await tools.startJob(job, repo.key, signal);
        await onHeld();
      },
      hasReply: async request =>
        !job.force && (await tools.ledger.reply(digestRequest(request, mode.version))) !== undefined,
      async obtainReply(request, options = {}) {
        const reply = await tools.obtainReply(
          {
            job,
            repoKey: repo.key,
            request,
            promptVersion: mode.version,
            inputs: prepared.inputs,
            onHeld,
            onAttempt: trace.addAttempt,
            // So the next call is reserved in the transaction that records this answer, and both wait for the disk once.
            onAnswered: () => void (isCallAll && answered()),
            onSpent: trace.addSpent,
            ...(remembered === undefined ? {} : {remembered}),
            ...(options.recorded === undefined ? {} : {recorded: options.recorded}),
          },
          options.signal ?? signal,
        );
        replies.push(reply.digest);
        trace.seeReply(reply);
        if (isCallAll) await answered();
        return reply.reply;
      },
    });
  } catch (error) {
    if (error instanceof JobFailure)
      for (const digest of rejectedReplies(job, error.failure, replies)) await tools.ledger.rejectReply(digest);
    throw error;
  } finally {
    if (job.mode === 'script') trace.sandbox = tools.sandboxTier();
    // Another agent has hands of its own, outside of ours.
    else if (job.mode === 'agent')
      trace.sandbox = (job.agent === undefined ? tools.sandboxTier() : undefined) ?? 'none';
    turns.close();
    for (const checkout of checkouts) await checkout.remove();
  }
}
