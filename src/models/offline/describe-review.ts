import type {LeftOut, RepoContext} from '../../domain/context.ts';
import type {Values} from './fill-template.ts';
import type {Finding} from './find-problems.ts';
import {bullets, code, escapeText} from './markdown.ts';
import type {RepoFacts} from './repo-facts.ts';

const mostFindings = 25;

/** The parts of a code review. */
export function describeReview(context: RepoContext, facts: RepoFacts, findings: readonly Finding[]): Values {
  const count = (severity: Finding['severity']): number =>
    findings.filter(finding => finding.severity === severity).length;
  const by = (['high', 'medium', 'low'] as const)
    .filter(severity => count(severity) > 0)
    .map(severity => `${count(severity)} ${severity}`);
  const shown = `Patterns were looked for in ${plural(context.files.length, 'file')} at commit ${code(context.commit.slice(0, 10))}; nobody has read the code for its meaning.`;
  return {
    verdict: `${findings.length === 0 ? 'No findings.' : `${plural(findings.length, 'finding')}: ${by.join(', ')}.`} ${shown}`,
    findings: findings.length === 0 ? 'No findings.' : listFindings(findings),
    strengths: bullets(strengths(context, facts)),
    not_reviewed: bullets(notReviewed(context)),
  };
}

function listFindings(findings: readonly Finding[]): string {
  const shown = findings.slice(0, mostFindings).map((finding, index) => {
    const lines = [
      `### ${index + 1}. ${finding.severity[0]!.toUpperCase()}${finding.severity.slice(1)}: ${finding.title}`,
      '',
    ];
    if (finding.path !== undefined)
      lines.push(`- Where: ${code(finding.line === undefined ? finding.path : `${finding.path}:${finding.line}`)}`);
    if (finding.evidence !== undefined) lines.push(`- Evidence: ${code(finding.evidence)}`);
    lines.push(`- Fix: ${finding.fix}`);
    return lines.join('\n');
  });
  if (findings.length > mostFindings) shown.push(`${findings.length - mostFindings} more of lower rank are left out.`);
  return shown.join('\n\n');
}

function strengths(context: RepoContext, facts: RepoFacts): string[] {
  const reasons = context.history.filter(({body}) => body.trim() !== '').length;
  return [
    facts.tests.length > 0
      ? `Tests are there (${plural(facts.tests.length, 'file')}, such as ${code(facts.tests[0]!)}).`
      : undefined,
    facts.ci.length > 0 ? `Changes are checked by the host (${code(facts.ci[0]!)}).` : undefined,
    facts.locks.length > 0 ? `Dependencies are locked (${code(facts.locks[0]!)}).` : undefined,
    facts.manifests.some(({dependencies}) => dependencies !== undefined) &&
    facts.manifests.every(({dependencies}) => (dependencies?.length ?? 0) === 0)
      ? 'It has no dependencies to keep up with.'
      : undefined,
    reasons > 0
      ? `${reasons} of the ${plural(context.history.length, 'commit')} looked at ${reasons === 1 ? 'says' : 'say'} why.`
      : undefined,
    facts.license?.path === undefined ? undefined : 'A licence is included.',
  ].filter(line => line !== undefined);
}

function notReviewed(context: RepoContext): string[] {
  const groups = new Map<LeftOut['reason'], string[]>();
  for (const {path, reason} of context.leftOut) groups.set(reason, [...(groups.get(reason) ?? []), path].slice(0, 4));
  const lines = [...groups].map(([reason, paths]) => {
    const total = context.leftOut.filter(entry => entry.reason === reason).length;
    const names = paths
      .slice(0, 3)
      .map(path => code(path))
      .join(', ');
    return `${escapeText(reason)}: ${names}${total > 3 ? ` and ${total - 3} more` : ''}`;
  });
  const cut = context.files.filter(file => file.cut);
  if (cut.length > 0)
    lines.push(
      `only the beginning: ${cut
        .slice(0, 3)
        .map(file => code(file.path))
        .join(', ')}${cut.length > 3 ? ` and ${cut.length - 3} more` : ''}`,
    );
  return lines;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
