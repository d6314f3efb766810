import type {RepoContext} from '../domain/context.ts';
import {JobFailure} from '../domain/outcome.ts';
import type {Skill} from '../domain/skill.ts';
import {describeJournal} from './offline/describe-journal.ts';
import {describeLayout} from './offline/describe-layout.ts';
import {describeProject} from './offline/describe-project.ts';
import {describeReview} from './offline/describe-review.ts';
import {describeUsage} from './offline/describe-usage.ts';
import {fillTemplate, unknownSentence, type Values} from './offline/fill-template.ts';
import {findProblems} from './offline/find-problems.ts';
import {keepExisting} from './offline/keep-existing.ts';
import {keepLiveLinks} from './offline/keep-live-links.ts';
import {listPaths} from './offline/list-paths.ts';
import {code, escapeText} from './offline/markdown.ts';
import {isOfflineNotice, noticeFor} from './offline/notice.ts';
import {rebaseLinks} from './offline/rebase-links.ts';
import {gatherFacts, type RepoFacts} from './offline/repo-facts.ts';

export interface OfflineRequest {
  readonly skill: Skill;
  readonly context: RepoContext;
  /** YYYY-MM-DD. */
  readonly date: string;
  /** Where the text will be written; default: `output` of the skill. */
  readonly output?: string;
}

/**
 * What can be read off a repo, in the shape of the skill's template: no model, no network, the same bytes for the same input.
 * The first line says so. Text of a person (or a model) in the output file is kept and completed; when nothing is missing,
 * the file comes back as it is. Throws `JobFailure` when the file exists but was not shown whole, because its text would be lost.
 */
export function renderOffline({skill, context, date, output = skill.output ?? 'README.md'}: OfflineRequest): string {
  const {outputs = []} = skill;
  const paths = (outputs.length === 0 ? [output] : outputs).map(each => fillDate(each, date));
  const files = paths.map(path => renderFile(path, {skill, context, date}));
  if (isMarkdown(paths[0]!)) files[0] = withRequired(files, skill.checks.mustContain ?? []);
  if (outputs.length === 0) return files[0]!.toWellFormed();
  // a skill of several files is answered in marked sections
  const sections = files.map((text, index) => `=== FILE: ${paths[index]} ===\n${text.trimEnd()}\n=== END FILE ===`);
  return `${sections.join('\n\n')}\n`.toWellFormed();
}

/** The first of the files, with every heading that the skill asks for and that stands in none of them. */
function withRequired(files: readonly string[], mustContain: readonly string[]): string {
  const missing = mustContain.filter(
    text => /^#{2,6} \S/.test(text) && !text.includes('\n') && !files.some(file => file.includes(text)),
  );
  if (missing.length === 0) return files[0]!;
  return `${[files[0]!.trimEnd(), ...missing.flatMap(heading => [heading, unknownSentence])].join('\n\n')}\n`;
}

function renderFile(path: string, {skill, context, date}: OfflineRequest): string {
  const isReadme = /(?:^|\/)readme\.\w+$/i.test(path);
  const existing = existingText(context, path);
  // the file that is written anew is not part of what it describes
  const described = inPathOrder(isReadme ? context : withoutFile(context, path));
  const facts = gatherFacts(described);
  const values = rebaseLinks(describe(described, facts, date), path);
  const {heading = true, mustContain} = skill.checks;
  const text = fillTemplate(skill.template ?? plainTemplate, values, mustContain);
  // what we wrote ourselves is written anew, but a README is edited by people afterwards
  const isKept = existing !== undefined && existing.trim() !== '' && (isReadme || !isOfflineNotice(existing));
  if (isKept && isMarkdown(path)) return keepExisting(existing, text, heading ? `# ${values['name']}` : undefined);
  return `${noticeFor(path)}\n\n${text}`;
}

function isMarkdown(path: string): boolean {
  return /\.(?:md|markdown)$/i.test(path);
}

const plainTemplate = `# {{name}}

{{summary}}

{{at_a_glance}}

## Layout

{{layout}}

## Commands

{{development}}

## Recent history

{{state}}
`;

function describe(context: RepoContext, facts: RepoFacts, date: string): Values {
  const findings = findProblems(context, facts);
  return {
    name: escapeText(facts.name, 120) || 'Unnamed',
    summary:
      facts.summary === undefined
        ? ''
        : facts.summary.isMarkdown
          ? keepLiveLinks(facts.summary.text, listPaths(context).paths)
          : sentence(escapeText(facts.summary.text, 500)),
    date,
    commit: code(context.commit.slice(0, 10)),
    branch: context.branch === undefined ? '' : code(context.branch),
    layout: describeLayout(context, facts),
    ...describeUsage(facts),
    ...describeProject(context, facts, findings),
    ...describeReview(context, facts, findings),
    ...describeJournal(context, facts, date, findings),
  };
}

/** The order in which files were ranked for a model must not change what is written. */
function inPathOrder(context: RepoContext): RepoContext {
  return {...context, files: context.files.toSorted((a, b) => (a.path < b.path ? -1 : 1))};
}

function withoutFile(context: RepoContext, path: string): RepoContext {
  const isOther = (it: {readonly path: string}): boolean => it.path !== path;
  return {...context, files: context.files.filter(isOther), leftOut: context.leftOut.filter(isOther)};
}

function existingText(context: RepoContext, path: string): string | undefined {
  const file = context.files.find(it => it.path === path);
  if (file?.cut === true) {
    throw new JobFailure(
      'context-too-large',
      `${path} is shown only in part, so its text cannot be kept without a model`,
      {next: 'Raise "context_tokens".'},
    );
  }
  if (file === undefined && listPaths(context).paths.includes(path)) {
    throw new JobFailure(
      'context-empty',
      `${path} exists but may not be shown, so its text cannot be kept without a model`,
    );
  }
  return file?.text;
}

function fillDate(output: string, date: string): string {
  const [year = '', month = '', day = ''] = date.split('-');
  const path = output.endsWith('/') ? `${output}YYYY-MM-DD.md` : output;
  return path.replaceAll('YYYY', year).replaceAll('MM', month).replaceAll('DD', day);
}

const sentence = (text: string): string => (/[.!?…]$/.test(text) ? text : `${text}.`);
