import type {RepoContext} from '../../domain/context.ts';
import {dayOf} from './day-of.ts';
import type {Values} from './fill-template.ts';
import type {Finding} from './find-problems.ts';
import {bullets, code, escapeText, linkTo, table} from './markdown.ts';
import type {RepoFacts} from './repo-facts.ts';

/** The parts of a project summary. */
export function describeProject(context: RepoContext, facts: RepoFacts, findings: readonly Finding[]): Values {
  return {
    at_a_glance: atAGlance(context, facts),
    entry_points: bullets(facts.entryPoints.map(({path, role}) => `${code(path)}: ${escapeText(role, 80)}`)),
    dependencies: dependencies(facts),
    state: state(context, facts),
    risks: bullets(
      findings
        .slice(0, 6)
        .map(
          ({severity, title, path, line}) =>
            `${severity[0]!.toUpperCase()}${severity.slice(1)}: ${title}${path === undefined ? '' : ` (${code(line === undefined ? path : `${path}:${line}`)})`}`,
        ),
    ),
    start_here: startHere(context, facts),
    languages: facts.languages
      .slice(0, 5)
      .map(({language}) => language)
      .join(', '),
    version: escapeText(facts.manifests.find(({version}) => version !== undefined)?.version ?? '', 60),
  };
}

function atAGlance(context: RepoContext, facts: RepoFacts): string {
  const named = facts.manifests.find(({version}) => version !== undefined);
  const newest = context.history[0];
  const stacks = [...new Set(facts.manifests.map(({stack}) => stack))];
  const rows: [string, string][] = [
    [
      'Languages',
      facts.languages
        .slice(0, 6)
        .map(({language, files}) => `${language} (${files} ${files === 1 ? 'file' : 'files'})`)
        .join(', '),
    ],
    ['Built with', stacks.join(', ')],
    [
      'Needs',
      facts.manifests
        .flatMap(({requires}) => requires ?? [])
        .map(text => escapeText(text, 80))
        .join(', '),
    ],
    ['Version', named === undefined ? '' : `${escapeText(named.version!, 60)} (${code(named.path)})`],
    [
      'Licence',
      facts.license === undefined ? 'none found' : escapeText(facts.license.name ?? facts.license.path ?? '', 60),
    ],
    ['Files', String(Math.max(context.fileCount, facts.paths.length))],
    [
      'Tests',
      facts.tests.length === 0 ? 'none found' : `${facts.tests.length} ${facts.tests.length === 1 ? 'file' : 'files'}`,
    ],
    [
      'Checked on push by',
      facts.ci
        .map(path => code(path))
        .slice(0, 3)
        .join(', '),
    ],
    [
      'Last commit',
      newest === undefined ? '' : `${dayOf(newest)} ${code(newest.id.slice(0, 7))} ${escapeText(newest.subject, 120)}`,
    ],
  ];
  return table(
    ['Property', 'Value'],
    rows.filter(([, value]) => value !== ''),
  );
}

function dependencies(facts: RepoFacts): string {
  const lines = [...facts.manifests, ...facts.nested]
    .slice(0, 12)
    .flatMap(({path, dependencies = [], developmentDependencies = []}) => {
      const names = (list: readonly string[]): string =>
        list
          .slice(0, 15)
          .map(name => code(name, 80))
          .join(', ') + (list.length > 15 ? ` and ${list.length - 15} more` : '');
      return [
        dependencies.length === 0 ? '' : `${code(path)}: ${names(dependencies)}`,
        developmentDependencies.length === 0 ? '' : `${code(path)}, for development: ${names(developmentDependencies)}`,
      ].filter(line => line !== '');
    });
  if (lines.length > 0) return bullets(lines);
  const packaged = facts.manifests.find(({dependencies: list}) => list !== undefined);
  return packaged === undefined ? '' : `None (${code(packaged.path)}).`;
}

function state(context: RepoContext, facts: RepoFacts): string {
  if (context.history.length === 0) return '';
  const authors = new Map<string, number>();
  for (const {author} of context.history) authors.set(author, (authors.get(author) ?? 0) + 1);
  const who = [...authors]
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .slice(0, 5)
    .map(([author, commits]) => `${escapeText(author, 60)} (${commits})`);
  const oldest = dayOf(context.history.at(-1)!);
  const span =
    context.history.length === 1
      ? `One commit is shown, of ${oldest},`
      : `${context.history.length} commits are shown, from ${oldest} to ${dayOf(context.history[0]!)},`;
  const recent = context.history
    .slice(0, 5)
    .map(commit => `${dayOf(commit)} ${escapeText(commit.subject, 120)} (${code(commit.id.slice(0, 7))})`);
  const packages = facts.nested
    .filter(({name}) => name !== undefined)
    .slice(0, 12)
    .map(({name, path}) => `${escapeText(name!, 80)} (${code(path)})`);
  const nested = packages.length === 0 ? '' : `\n\nPackages below the root: ${packages.join(', ')}.`;
  return `${span} by ${who.join(', ')}. The newest:\n\n${bullets(recent)}${nested}`;
}

function startHere(context: RepoContext, facts: RepoFacts): string {
  const counts = new Map<string, number>();
  for (const path of context.history.flatMap(({paths}) => paths ?? [])) counts.set(path, (counts.get(path) ?? 0) + 1);
  const busiest = [...counts]
    .filter(([path]) => facts.paths.includes(path))
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0];
  const steps: (readonly [string | undefined, string])[] = [
    [facts.readme?.path, 'what its authors say about it'],
    [facts.manifests[0]?.path, 'name, commands and dependencies'],
    ...facts.entryPoints.slice(0, 2).map(({path, role}) => [path, role] as const),
    [
      busiest !== undefined && busiest[1] > 1 ? busiest[0] : undefined,
      `changed most often (${busiest?.[1]} of the commits shown)`,
    ],
    [facts.tests[0], 'what is expected of it'],
  ];
  const seen = new Set<string>();
  const lines = steps.filter(
    (step): step is [string, string] => step[0] !== undefined && !seen.has(step[0]) && seen.add(step[0]) !== undefined,
  );
  return lines.map(([path, why], index) => `${index + 1}. ${linkTo(path)}: ${escapeText(why, 120)}`).join('\n');
}
