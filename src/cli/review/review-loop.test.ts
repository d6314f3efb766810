import {expect, it} from 'vitest';
import {type SeededChange, seedChanges, seededRunId} from '../../../test/support/seed-changes.ts';
import type {Ledger} from '../../ledger/ledger.ts';
import {makeTemporaryDirectory} from '../../testing/temporary-fleet.ts';
import {reviewChanges} from './review-loop.ts';
import type {ReviewQueue} from './review-queue.ts';

interface Sat {
  readonly queue: ReviewQueue;
  /** Each screen as it was drawn. */
  readonly screens: readonly string[];
  readonly opened: readonly string[];
  /** Decision by repo, as the ledger has it. */
  readonly decisions: Readonly<Record<string, string>>;
  readonly rejections: readonly unknown[];
}

/** Types these keys at what waits. */
async function sit(
  changes: readonly SeededChange[],
  keys: readonly string[],
  size = {columns: 80, rows: 24},
): Promise<Sat> {
  await using home = await makeTemporaryDirectory();
  const ledger = await seedChanges(home.path, changes);
  const screens: string[] = [];
  const opened: string[] = [];
  const left = [...keys];
  try {
    const queue = await reviewChanges(
      ledger,
      await ledger.changes({state: 'to-review'}),
      {
        color: false,
        size: () => size,
        draw(lines) {
          expect(lines).toHaveLength(size.rows);
          screens.push(lines.join('\n'));
        },
        key: async () => left.shift(),
        open: async (_name, text) => void opened.push(text),
      },
      (_run, job) => (job.repo === 'agent' ? 'turn 1\n  → edit' : undefined),
    );
    return {queue, screens, opened, decisions: await decisionsIn(ledger), rejections: await rejectionsIn(ledger)};
  } finally {
    await ledger.close();
  }
}

async function decisionsIn(ledger: Ledger): Promise<Record<string, string>> {
  const all = await ledger.changes({runId: seededRunId});
  return Object.fromEntries(all.map(({repo, decision}) => [repo, decision.kind]));
}

async function rejectionsIn(ledger: Ledger): Promise<unknown[]> {
  const all = await ledger.changes({state: 'rejected'});
  return all.map(({repo, decision}) => (decision.kind === 'rejected' ? [repo, decision.why, decision.text] : []));
}

const header: Pick<SeededChange, 'path' | 'text'> = {path: 'LICENSE', text: 'the same everywhere\n'};
const nine: readonly SeededChange[] = [
  ...['a', 'b', 'c', 'd'].map(repo => ({repo, ...header})),
  ...['e', 'f', 'g', 'h', 'i'].map(repo => ({repo, text: `# ${repo}\n`})),
];

it('decides on nine changes with fewer than 25 keys, the same ones at once', async () => {
  const keys = ['A', 'a', 'a', 'r', 'w', 'enter', 'a', 'a'];
  const {queue, decisions, screens} = await sit(nine, keys);
  expect(keys.length).toBeLessThan(25);
  expect(queue.isDone).toBe(true);
  expect(decisions).toEqual({
    ...{a: 'accepted', b: 'accepted', c: 'accepted', d: 'accepted', e: 'accepted', f: 'accepted'},
    ...{g: 'rejected', h: 'accepted', i: 'accepted'},
  });
  expect(screens[0]).toMatch(/1 of 9 {3}a · readme-generator · \+1 −0 in 1 file · 0\.0200 USD/);
  expect(screens[0]).toContain('A all 4');
  expect(screens[1]).toMatch(/5 of 9 {3}e · /);
});

it('shows the change, why, and what speaks against it, those with findings first', async () => {
  const {screens} = await sit(
    [
      {repo: 'plain'},
      {
        repo: 'api',
        path: 'src/a.ts',
        before: 'one\ntwo\n',
        text: 'one\nt\u202ewo\u001b[2J\n',
        summary: 'names \u001b[31mnpm start\nand more',
        findings: [{rule: 'hidden-characters', path: 'src/a.ts', detail: 'line 2 holds U+202E'}],
        verified: [{command: 'npm test', before: 'passed', after: 'failed', durationMs: 5, output: ''}],
      },
    ],
    ['q'],
  );
  expect(screens[0]).toContain(' 1 of 2   api · readme-generator · +1 −1 in 1 file · 0.0200 USD\n');
  expect(screens[0]).toContain(' ! verify: npm test ✗ failed\n');
  expect(screens[0]).toContain(' why: names \\u{1b}[31mnpm start');
  expect(screens[0]).toContain(' ! hidden-characters src/a.ts: line 2 holds U+202E');
  expect(screens[0]).toContain('     2 │ - two\n');
  expect(screens[0]).toContain('     2 │ + t\\u{202e}wo\\u{1b}[2J\n');
  expect(screens[0]).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
});

const broken: Pick<SeededChange, 'verified'> = {
  verified: [{command: 'sh check.sh', before: 'passed', after: 'failed', durationMs: 5, output: ''}],
};
const passed: Pick<SeededChange, 'verified'> = {
  verified: [{command: 'sh check.sh', before: 'passed', after: 'passed', durationMs: 7, output: 'ok'}],
};

it('decides on what failed or is flagged apart from the same edit where nothing speaks against it', async () => {
  const findings = [{rule: 'binary' as const, path: 'LICENSE', detail: 'bytes'}];
  const night = [
    {repo: 'a', ...header, ...passed},
    {repo: 'b', ...header, ...broken},
    {repo: 'c', ...header, ...passed},
    {repo: 'd', ...header, ...passed, findings},
  ];
  const {decisions, screens} = await sit(night, ['s', 's', 'A', 'q']);
  expect(decisions).toEqual({a: 'accepted', b: 'pending', c: 'accepted', d: 'pending'});
  expect(screens.map(screen => /of 4 {3}(\w)/.exec(screen)?.[1])).toEqual(['b', 'd', 'a', 'b']);
  expect(screens[2]).toContain(' the same in 2 repos: a, c\n');
  expect(screens[2]).toContain(' the same edit, other findings or checks, decided by itself: b, d\n');
  expect(screens[0]).not.toContain('A all');
});

it('comes in the same order, whichever job was ready first', async () => {
  const repos = async (night: readonly SeededChange[]) => (await sit(night, ['q'])).queue.changes.map(({repo}) => repo);
  const order = await repos(nine);
  expect(order).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i']);
  expect(await repos([...nine].reverse())).toEqual(order);
});

it('tells a finding to its end, whatever the width', async () => {
  const path = `services/${'deep/'.repeat(12)}ci.yml`;
  const detail = 'continuous integration: a person has to look at it';
  const [screen = ''] = (await sit([{repo: 'a', findings: [{rule: 'protected-path', path, detail}]}], ['q'])).screens;
  expect(screen.replaceAll(/\s+/g, '')).toContain(`protected-path${path}:${detail}`.replaceAll(' ', ''));
});

it('hides nothing behind the edge of the screen, or below it', async () => {
  const long = `${'x'.repeat(300)}EVIL`;
  const text = `${long}\n${Array.from({length: 100}, (_, index) => `line ${index}\n`).join('')}`;
  const {screens} = await sit([{repo: 'a', text}], [' ', ' ', ' ', ' ', ' ', ' ', ' ', 'b', 'q']);
  expect(screens[0]).toContain('EVIL');
  expect(screens[0]).toMatch(/↓ \d+ more lines/);
  expect(screens.slice(0, 8).join('\n')).toContain('line 99');
  expect(screens.every(screen => screen.split('\n').every(line => line.length <= 80))).toBe(true);
  for (let index = 0; index < 100; index++) expect(screens.join('\n')).toContain(`│ + line ${index}\n`);
});

it('takes decisions back one key at a time, in the ledger too', async () => {
  const {decisions, queue, screens} = await sit(nine, ['A', 'a', 'u', 'u', 'q']);
  expect(Object.values(decisions)).toEqual(Array.from({length: 9}, () => 'pending'));
  expect(queue.counts).toEqual({accepted: 0, rejected: 0, open: 9});
  expect(screens.at(-1)).toMatch(/1 of 9 {3}a · /);
});

it('rejects with a reason and words, and not when the person goes back', async () => {
  const words = [...'no, thanks', 'backspace', 'backspace'];
  const sat = await sit(nine.slice(4, 6), [
    'r',
    'escape',
    'r',
    's',
    ...'x',
    'escape',
    'r',
    'r',
    ...words,
    'enter',
    'q',
  ]);
  expect(sat.rejections).toEqual([['e', 'risky', 'no, than']]);
  expect(sat.decisions['f']).toBe('pending');
});

it('rejects all that are the same', async () => {
  const {rejections} = await sit(nine, ['R', 'u', 'enter', 'q']);
  expect(rejections).toEqual(['a', 'b', 'c', 'd'].map(repo => [repo, 'unwanted', undefined]));
});

it('leaves some for later, comes back to them, and goes back and forth', async () => {
  const {screens} = await sit(nine.slice(4, 7), ['s', 'a', 'a', 'k', 'j', 'j', 'q']);
  expect(screens.map(screen => /of 3 {3}(\w)/.exec(screen)?.[1])).toEqual(['e', 'f', 'g', 'e', 'g', 'e', 'f']);
});

it('shows the reply and the keys, and opens the patch elsewhere', async () => {
  const {screens, opened} = await sit(
    [{repo: 'a', reply: 'Here is \u001b]0;evil\u0007 it'}, {repo: 'b'}, {repo: 'agent', text: '# z\n'}],
    ['t', 'x', '?', 'q', 'j', 't', 'q', 'j', 't', 'q', 'o', 'q'],
  );
  expect(screens[1]).toContain('offline answered:');
  expect(screens[1]).toContain('Here is \\u{1b}]0;evil\\u{7} it');
  expect(screens[2]).toContain('README.md   (new)');
  expect(screens[3]).toContain('w wrong   u unwanted   s style   r risky');
  expect(screens[6]).toContain('no reply is recorded');
  expect(screens[9]).toContain('→ edit');
  expect(opened[0]).toContain('+++ b/README.md');
});

it.each([
  {columns: 40, rows: 8},
  {columns: 20, rows: 6},
  {columns: 200, rows: 60},
])('fits a terminal of $columns×$rows', async size => {
  const {screens} = await sit(nine, ['a', 'r', 'q', '?', 'q', 'q'], size);
  expect(screens.every(screen => screen.split('\n').every(line => [...line].length <= size.columns))).toBe(true);
});
