import {execFileSync} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import fc from 'fast-check';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {countLineChanges} from './count-line-changes.ts';

describe('countLineChanges', () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'orchestrator-test-'));
  });
  afterAll(() => rmSync(directory, {recursive: true}));

  it.each([
    ['', '', 0, 0],
    ['', 'a\nb\n', 2, 0],
    ['a\nb\n', '', 0, 2],
    ['a\nb\n', 'a\nb', 1, 1],
    ['a\nb\nc\n', 'a\nx\nc\n', 1, 1],
    ['a\r\nb\r\n', 'a\nb\n', 2, 2],
  ])('counts %j to %j as +%i -%i', (before, after, added, removed) => {
    expect(countLineChanges(before, after)).toEqual({added, removed});
  });

  it('counts as git does', () => {
    const text = fc
      .array(fc.constantFrom('a\n', 'b\n', 'c\n', '\n', 'd'), {maxLength: 30})
      .map(lines => lines.join(''));
    fc.assert(
      fc.property(text, text, (before, after) => {
        expect(countLineChanges(before, after)).toEqual(numstat(before, after));
      }),
      {numRuns: 100},
    );
  });

  it('stays quick on huge texts that have nothing in common, and still adds up', () => {
    const before = Array.from({length: 60_000}, (_, line) => `old ${line}\n`).join('');
    const after = Array.from({length: 50_000}, (_, line) => `new ${line}\n`).join('');
    const started = performance.now();
    expect(countLineChanges(before, after)).toEqual({added: 50_000, removed: 60_000});
    expect(performance.now() - started).toBeLessThan(2_000);
  });

  function numstat(before: string, after: string): {added: number; removed: number} {
    writeFileSync(join(directory, 'before'), before);
    writeFileSync(join(directory, 'after'), after);
    const args = ['diff', '--no-index', '--numstat', '--minimal', 'before', 'after'];
    let output = '';
    try {
      output = execFileSync('git', args, {cwd: directory, encoding: 'utf8'});
    } catch (error) {
      output = (error as {stdout: string}).stdout; // git exits with 1 when there are differences
    }
    const [added = '0', removed = '0'] = output === '' ? [] : output.split('\t');
    return {added: Number(added), removed: Number(removed)};
  }
});
