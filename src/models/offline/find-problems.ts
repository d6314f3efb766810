import type {RepoContext} from '../../domain/context.ts';
import {isSamplePath, isTestPath, languageOf} from './languages.ts';
import {escapeText, plainLine} from './markdown.ts';
import type {RepoFacts} from './repo-facts.ts';

export interface Finding {
  readonly severity: 'high' | 'medium' | 'low';
  /** Markdown, one line. */
  readonly title: string;
  readonly path?: string;
  readonly line?: number;
  /** The line of code, as it is. */
  readonly evidence?: string;
  readonly fix: string;
}

/** What simple patterns and the layout show, worst first. It does not understand the code, and says only what a pattern can say. */
export function findProblems(context: RepoContext, facts: RepoFacts): Finding[] {
  const order = {high: 0, medium: 1, low: 2};
  return [...heldBack(context), ...inCode(context), ...inRepo(context, facts)].sort(
    (a, b) => order[a.severity] - order[b.severity],
  );
}

function heldBack(context: RepoContext): Finding[] {
  return context.leftOut
    .filter(({reason}) => reason === 'secret')
    .map(({path, detail}) => ({
      severity: 'high',
      title: `A file that looks like it holds a secret is committed${detail === undefined ? '' : ` (${escapeText(detail, 120)})`}`,
      path,
      fix: 'If it is real, revoke it first: history keeps it. Then remove the file from git and add its name to `.gitignore`.',
    }));
}

function inCode(context: RepoContext): Finding[] {
  const findings: Finding[] = [];
  for (const {path, text, cut} of context.files) {
    const language = languageOf(path);
    if (language === undefined || isSamplePath(path)) continue;
    const lines = text.split('\n');
    const used = new Map<Rule, number>();
    lines.forEach((raw, index) => {
      if (raw === '') return;
      const line = raw.slice(0, 400);
      const isComment = /^\s*(?:\/\/|#(?!include)|\*|\/\*|--|<!--|"""|%)/.test(line);
      for (const rule of rules) {
        if (rule.comments !== isComment && rule.comments !== undefined) continue;
        if (rule.languages !== undefined && !rule.languages.includes(language)) continue;
        if (rule.code && isTestPath(path)) continue;
        const match = rule.pattern.exec(line);
        if (
          match === null ||
          rule.unless?.test(
            lines
              .slice(Math.max(0, index - 2), index + 1)
              .join('\n')
              .slice(0, 1200),
          ) === true
        )
          continue;
        const times = (used.get(rule) ?? 0) + 1;
        used.set(rule, times);
        if (times > 3 || findings.length >= 200) continue;
        const words = match[1] === undefined ? '' : `: ${escapeText(match[1].replace(/\*\/|-->/g, ''), 160)}`;
        findings.push({
          severity: rule.severity,
          title: `${rule.title}${words}`,
          path,
          line: index + 1,
          evidence: plainLine(line, 160),
          fix: rule.fix,
        });
      }
    });
    if (!cut && lines.length > 800) {
      findings.push({
        severity: 'low',
        title: `A long file (${lines.length} lines)`,
        path,
        fix: 'Look for a second idea in it that could be a file of its own.',
      });
    }
  }
  return findings;
}

interface Rule {
  readonly severity: Finding['severity'];
  /** Its first group, if any, is shown behind the title. */
  readonly pattern: RegExp;
  readonly title: string;
  readonly fix: string;
  readonly languages?: readonly string[];
  /** True: only in comments; false: only outside; absent: both. */
  readonly comments?: boolean;
  /** Does not count in tests. */
  readonly code?: boolean;
  /** Takes it back when it matches this line or the two before. */
  readonly unless?: RegExp;
}

const scripts = ['JavaScript', 'TypeScript', 'Vue', 'Svelte'];
const note = 'Do it, or turn it into an issue so that it is not forgotten.';

const rules: readonly Rule[] = [
  {
    severity: 'high',
    pattern: /^(?:<{7}|>{7}) \S/,
    title: 'A merge conflict was committed',
    fix: 'Resolve it and commit again.',
  },
  {
    severity: 'high',
    pattern: /rejectUnauthorized: false|InsecureSkipVerify: true|verify=False/,
    comments: false,
    code: true,
    title: 'Certificates are not checked',
    fix: 'Check them; for a private authority, add its certificate.',
  },
  {
    severity: 'high',
    pattern: /\bgets\(/,
    languages: ['C', 'C++'],
    comments: false,
    title: 'A read without any bound',
    fix: 'Use `fgets` with the size of the buffer.',
  },
  {
    severity: 'medium',
    pattern: /\b(?:strcpy|strcat|sprintf|vsprintf)\(/,
    languages: ['C', 'C++'],
    comments: false,
    unless: /malloc\([^)\n]{0,80}strlen/,
    title: 'A copy without a bound can write past its buffer',
    fix: 'Use `snprintf` with the size of the target and check what it returns, or do not copy.',
  },
  {
    severity: 'medium',
    pattern: /^\s{0,40}def \w+\([^#\n]{0,300}=(?:\[\]|\{\}|set\(\))/,
    languages: ['Python'],
    title: 'A mutable default is shared by all calls',
    fix: 'Default to `None` and make a new one inside the function.',
  },
  {
    severity: 'medium',
    pattern: /^\s{0,40}except:/,
    languages: ['Python'],
    title: 'Every exception is caught, also `KeyboardInterrupt`',
    fix: 'Name the exceptions that are expected here.',
  },
  {
    severity: 'medium',
    pattern: /shell=True/,
    languages: ['Python'],
    comments: false,
    code: true,
    title: 'A command runs through the shell',
    fix: 'Pass a list of arguments and leave `shell` out.',
  },
  {
    severity: 'medium',
    pattern: /\byaml\.load\((?![^\n]{0,200}Safe)/,
    languages: ['Python'],
    comments: false,
    title: 'YAML is loaded with a loader that can make any object',
    fix: 'Use `yaml.safe_load`.',
  },
  {
    severity: 'medium',
    pattern: /(?<![.\w])eval\(/,
    languages: ['Python', ...scripts, 'PHP', 'Ruby'],
    comments: false,
    code: true,
    title: 'Text is run as code',
    fix: 'Parse the text instead.',
  },
  {
    severity: 'medium',
    pattern: /\.innerHTML\s?\+?=(?!\s?["'`]{2}|=)|dangerouslySetInnerHTML/,
    languages: scripts,
    comments: false,
    code: true,
    title: 'Text becomes HTML without being escaped',
    fix: 'Build elements and set `textContent`, or escape what is inserted.',
  },
  {
    severity: 'medium',
    pattern: /\bcatch\b\s?(?:\([^)]{0,100}\)\s?)?\{\s*\}/,
    languages: [...scripts, 'Java', 'Kotlin', 'C#', 'PHP', 'Scala'],
    comments: false,
    code: true,
    title: 'An error is caught and forgotten',
    fix: 'Report it, or say in a comment why it may be ignored and catch only that one.',
  },
  {
    severity: 'medium',
    pattern: /\bcurl\b[^|\n]{1,200}\|\s?(?:sudo )?(?:ba|z)?sh\b/,
    comments: false,
    title: 'A downloaded script runs unseen',
    fix: 'Download it, compare its checksum, then run it.',
  },
  {
    severity: 'low',
    pattern: /"math\/rand(?:\/v2)?"/,
    languages: ['Go'],
    code: true,
    title: '`math/rand` can be predicted',
    fix: 'Where a value must not be guessed, use `crypto/rand`.',
  },
  {
    severity: 'low',
    pattern: /\.printStackTrace\(\)/,
    languages: ['Java', 'Kotlin'],
    comments: false,
    code: true,
    title: 'A stack trace is printed instead of being handled',
    fix: 'Log it with what was being done, or let it go up.',
  },
  {
    severity: 'medium',
    pattern: /\b(?:FIXME|BUG|XXX)\b[:(]? ?([^\n]{3,200})/,
    comments: true,
    title: 'A known fault',
    fix: note,
  },
  {
    severity: 'low',
    pattern: /(?:\/\/|#|\*|--|%|;)[^\n"'`]{0,60}?\b(?:TODO|HACK)\b(?:\([^)\n]{1,40}\))?:? ?([^\n]{3,200})/,
    code: true,
    title: 'Something left to do',
    fix: note,
  },
];

function inRepo(context: RepoContext, facts: RepoFacts): Finding[] {
  const findings: Finding[] = [];
  const hasCode = facts.languages.length > 0;
  const add = (severity: Finding['severity'], title: string, fix: string): number =>
    findings.push({severity, title, fix});
  if (hasCode && facts.tests.length === 0)
    add('medium', 'There are no tests', 'Begin with one test of what would hurt most if it broke.');
  if (hasCode && facts.ci.length === 0)
    add('low', 'Nothing runs on a push', 'Let the host build and test every change.');
  if (facts.license === undefined)
    add('low', 'There is no licence', 'Without one nobody else may use the code; add a LICENSE file if they may.');
  if (facts.readme === undefined && !facts.paths.some(path => /^readme/i.test(path)))
    add('low', 'There is no README', 'Say in one sentence what it is and for whom, and how to start it.');
  const unlocked = facts.manifests.find(
    ({dependencies, path}) =>
      (dependencies?.length ?? 0) > 0 && /^(?:package\.json|composer\.json|Gemfile|go\.mod)$/.test(path),
  );
  if (unlocked !== undefined && facts.locks.length === 0)
    add(
      'low',
      `\`${unlocked.path}\` has dependencies but no lock file is committed`,
      'Commit the lock file, so that everyone builds the same.',
    );
  if (context.history.length > 4 && context.history.every(({body}) => body.trim() === ''))
    add('low', 'No commit says why', 'Give the reason in the body of a commit when the subject does not show it.');
  return findings;
}
