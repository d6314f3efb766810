import {mkdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {expect, it} from 'vitest';
import {reviewChanges} from '../../src/cli/review/review-loop.ts';
import {jobLabel} from '../../src/domain/job.ts';
import type {Ledger} from '../../src/ledger/ledger.ts';
import {makeTemporaryDirectory} from '../../src/testing/temporary-fleet.ts';
import {runCli} from '../support/captured-io.ts';
import {hostileTexts} from '../support/hostile-texts.ts';
import {type SeededChange, seedChanges, seededRunId} from '../support/seed-changes.ts';

/** Every text wherever a repo, a model, a command or git could have put it. */
function hostileChanges(texts: readonly string[]): SeededChange[] {
  return texts.flatMap((text, index): SeededChange[] => {
    // A ledger keeps text as UTF-8; so does git.
    const evil = text.toWellFormed().replaceAll('\0', '\u0001');
    return [
      {
        repo: `r${index}${evil}`,
        skill: `s${evil}`,
        path: `p${evil}.txt`,
        before: `old ${evil}\n`,
        text: `new ${evil} line\n`,
        summary: `because ${evil}`,
        findings: [{rule: 'protected-path', path: `p${evil}`, detail: `says ${evil}`}],
        verified: [{command: `make ${evil}`, before: 'passed', after: 'failed', durationMs: 1, output: evil}],
        reply: `I am ${evil}`,
      },
      {repo: `f${index}${evil}`, skill: `s${evil}`, failed: 'crashed', message: `git said ${evil}`},
    ];
  });
}

const commands: readonly (readonly string[])[] = [
  ...['status', 'history', 'report', 'review', 'diff', 'failures', 'deliver'].flatMap(name => [
    [name],
    [name, '--json'],
  ]),
  ...[
    ['diff', '--stat'],
    ['diff', '--name-only'],
    ['diff', '--json', '--content'],
    ['review', '--json', '--content'],
  ],
  ...[
    ['review', '--all'],
    ['accept', '--all', '--flagged', '--yes'],
    ['deliver', '--dry-run', '--yes'],
    ['report', '--md', '-'],
  ],
  ...[
    ['reject', '--all', '--yes'],
    ['review', '--all'],
    ['report', '--junit', '-'],
    ['status', seededRunId],
  ],
];

it('shows 300 hostile texts in every command without letting one act', async () => {
  await using home = await makeTemporaryDirectory();
  const ledger = await seedChanges(path.join(home.path, '.orchestrator'), hostileChanges(hostileTexts));
  await writeResults(ledger);
  const [some] = await ledger.changes();
  const named = [`r-9\u001b[2J`, some!.repo, jobLabel(some!)].flatMap(name => [
    ['history', name],
    ['diff', name],
    ['accept', name],
    ['logs', '--job', name, '--reply'],
    ['status', name],
    ['explain', name],
    [name],
    ['diff', `--${name}`],
  ]);
  try {
    for (const outIsTerminal of [false, true]) {
      for (const command of [...commands, ...named]) {
        const {out, err} = await runCli(home.path, command, {
          outIsTerminal,
          errIsTerminal: outIsTerminal,
          color: outIsTerminal,
        });
        for (const text of [out, err]) expect([command, unsafeIn(text)]).toEqual([command, []]);
      }
    }
    // The screen, too.
    const drawn: string[] = [];
    const keys = hostileTexts.flatMap(() => ['t', 'x', 'j']);
    const all = (await ledger.changes()).map(change => ({...change, decision: {kind: 'pending' as const}}));
    await reviewChanges(
      ledger,
      all,
      {
        color: true,
        size: () => ({columns: 100, rows: 30}),
        draw: lines => void drawn.push(lines.join('\n')),
        key: async () => keys.shift(),
        open: async () => {},
      },
      () => undefined,
    );
    expect(drawn.length).toBeGreaterThan(900);
    expect(drawn.flatMap(unsafeIn)).toEqual([]);
  } finally {
    await ledger.close();
  }
}, 60_000);

/** What is neither text nor a colour of ours. */
function unsafeIn(text: string): string[] {
  const bare = text.replaceAll(/\u001b\[[0-9;]*m/g, '');
  return [
    ...bare.matchAll(
      /.{0,20}(?:[\0-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u2028-\u202e\u2060-\u206f\u200b-\u200f\ufeff\ufff9-\ufffb\u3164]|[\u{e0000}-\u{e0fff}]|\p{Cs})/gu,
    ),
  ].map(([found]) => JSON.stringify(found));
}

/** `report` reads the results file, which others may have written. */
async function writeResults(ledger: Ledger): Promise<void> {
  const run = await ledger.run(seededRunId);
  mkdirSync(path.dirname(run!.resultsFile), {recursive: true});
  const {toResultRow} = await import('../../src/report/result-row.ts');
  const rows = (await ledger.jobs(seededRunId)).map(record => toResultRow(seededRunId, record));
  writeFileSync(run!.resultsFile, JSON.stringify(rows));
}
