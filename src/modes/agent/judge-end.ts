import type {FileEdit} from '../../domain/change.ts';
import type {TreeEntry} from '../../domain/git.ts';
import type {Job} from '../../domain/job.ts';
import {type FailureReason, JobFailure} from '../../domain/outcome.ts';
import type {ProposedFile} from '../../domain/proposed-file.ts';
import type {Skill} from '../../domain/skill.ts';
import {quoteText} from '../../util/quote-text.ts';
import {assertWholeMarkdown} from '../assert-whole-markdown.ts';
import {checkOutput, checksOfChanges} from '../check-output.ts';
import {isRefusal} from '../conversation.ts';
import {isMarkdownPath} from '../file-kind.ts';
import {coversOutput, fallbackOutput} from '../output-path.ts';

/** What an agent did, as far as it counts for whether it is done. */
export interface WorkDone {
  /** The diff, whatever the agent says. */
  readonly edits: readonly FileEdit[];
  /** What it said at the end. */
  readonly summary: string;
  /** Calls that were refused by a rule, and calls that changed something. */
  readonly deniedCalls: number;
  readonly changingCalls: number;
}

/** Why the work does not count as done; the agent is told, and may go on. */
export interface Shortfall {
  readonly reason: FailureReason;
  readonly message: string;
  /** More of it for the agent, on several lines. Untrusted. */
  readonly detail?: string;
  /** Whoever takes the change judges it in the same way, so that it can be handed over with the fault in it. */
  readonly isJudgedAgain?: true;
}

/** Done is what the diff and the checks of the skill say. Undefined when all is well; an empty diff can be. */
export function judgeEnd(
  work: WorkDone,
  {job, skill, entries}: {readonly job: Job; readonly skill: Skill; readonly entries: ReadonlyMap<string, TreeEntry>},
): Shortfall | undefined {
  const declared = declaredOutputs(job, skill);
  const missing = declared.filter(output => !isThere(output, work.edits, entries));
  if (work.edits.length === 0) {
    const why = whyNothing(work, missing);
    if (why !== undefined) return why;
  }
  if (missing.length > 0)
    return {reason: 'no-effect', message: `The skill writes ${list(missing)}, which is not there.`};
  const texts = work.edits.flatMap(edit => toText(edit, declared));
  try {
    if (texts.length > 0) checkOutput(texts, declared.length > 0 ? skill.checks : checksOfChanges(skill.checks));
    for (const {path, text} of texts)
      if (declared.length > 0 && isMarkdownPath(path)) assertWholeMarkdown(path, text, skill);
  } catch (error) {
    if (!(error instanceof JobFailure)) throw error;
    return error.failure;
  }
  return undefined;
}

/** How often an agent is told that its work does not count as done. */
const maxRounds = 4;

/** What the agent is told in this round, counted from 1; undefined when its work is taken. Throws when more words do not mend it. */
export function nextWords(shortfall: Shortfall | undefined, round: number, goOn: string): string | undefined {
  if (shortfall === undefined) return undefined;
  const {reason, message, detail, isJudgedAgain} = shortfall;
  if (round >= maxRounds && isJudgedAgain) return undefined;
  if (round >= maxRounds || reason === 'reply-refused') throw new JobFailure(reason, message);
  return `The work does not count as done. ${message} ${goOn}${detail === undefined ? '' : `\n\n${detail}`}`;
}

function whyNothing(
  {summary, deniedCalls, changingCalls}: WorkDone,
  missing: readonly string[],
): Shortfall | undefined {
  if (isRefusal(summary)) return {reason: 'reply-refused', message: `The model refused: ${quoteText(summary, 120)}`};
  if (changingCalls > 0) return {reason: 'no-effect', message: 'The agent undid all that it had changed.'};
  if (deniedCalls > 0)
    return {reason: 'tools-denied', message: `Nothing was changed, and ${deniedCalls} tool calls were refused.`};
  if (missing.length > 0)
    return {reason: 'no-effect', message: `Nothing was changed, and the skill writes ${list(missing)}.`};
  return undefined;
}

/** Those that the task or the skill names; the name that a job gets when nobody named one is no promise. */
export function declaredOutputs(job: Job, skill: Skill): readonly string[] {
  const isNamed = skill.output !== undefined || skill.outputs.length > 0 || job.outputPattern !== job.output;
  return isNamed || job.output !== fallbackOutput(skill) ? job.outputs : [];
}

function isThere(output: string, edits: readonly FileEdit[], entries: ReadonlyMap<string, TreeEntry>): boolean {
  const edit = edits.find(({path, after}) => after !== undefined && coversOutput(output, path));
  if (edit !== undefined) return true;
  const isGone = edits.some(({path, after}) => after === undefined && path === output);
  return (
    !isGone && (output.endsWith('/') ? [...entries.keys()].some(path => path.startsWith(output)) : entries.has(output))
  );
}

function toText({path, after}: FileEdit, declared: readonly string[]): ProposedFile[] {
  if (after === undefined || after.kind === 'symlink' || after.kind === 'submodule') return [];
  if (declared.length > 0 && !declared.some(output => coversOutput(output, path))) return [];
  if (after.bytes.includes(0)) return [];
  return [{path, text: after.bytes.toString('utf8')}];
}

function list(outputs: readonly string[]): string {
  return outputs.map(output => quoteText(output)).join(', ');
}
