import {createHash} from 'node:crypto';
import type {Change, VerifyResult} from '../domain/change.ts';
import type {Job} from '../domain/job.ts';
import type {Cost} from '../domain/usage.ts';
import {formatUsd} from '../util/format-usd.ts';
import {plainTitle} from '../util/plain-words.ts';
import {plainPath, plainSkill} from '../workspace/commit-text.ts';
import {codeSpan, quoteAsMarkdown} from './neutral-markdown.ts';

/** A pull request that carries this label is left alone for ever. */
export const skipLabel = 'orchestrator-skip';

export interface PullRequestFacts {
  readonly job: Pick<Job, 'task' | 'skill' | 'repo' | 'mode' | 'models'>;
  readonly runId: string;
  readonly skillDigest: string;
  readonly change: Pick<Change, 'commit' | 'files' | 'patchId' | 'summary' | 'edits'>;
  readonly cost: Cost;
  readonly verified: readonly VerifyResult[];
  /** Id of the commit that the branch points to. */
  readonly headCommit: string;
}

export interface PullRequestText {
  readonly title: string;
  readonly body: string;
}

const maxTitle = 72;
const maxFiles = 50;
/** GitHub takes 65,536 characters. */
const maxBody = 60_000;

/** Title and body of a pull request: what was done, why, how it was checked, what it cost, and how to say no. */
export function composePullRequest(facts: PullRequestFacts): PullRequestText {
  const title = composeTitle(facts);
  const parts = [
    composeWhat(facts),
    composeWhy(facts),
    composeChecks(facts),
    `**Cost**: ${facts.cost.usd === null ? 'not known' : `${formatUsd(facts.cost.usd)} USD`}`,
    composeFooter(facts),
  ];
  const text = parts.join('\n\n');
  const visible =
    text.length <= maxBody
      ? text
      : [composeWhat({...facts, change: {...facts.change, files: []}}), ...parts.slice(3)].join('\n\n');
  return {
    title,
    body: sealBody(title, visible, {patch: facts.change.patchId, commit: facts.headCommit, run: facts.runId}),
  };
}

/** What we know of a pull request from its body. */
export interface PullRequestMarker {
  readonly patch: string;
  readonly commit: string;
  readonly run: string;
  /** Digest of title and text as we wrote them, to tell when a person has edited them. */
  readonly text: string;
}

const markerPattern = /^<!-- orchestrator:pull-request (\{[^\n]{1,1000}\}) -->$/gm;

/** The last marker counts: it is where ours stands. Undefined when there is none that is whole. */
export function readMarker(body: string): PullRequestMarker | undefined {
  const last = [...body.replaceAll('\r\n', '\n').matchAll(markerPattern)].at(-1)?.[1];
  try {
    const {patch, commit, run, text} = JSON.parse(last ?? 'null') as Record<string, unknown>;
    const isWhole = [patch, commit, run, text].every(value => typeof value === 'string');
    return isWhole ? ({patch, commit, run, text} as PullRequestMarker) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether title and text are as we left them. */
export function isAsWritten(pull: PullRequestText): boolean {
  const marker = readMarker(pull.body);
  return marker !== undefined && marker.text === digestText(pull.title, withoutMarker(pull.body));
}

/** The body with a new marker, and the text that a person has edited left as it is. */
export function remark(pull: PullRequestText, marker: Omit<PullRequestMarker, 'text'>): string {
  // The digest stays that of our text, so that the edited text goes on being taken for a person's.
  const {text = 'edited'} = readMarker(pull.body) ?? {};
  return `${withoutMarker(pull.body)}\n\n${renderMarker({...marker, text})}`;
}

function sealBody(title: string, visible: string, marker: Omit<PullRequestMarker, 'text'>): string {
  return `${visible}\n\n${renderMarker({...marker, text: digestText(title, visible)})}`;
}

function renderMarker({patch, commit, run, text}: PullRequestMarker): string {
  return `<!-- orchestrator:pull-request ${JSON.stringify({patch, commit, run, text})} -->`;
}

function withoutMarker(body: string): string {
  return body.replaceAll('\r\n', '\n').replaceAll(markerPattern, '').trim();
}

function digestText(title: string, visible: string): string {
  return createHash('sha256')
    .update(JSON.stringify([title.trim(), visible.replaceAll('\r\n', '\n').trim()]))
    .digest('hex')
    .slice(0, 16);
}

function composeTitle({job, change}: PullRequestFacts): string {
  const told = change.summary === undefined ? undefined : plainTitle(change.summary, maxTitle);
  if (told !== undefined) return told;
  const [edit] = change.edits;
  const verb = edit?.after === undefined ? 'remove' : edit.before === undefined ? 'add' : 'update';
  const path = plainPath(change.edits);
  const what = path === undefined ? `change ${count(change.files.length, 'file')}` : `${verb} ${path}`;
  return `${plainSkill(job.skill)}: ${what}`.slice(0, 200);
}

function composeWhat({job, change}: PullRequestFacts): string {
  const {files, summary} = change;
  const added = files.reduce((sum, file) => sum + file.added, 0);
  const removed = files.reduce((sum, file) => sum + file.removed, 0);
  const lines =
    summary === undefined || summary.trim() === ''
      ? [`**What**: ${codeSpan(job.skill)} changed ${count(files.length, 'file')}, +${added} −${removed} lines.`]
      : [
          `**What**, in the words of the ${job.mode === 'script' ? 'script' : 'model'}:`,
          '',
          quoteAsMarkdown(summary, {maxLines: 60, maxCharacters: 6000}),
        ];
  if (files.length > 0) {
    lines.push('', '| file | added | removed |', '| --- | ---: | ---: |');
    for (const file of files.slice(0, maxFiles))
      lines.push(`| ${codeSpan(file.path)} | ${file.added} | ${file.removed} |`);
    if (files.length > maxFiles) lines.push(`| and ${files.length - maxFiles} more | | |`);
  }
  return lines.join('\n');
}

function composeWhy({job, change}: PullRequestFacts): string {
  const model = job.mode === 'script' ? '' : `, with ${codeSpan(job.models[0] ?? 'no model')}`;
  return `**Why**: the task ${codeSpan(job.task)} runs the skill ${codeSpan(job.skill)} on this repository (mode ${job.mode}${model}). It was made from commit ${codeSpan(change.commit.slice(0, 12))}.`;
}

function composeChecks({verified}: PullRequestFacts): string {
  const own = 'the diff was counted by us and passed the policy (size, paths, secrets, hidden characters)';
  if (verified.length === 0) return `**Checked**: ${own}; no verify command is set up.`;
  const lines = verified.map(
    ({command, before, after}) => `- ${codeSpan(command)}: ${after} (before the change: ${before})`,
  );
  return [`**Checked**: ${own}, and:`, '', ...lines].join('\n');
}

function composeFooter({job, runId, skillDigest}: PullRequestFacts): string {
  return [
    '---',
    '',
    `Made unattended by orchestrator: ${codeSpan(`${job.skill} ${skillDigest.slice(0, 12)}`)}, run ${codeSpan(runId)}.`,
    '',
    `To say no, close it: the same change is not proposed again. To be left alone for ever, give it the label ${codeSpan(skipLabel)}.`,
  ].join('\n');
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
