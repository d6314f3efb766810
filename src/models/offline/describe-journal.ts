import type {RepoContext, ShownCommit} from '../../domain/context.ts';
import {dayOf} from './day-of.ts';
import type {Values} from './fill-template.ts';
import type {Finding} from './find-problems.ts';
import {bullets, code, escapeText} from './markdown.ts';
import type {RepoFacts} from './repo-facts.ts';

const mostCommits = 60;

/** The parts of a journal entry for `date`: what came since the entry before it. */
export function describeJournal(
  context: RepoContext,
  facts: RepoFacts,
  date: string,
  findings: readonly Finding[],
): Values {
  const last = lastEntry(facts.paths, date);
  const commits = newCommits(context, last, date);
  const days = new Map<string, ShownCommit[]>();
  for (const commit of commits) days.set(dayOf(commit), [...(days.get(dayOf(commit)) ?? []), commit]);
  return {
    day_summary: daySummary(context, commits, days.size, last?.day, date),
    what_happened: [...days].map(([day, its]) => `### ${day}\n\n${bullets(its.map(describeCommit))}`).join('\n\n'),
    decisions: bullets(
      commits
        .filter(({body}) => reason(body) !== '')
        .slice(0, 20)
        .map(
          commit =>
            `**${escapeText(commit.subject, 120)}** (${code(commit.id.slice(0, 7))}): ${escapeText(reason(commit.body), 500)}`,
        ),
    ),
    open_threads: bullets(
      findings
        .filter(({title, line}) => line !== undefined && /^(?:Something left|A known fault)/.test(title))
        .slice(0, 10)
        .map(({title, path, line}) => `${code(`${path}:${line}`)}${title.replace(/^[^:]{1,40}/, '')}`),
    ),
  };
}

interface Entry {
  readonly day: string;
  readonly path: string;
}

function lastEntry(paths: readonly string[], date: string): Entry | undefined {
  const entries = paths.flatMap(path => {
    const day = /(?:^|\/)(?:journal|log)s?\/(?:[^/]+\/)*(\d{4}-\d{2}-\d{2})\.md$/.exec(path)?.[1];
    return day === undefined || day >= date ? [] : [{day, path}];
  });
  return entries.sort((a, b) => (a.day < b.day ? 1 : -1))[0];
}

/** A commit made on the day of the last entry counts when that entry does not name it. */
function newCommits(context: RepoContext, last: Entry | undefined, date: string): ShownCommit[] {
  const text = context.files.find(({path}) => path === last?.path)?.text;
  return context.history
    .filter(commit => dayOf(commit) <= date)
    .filter(commit => {
      if (last === undefined || dayOf(commit) > last.day) return true;
      return dayOf(commit) === last.day && text !== undefined && !text.includes(commit.id.slice(0, 7));
    })
    .slice(0, mostCommits);
}

function daySummary(
  context: RepoContext,
  commits: readonly ShownCommit[],
  days: number,
  since: string | undefined,
  date: string,
): string {
  const period =
    since === undefined
      ? `up to ${date}; this is the first entry, so it looks back over the history that is shown`
      : `from ${since} to ${date}`;
  if (commits.length === 0) {
    const newest = context.history[0];
    const before =
      newest === undefined
        ? ''
        : ` The last commit is ${code(newest.id.slice(0, 7))} of ${dayOf(newest)}: ${escapeText(newest.subject, 120)}.`;
    return `Nothing was committed ${since === undefined ? `up to ${date}` : `after the entry of ${since}`}.${before}`;
  }
  const authors = [...new Set(commits.map(({author}) => author))];
  const counts = new Map<string, number>();
  for (const path of commits.flatMap(({paths}) => paths ?? [])) counts.set(path, (counts.get(path) ?? 0) + 1);
  const busiest = [...counts]
    .filter(([, times]) => times > 1)
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .slice(0, 3);
  const touched =
    busiest.length === 0
      ? ''
      : ` Most often touched: ${busiest.map(([path, times]) => `${code(path)} (${times} times)`).join(', ')}.`;
  const who =
    authors
      .slice(0, 5)
      .map(author => escapeText(author, 60))
      .join(', ') + (authors.length > 5 ? ` and ${authors.length - 5} more` : '');
  return `${commits.length} ${commits.length === 1 ? 'commit' : 'commits'} on ${days} ${days === 1 ? 'day' : 'days'} by ${who}, ${period}.${touched}`;
}

function describeCommit(commit: ShownCommit): string {
  const paths = commit.paths ?? [];
  const files =
    paths.length === 0
      ? ''
      : `: ${paths
          .slice(0, 4)
          .map(path => code(path))
          .join(', ')}${paths.length > 4 ? ' and more' : ''}`;
  return `${escapeText(commit.subject, 160) || 'No subject'} (${code(commit.id.slice(0, 7))}, ${escapeText(commit.author, 60)})${files}`;
}

/** The first paragraph of the body, without trailers. */
function reason(body: string): string {
  const lines = body
    .slice(0, 4000)
    .trim()
    .split(/\n[ \t]*\n/, 1)[0]!
    .split('\n');
  return lines
    .filter(line => !/^[A-Z][A-Za-z-]{2,40}: \S/.test(line) || (lines.length === 1 && !/-by: /.test(line)))
    .join(' ')
    .trim();
}
