import {createHash} from 'node:crypto';
import {expect, it} from 'vitest';
import {htmlPayloads} from '../../test/support/html-payloads.ts';
import {samplePatch} from '../../test/support/sample-patch.ts';
import {renderHtml} from './html-report.ts';
import {readPatch} from './patch-view.ts';
import type {ResultRow} from './results-schema.ts';

const row = (repo: string, more: Partial<ResultRow> = {}): ResultRow => ({
  run: 'r-1',
  task: 'T',
  skill: 's',
  repo,
  path: null,
  job: `s/${repo}`,
  status: 'success',
  outcome: 'changed',
  mode: 'simple',
  model: null,
  output_file: 'README.md',
  ...more,
});
const render = (rows: readonly ResultRow[], patch?: string): string =>
  renderHtml({
    title: 'r-1',
    rows,
    madeAt: 0,
    changeOf: ({outcome}) =>
      patch === undefined || outcome !== 'changed'
        ? undefined
        : {files: readPatch(patch, 1000), findings: [], verified: [], decision: {kind: 'pending'}},
  });

it('puts failures first, each with its cause and what to do next', () => {
  const html = render([
    row('good'),
    row('bad', {status: 'error', outcome: 'reply-empty', message: 'nothing came', next: 'x'}),
  ]);
  expect(html.indexOf('"row">bad')).toBeGreaterThan(0);
  expect(html.indexOf('"row">bad')).toBeLessThan(html.indexOf('"row">good'));
  expect(html).toContain('The reply has no text.');
  expect(html).toContain('orchestrator retry');
  expect(html).toContain('nothing came');
});

it('allows its own style and script by their digests, and nothing else', () => {
  const html = render([row('api')], samplePatch);
  const [, policy = ''] = /Content-Security-Policy" content="([^"]*)"/.exec(html) ?? [];
  const digest = (tag: string): string => {
    const [, body = ''] = new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`).exec(html) ?? [];
    return `sha256-${createHash('sha256').update(body).digest('base64')}`;
  };
  expect(policy).toBe(
    `default-src 'none'; style-src '${digest('style')}'; script-src '${digest('script')}'; base-uri 'none'; form-action 'none'`,
  );
  expect(html).not.toMatch(/https?:|\bsrc=|\burl\(|\son\w+=|style=/);
});

it('shows the diff with what a reader of the lines alone would miss', () => {
  const html = render([row('api')], samplePatch);
  expect(html).toContain('<span class="chip chip-bad">new link</span>');
  expect(html).toContain('<span class="chip chip-bad">mode 100644 → 100755</span>');
  expect(html).toContain('<mark>run dev</mark>');
});

it('turns no text into an element, whatever it is', () => {
  const plain = render([row('x', {message: 'x', status: 'error', outcome: 'crashed', next: 'x'})]);
  const tags = (html: string): number => html.match(/<[a-z/!]/gi)!.length;
  for (const text of htmlPayloads(200)) {
    const hostile = render([row(text, {skill: text, message: text, status: 'error', outcome: 'crashed', next: text})]);
    const chips = hostile.match(/<span class="chip chip-bad">/g)?.length ?? 0;
    // The repo stands in the table only, what is hidden becomes a chip: an element that opens and ends.
    expect([text, tags(hostile)]).toEqual([text, tags(plain) + 2 * chips]);
  }
});

it('leaves diffs out when the file would become too long, and says so', () => {
  const long = `diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -0,0 +1,900 @@\n${'+y\n'.repeat(900)}`;
  const html = render(
    Array.from({length: 100}, (_, index) => row(`repo-${index}`)),
    long,
  );
  expect(html.match(/This diff is left out/g)).toHaveLength(56);
  expect(html.match(/<details/g)).toHaveLength(100);
});
