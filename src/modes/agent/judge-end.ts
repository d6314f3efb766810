import type {FileEdit, LeftOutPath} from '../../domain/change.ts';
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
  /** It said in so many words that it is done. */
  readonly finished: boolean;
  /** It said that nothing needs to change. */
  readonly nothingToChange: boolean;
  /** Calls that were refused by a rule; those of them that asked for a change; and calls that changed something. */
  readonly deniedCalls: number;
  readonly deniedChanges: number;
  readonly changingCalls: number;
  /** What was written and is no part of a change. */
  readonly leftOut: readonly LeftOutPath[];
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

/** Done is what the diff and the checks of the skill say. Undefined when all is well; an empty diff is when the agent says that it has to be. */
export function judgeEnd(
  work: WorkDone,
  {job, skill, entries}: {readonly job: Job; readonly skill: Skill; readonly entries: ReadonlyMap<string, TreeEntry>},
): Shortfall | undefined {
  const declared = declaredOutputs(job, skill);
  const missing = declared.filter(output => !isThere(output, work.edits, entries));
  if (work.edits.length === 0) {
    const why = whyNothing(work, missing);
    if (why !== undefined) return {...why, ...(missing.length > 0 ? {} : {detail: howToSay(job)})};
  }
  if (missing.length > 0)
    return {reason: 'no-effect', message: `The skill writes ${list(missing)}, which is not there.${leftOutOf(work)}`};
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

function whyNothing(work: WorkDone, missing: readonly string[]): Shortfall | undefined {
  const {summary, finished, nothingToChange, deniedCalls, deniedChanges, changingCalls} = work;
  const because = (reason: FailureReason, what: string): Shortfall => ({reason, message: what});
  if (!nothingToChange && isRefusal(summary))
    return because('reply-refused', `The model refused: ${quoteText(summary, 120)}`);
  if (!finished && summary === '') return because('reply-empty', 'The reply is empty, and nothing was changed.');
  // A file that was held back is no reason to doubt that nothing has to change.
  if (nothingToChange ? deniedChanges > 0 : deniedCalls > 0)
    return because('tools-denied', `Nothing was changed, and ${deniedCalls} tool calls were refused.`);
  if (missing.length > 0)
    return because('no-effect', `Nothing was changed, and the skill writes ${list(missing)}.${leftOutOf(work)}`);
  if (!finished)
    return because(
      'ended-without-finish',
      `The agent changed nothing and stopped without saying that it is done: ${quoteText(summary, 120)}`,
    );
  if (nothingToChange) return undefined;
  const written = leftOutOf(work);
  if (written !== '') return because('no-effect', `Nothing was changed that counts.${written}`);
  if (changingCalls > 0) return because('no-effect', 'The agent undid all that it had changed.');
  return because('no-effect', 'Nothing was changed, and the agent does not say that nothing needs to change.');
}

function howToSay({agent}: Job): string {
  return agent === undefined
    ? 'If nothing needs to change, call finish with "nothing_to_change": true and say why.'
    : `If nothing needs to change, say so: end with a line "${nothingToChangeWords}: " and why.`;
}

/** How an agent that has no tool for it says so. */
export const nothingToChangeWords = 'NOTHING TO CHANGE';

/** On a line of its own, whatever Markdown it is dressed in. */
export function saysNothingToChange(text: string): boolean {
  return text.split('\n').some(line => line.replace(/^[\s*_>#-]+/, '').startsWith(nothingToChangeWords));
}

const shownLeftOut = 3;

/** A sentence about what was written and does not count; empty when there is none. */
function leftOutOf({leftOut}: WorkDone): string {
  if (leftOut.length === 0) return '';
  const words = {
    ignored: 'ignored by the repo',
    special: 'no regular file',
    git: 'part of git',
    name: 'not a name that can be kept',
    submodule: 'in a submodule',
  } as const;
  const shown = leftOut.slice(0, shownLeftOut).map(({path, why}) => `${quoteText(path, 120)} is ${words[why]}`);
  const more = leftOut.length > shownLeftOut ? `, and ${leftOut.length - shownLeftOut} more` : '';
  return ` What was written is no part of a change: ${shown.join(', ')}${more}.`;
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
