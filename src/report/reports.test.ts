import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {groupRows, summarizeRows} from './group-rows.ts';
import {renderJunit} from './junit-report.ts';
import {renderMarkdown} from './markdown-report.ts';
import {mergeRows} from './merge-rows.ts';
import type {ResultRow} from './results-schema.ts';

function row(repo: string, more: Partial<ResultRow> = {}): ResultRow {
  return {
    run: 'r-1',
    task: 'Update READMEs',
    skill: 'readme-generator',
    repo,
    path: `/fleet/${repo}`,
    job: `readme-generator/${repo}`,
    status: 'success',
    outcome: 'changed',
    mode: 'simple',
    model: 'offline',
    output_file: 'README.md',
    cost_usd: 0.5,
    ...more,
  };
}

const failed = {status: 'error', outcome: 'path-missing', message: 'Path does not exist', next: 'Clone it.'} as const;
const notStarted = {
  status: 'cancelled',
  outcome: 'not-started',
  reason: 'budget',
  message: 'not-started: budget',
} as const;
const upToDate = {status: 'skipped', outcome: 'up-to-date', message: 'Nothing changed since r-0'} as const;

describe('groups', () => {
  it('puts failures first, then what was left undone, then what ended well', () => {
    const rows = [row('a'), row('b', upToDate), row('c', {status: 'pending'}), row('d', notStarted), row('e', failed)];
    expect(groupRows(rows).map(group => group.kind)).toEqual([
      'failed',
      'not-started',
      'unfinished',
      'changed',
      'up-to-date',
    ]);
    expect(groupRows(rows)[0]).toMatchObject({
      reason: 'path-missing',
      cause: 'The path of the repo does not exist on this machine.',
      retry: 'after-fix',
    });
  });

  it('says a sum that leaves out what nobody knows', () => {
    expect(summarizeRows([row('a'), row('b', {cost_usd: null}), row('c', failed)])).toBe(
      '3 jobs: 1 failed, 2 changed; 1.0000 USD plus 1 of unknown cost',
    );
  });
});

describe('what is held', () => {
  const held = {
    status: 'error',
    outcome: 'held-for-review',
    message: 'a protected path',
    next: 'orchestrator review',
  } as const;

  it('waits for a person: it did not fail, and it is not done', () => {
    const rows = [row('a'), row('b', held), row('c', failed)];
    expect(groupRows(rows).map(group => group.kind)).toEqual(['failed', 'held', 'changed']);
    expect(summarizeRows(rows)).toBe('3 jobs: 1 failed, 1 held for review, 1 changed; 1.5000 USD');
    expect(renderMarkdown(rows, 'r-1')).toContain('## Held for review\n');
    const junit = renderJunit(rows);
    expect(junit).toContain('tests="3" failures="1" errors="1" skipped="0"');
    expect(junit).toContain('<error type="held-for-review" message="a protected path">orchestrator review</error>');
  });
});

describe('merging', () => {
  it('takes the newest end of a job, whatever the order of the files', () => {
    const old = [row('a', {...failed, timestamp: '2025-12-01T02:00:00Z'}), row('b')];
    const newer = [row('a', {timestamp: '2025-12-01T03:00:00Z'}), row('c')];
    const expected = {a: 'success', b: 'success', c: 'success'};
    for (const lists of [
      [old, newer],
      [newer, old],
    ]) {
      expect(Object.fromEntries(mergeRows(lists).map(({repo, status}) => [repo, status]))).toEqual(expected);
    }
  });

  it('lets a job that ended win over the same job that has not', () => {
    const ended = row('a', {timestamp: '2025-12-01T02:00:00Z'});
    const lists = [[row('a', {status: 'running'})], [ended], [row('a', {status: 'pending'})]];
    expect(mergeRows(lists)).toEqual([ended]);
  });

  it('keeps the same repo under two skills or two tasks apart', () => {
    expect(mergeRows([[row('a')], [row('a', {skill: 'journal'})], [row('a', {task: 'Other'})]])).toHaveLength(3);
  });
});

describe('JUnit', () => {
  it('is green only where the exit code is 0', () => {
    expect(
      renderJunit([
        row('a'),
        row('b', upToDate),
        row('c', failed),
        row('d', notStarted),
        row('e', {status: 'running'}),
      ]),
    ).toMatchInlineSnapshot(`
        "<?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="orchestrator" tests="5" failures="1" errors="2" skipped="1" time="0.000">
          <testsuite name="Update READMEs" tests="5" failures="1" errors="2" skipped="1" time="0.000">
            <testcase classname="readme-generator" name="a" time="0.000"/>
            <testcase classname="readme-generator" name="b" time="0.000">
              <skipped message="Nothing changed since r-0"/>
            </testcase>
            <testcase classname="readme-generator" name="c" time="0.000">
              <failure type="path-missing" message="Path does not exist">Clone it.</failure>
            </testcase>
            <testcase classname="readme-generator" name="d" time="0.000">
              <error type="not-started" message="not-started: budget">orchestrator resume</error>
            </testcase>
            <testcase classname="readme-generator" name="e" time="0.000">
              <error type="running" message="running">orchestrator resume</error>
            </testcase>
          </testsuite>
        </testsuites>
        "
      `);
  });

  it('stays well-formed whatever a repo and a message are called', () => {
    fc.assert(
      fc.property(fc.string({unit: 'binary'}), fc.string({unit: 'binary'}), (repo, message) => {
        const xml = renderJunit([row(repo, {...failed, message})]);
        // Every "<" starts one of our own tags, and there is nothing that XML 1.0 forbids.
        expect(xml.match(/<(?!\/?(?:testsuites|testsuite|testcase|failure)\b|\?xml )/)).toBeNull();
        expect(xml.match(/&(?!(?:amp|lt|gt|quot);)/)).toBeNull();
        expect(xml.match(/[^\n\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u)).toBeNull();
        expect(xml.split('\n')).toHaveLength(9);
      }),
    );
  });
});

describe('Markdown', () => {
  it('keeps mentions, links, images and tables of others inside code', () => {
    const markdown = renderMarkdown([row('a|b', {...failed, message: 'see @you ![x](http://x) `code` | <b>'})], 'r-1');
    expect(markdown).toContain(
      '| `readme-generator/a\\|b` | ``see @you ![x](http://x) `code` \\| <b>`` | `Clone it.` | 0.5000 |',
    );
  });

  it('says cause, whether a retry helps and what to do once for each reason', () => {
    const markdown = renderMarkdown([row('a', failed), row('b', failed), row('c')], 'r-1');
    expect(markdown.match(/\*\*path-missing\*\* \(2\)/g)).toHaveLength(1);
    expect(markdown.indexOf('## Failed')).toBeLessThan(markdown.indexOf('## Changed'));
  });
});
