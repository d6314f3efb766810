import {exitCodeOf, failureReasons, notStartedReasons, type Outcome} from '../src/domain/outcome.ts';

type Family = (typeof failureReasons)[keyof typeof failureReasons]['family'];

/** What a family of failures is about, and where its evidence is beside the message. */
const families: Readonly<Record<Family, {readonly title: string; readonly evidence: string}>> = {
  repo: {title: 'The repo', evidence: 'The message names the path and what was found there.'},
  context: {
    title: 'What the model is shown',
    evidence:
      'The row names files that were held back (`held_back`) and counts those left out (`left_out`); `orchestrator plan` lists them.',
  },
  provider: {
    title: 'The provider',
    evidence:
      'The message has the status and words of the provider; the log has one line for every retry, with its cause.',
  },
  reply: {
    title: 'The reply',
    evidence: 'A whole reply is recorded: `orchestrator logs --job SKILL/REPO --reply` prints it.',
  },
  agent: {
    title: 'The agent',
    evidence: 'Every turn is recorded: `orchestrator logs --job SKILL/REPO --transcript` prints them.',
  },
  check: {
    title: 'Checks',
    evidence: 'The message names the check; `orchestrator logs --job SKILL/REPO --reply` prints what it looked at.',
  },
  delivery: {title: 'Delivery', evidence: 'The message names the path in the repo. Nothing was written.'},
  us: {
    title: 'The orchestrator itself',
    evidence: 'The log of the job has the details: `orchestrator logs --job SKILL/REPO`.',
  },
};

const retryWords = {yes: 'yes', 'after-fix': 'after the fix', no: 'no'} as const;

const outcomes: Readonly<
  Record<Outcome['status'], {readonly status: string; readonly meaning: string; readonly next: string}>
> = {
  changed: {
    status: 'success',
    meaning: 'A change was made and its delivery is recorded. `files` and `delivered` in the row are the proof.',
    next: 'Look at the diff in the repo.',
  },
  unchanged: {
    status: 'success',
    meaning: 'The result is what stands in the repo already; nothing was written.',
    next: 'Nothing.',
  },
  'up-to-date': {
    status: 'skipped',
    meaning:
      'Nothing that the result depends on changed since an earlier run: no call, no write. The message names that run.',
    next: 'Nothing; `orchestrator explain REPO` says what was compared, `--force` runs it all the same.',
  },
  'not-started': {
    status: 'cancelled',
    meaning: 'The job was not started, or stopped before it had an effect; `reason` says why.',
    next: '`orchestrator resume`',
  },
  failed: {
    status: 'error',
    meaning: 'The job failed; its outcome is one of the reasons below.',
    next: '`orchestrator report`, then `orchestrator retry`',
  },
};

/** docs/reference/outcomes.md, from the one list of outcomes. */
export function renderOutcomes(): string {
  const names = Object.keys(outcomes) as Outcome['status'][];
  const reasons = Object.entries(failureReasons);
  return [
    '# Outcomes',
    '',
    'Every job ends in exactly one outcome. Results file, log, report, JUnit and exit code all come from it.',
    'This page is made from `src/domain/outcome.ts`.',
    '',
    ...table(
      ['Outcome', '`status` in the row', 'Exit code of a run with it', 'Means', 'Next'],
      names.map(name => [
        name === 'failed' ? 'a failure reason' : code(name),
        code(outcomes[name].status),
        String(exitCodeOf([{status: name}])),
        outcomes[name].meaning,
        outcomes[name].next,
      ]),
    ),
    '',
    '## Why a job was not started',
    '',
    ...table(
      ['Reason', 'Cause', 'Next'],
      Object.entries(notStartedReasons).map(([name, cause]) => [code(name), cause, '`orchestrator resume`']),
    ),
    '',
    `## Why a job failed (${reasons.length} reasons)`,
    '',
    'The row of a failed job says what happened and where in `message`, and what to do in `next`. The log has the same in one line.',
    '"A retry helps": whether running the job again with `orchestrator retry` can end better.',
    '',
    ...(Object.keys(families) as Family[]).flatMap(family => [
      `### ${families[family].title}`,
      '',
      families[family].evidence,
      '',
      ...table(
        ['Reason', 'Cause', 'What to do', 'A retry helps'],
        reasons.flatMap(([name, info]) =>
          info.family === family ? [[code(name), info.cause, info.next, retryWords[info.retry]]] : [],
        ),
      ),
      '',
    ]),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)];
}

function code(text: string): string {
  return `\`${text}\``;
}
