import type {LeftOut, RepoContext} from '../domain/context.ts';
import {asksNoModel, type Job} from '../domain/job.ts';
import type {ModelRequest} from '../domain/model.ts';
import {JobFailure} from '../domain/outcome.ts';
import type {JobRecord} from '../domain/run.ts';
import type {Skill} from '../domain/skill.ts';
import {quoteText} from '../util/quote-text.ts';
import {findSent, type SentLedger, type SentRequest} from './find-sent.ts';
import {digestRequest} from './inputs.ts';
import type {JobTools} from './job-tools.ts';

/** The first request of a job, made again from what it was made of: prompts are kept nowhere. */
export interface ShownPrompt {
  /**
   * `exact`: the digest of the reply says that this was sent, byte for byte. `differs`: something has changed since, `notes` say what.
   * `unproven`: there is no reply to compare with. `none`: `notes` say why there is nothing to show.
   */
  readonly kind: 'exact' | 'differs' | 'unproven' | 'none';
  readonly notes: readonly string[];
  readonly request?: ModelRequest;
  /** Of `request`. */
  readonly digest?: string;
  /** Of what was sent. */
  readonly sentDigest?: string;
  readonly commit?: string;
  readonly files: RepoContext['files'];
  readonly leftOut: readonly LeftOut[];
}

export interface PromptTools extends Pick<JobTools, 'openRepo' | 'mode'> {
  readonly ledger: SentLedger;
  /** As it was planned where that can still be had, else as it is now; `problem` when it cannot be read at all. */
  readonly skill: (name: string) => Promise<FoundSkill>;
}

export type FoundSkill =
  | {readonly skill: Skill /** What was planned, when this is another. */; readonly planned?: string}
  | {readonly skill?: undefined; readonly problem: string};

/** What was sent for this job, or would be: the same code as in a run, over the same inputs. Calls no model and writes nothing. */
export async function showPrompt(runId: string, record: JobRecord, tools: PromptTools): Promise<ShownPrompt> {
  const without = reasonForNone(record);
  if (without !== undefined) return none(without);
  const sent = await findSent(runId, record, tools.ledger);
  const found = await tools.skill(sent.job.skill);
  if (found.skill === undefined)
    return none(`The skill ${quoteText(sent.job.skill)} cannot be read any more: ${found.problem}`);
  try {
    return judge(await makeAgain(sent, found.skill, tools), sent, found, record);
  } catch (error) {
    if (error instanceof JobFailure) return none(`It cannot be made again: ${error.failure.message}`);
    throw error;
  }
}

function none(note: string): ShownPrompt {
  return {kind: 'none', notes: [note], files: [], leftOut: []};
}

function reasonForNone({job, detail}: JobRecord): string | undefined {
  if (job.mode === 'script') return "The skill's script does the work: no model was asked, and no prompt was sent.";
  if (asksNoModel(job))
    return `The agent ${quoteText(job.agent?.name ?? '')} asks a model of its own; what it says to it is not known here.`;
  const outcome = detail?.outcome;
  if (outcome?.status === 'up-to-date') return `Nothing was sent: nothing has changed since ${outcome.since}.`;
  return undefined;
}

interface MadeAgain {
  readonly request: ModelRequest;
  readonly digest: string;
  readonly context: RepoContext;
}

async function makeAgain(sent: SentRequest, skill: Skill, tools: PromptTools): Promise<MadeAgain> {
  const job: Job = sent.model === undefined ? sent.job : {...sent.job, models: [sent.model]};
  const mode = tools.mode(job.mode);
  const repo = await tools.openRepo(job, sent.commit);
  try {
    const {context} = await repo.buildContext(skill, []);
    const request = mode.preview({job, skill, context: onBranch(context, sent)});
    if (request === undefined) throw new Error('a mode that asks no model has no prompt');
    return {request, digest: digestRequest(request, mode.version), context};
  } finally {
    repo.release();
  }
}

/** Another branch may be checked out since; the prompt names the one of that night. */
function onBranch(context: RepoContext, {head}: SentRequest): RepoContext {
  if (head === undefined || head.commit !== context.commit) return context;
  const {branch: _branch, ...rest} = context;
  return {...rest, ...(head.branch === undefined ? {} : {branch: head.branch})};
}

function judge(
  {request, digest, context}: MadeAgain,
  sent: SentRequest,
  found: Extract<FoundSkill, {skill: Skill}>,
  record: JobRecord,
): ShownPrompt {
  const shown = {request, digest, commit: context.commit, files: context.files, leftOut: context.leftOut};
  const from = sent.earlierRun === undefined ? [] : [`It was sent in ${sent.earlierRun}, whose reply was used again.`];
  if (sent.digest === undefined) return {kind: 'unproven', notes: [...from, unproven(record)], ...shown};
  const known = {...shown, sentDigest: sent.digest};
  if (sent.digest === digest) return {kind: 'exact', notes: from, ...known};
  return {kind: 'differs', notes: [...from, ...differences(context, sent, found)], ...known};
}

function unproven({state, detail}: JobRecord): string {
  if (state !== 'ended') return 'No reply is recorded yet: this is what is sent for it as things stand.';
  return detail !== undefined && detail.attempts > 0
    ? 'It was sent, and no reply is recorded that could prove it: this is made again from the same inputs.'
    : 'Nothing was sent: the job ended before. This is what would have been sent.';
}

function differences(
  {commit}: RepoContext,
  sent: SentRequest,
  {skill, planned}: Extract<FoundSkill, {skill: Skill}>,
): string[] {
  const found = [
    ...(planned === undefined
      ? []
      : [`The skill has changed since: ${short(planned)} then, ${short(skill.digest)} now.`]),
    ...(sent.commit === undefined
      ? ['It is not recorded from which commit it was made; this is HEAD as it is now.']
      : []),
    ...(sent.commit !== undefined && sent.commit !== commit
      ? [
          `The commit ${short(sent.commit)} that it was made from is gone from the repo; this is made from ${short(commit)}.`,
        ]
      : []),
  ];
  return found.length > 0
    ? found
    : [
        'What makes prompts has changed since: another version of orchestrator, other tools of an agent, or a history that was cut.',
      ];
}

function short(id: string): string {
  return id.slice(0, 12);
}
