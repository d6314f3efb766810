import type {Job} from '../domain/job.ts';
import {type Failure, type FailureReason, failureReasons} from '../domain/outcome.ts';

/** Ends of an agent that lead back to the same end when its replies are used again. */
const wholeCourse: ReadonlySet<FailureReason> = new Set([
  'no-effect',
  'ended-without-finish',
  'reply-empty',
  'tools-denied',
  'agent-stalled',
  'agent-looping',
  'history-too-long',
]);

/** Nothing is wrong with the replies: with more room, or a program that is missing, the job goes on from where it was. */
const keepsAll: ReadonlySet<FailureReason> = new Set(['turn-limit', 'time-limit', 'job-budget', 'verify-not-run']);

/** Which of the replies of a job, oldest first, led to its failure and are not to be used again. */
export function rejectedReplies(
  job: Pick<Job, 'mode'>,
  {reason}: Failure,
  digests: readonly string[],
): readonly string[] {
  if (keepsAll.has(reason)) return [];
  const newest = digests.slice(-1);
  if (job.mode === 'simple') return newest;
  const {family} = failureReasons[reason];
  if (family !== 'reply' && family !== 'agent' && family !== 'check') return [];
  return wholeCourse.has(reason) ? digests : newest;
}
