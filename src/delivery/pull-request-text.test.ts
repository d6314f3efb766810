import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {forgeEffects} from '../../test/support/forge-effects.ts';
import {hostileWords} from '../../test/support/hostile-words.ts';
import {plainTitle} from '../util/plain-words.ts';
import {codeSpan, quoteAsMarkdown} from './neutral-markdown.ts';
import {composePullRequest, isAsWritten, type PullRequestFacts, readMarker, remark} from './pull-request-text.ts';

const facts: PullRequestFacts = {
  job: {task: 'READMEs', skill: 'readme-generator', repo: 'api', mode: 'simple', models: ['anthropic/claude']},
  runId: 'r-20261122-232933-4860',
  skillDigest: 'aa22e0349ba4ffff',
  change: {
    commit: '9e9e72dfd3d0aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
    files: [{path: 'README.md', added: 9, removed: 2}],
    edits: [{path: 'README.md', before: {kind: 'file', id: 'a'}, after: {kind: 'file', bytes: Buffer.from('x')}}],
    patchId: '5d7155e20abdbc0b',
  },
  cost: {usd: 0.0123},
  verified: [],
  headCommit: '9540fb56f57dc9d2311f2392829850cb41de087d',
};

const withSummary = (summary: string): PullRequestFacts => ({...facts, change: {...facts.change, summary}});

describe('the words of a pull request', () => {
  it('say what, why, how it was checked, what it cost, and how to say no', () => {
    const verified = [{command: 'npm test', before: 'failed', after: 'passed', durationMs: 5, output: 'ok'}] as const;
    const summary =
      '## Summary\n\nThe README named `npm start`; **package.json** has only `dev`.\n\n* Corrected the commands\n';
    const {title, body} = composePullRequest({...withSummary(summary), verified});
    expect(`${title}\n\n${body}`).toMatchInlineSnapshot(`
      "The README named npm start; package.json has only dev

      **What**, in the words of the model:

      > Summary
      >
      > The README named \`npm start\`; \`package.json\` has only \`dev\`.
      >
      > - Corrected the commands

      | file | added | removed |
      | --- | ---: | ---: |
      | \`README.md\` | 9 | 2 |

      **Why**: the task \`READMEs\` runs the skill \`readme-generator\` on this repository (mode simple, with \`anthropic/claude\`). It was made from commit \`9e9e72dfd3d0\`.

      **Checked**: the diff was counted by us and passed the policy (size, paths, secrets, hidden characters), and:

      - \`npm test\`: passed (before the change: failed)

      **Cost**: 0.0123 USD

      ---

      Made unattended by orchestrator: \`readme-generator aa22e0349ba4\`, run \`r-20261122-232933-4860\`.

      To say no, close it: the same change is not proposed again. To be left alone for ever, give it the label \`orchestrator-skip\`.

      <!-- orchestrator:pull-request {"patch":"5d7155e20abdbc0b","commit":"9540fb56f57dc9d2311f2392829850cb41de087d","run":"r-20261122-232933-4860","text":"d5f885aa46125c20"} -->"
    `);
  });

  it('are the same for the same change, and need no model', () => {
    const {title, body} = composePullRequest(facts);
    expect(title).toBe('readme-generator: update README.md');
    expect(body).toContain('**What**: `readme-generator` changed 1 file, +9 −2 lines.');
    expect(composePullRequest(facts)).toEqual({title, body});
    const unknown = composePullRequest({...facts, cost: {usd: null, reason: 'no price'}});
    expect(unknown.body).toContain('**Cost**: not known');
  });

  it('fit any forge, however much there is to say', () => {
    const files = Array.from({length: 5000}, (_, index) => ({
      path: `${'d/'.repeat(50)}${index}`,
      added: 1,
      removed: 1,
    }));
    const {title, body} = composePullRequest({
      ...facts,
      change: {...facts.change, files, summary: 'word '.repeat(1e5)},
    });
    expect(body.length).toBeLessThan(60_500);
    expect(title.length).toBeLessThanOrEqual(72);
    expect(body).toContain('(cut here)');
    expect(body).toContain('and 4950 more');
    expect(readMarker(body)?.patch).toBe(facts.change.patchId);
  });

  it('tell when a person has edited them, and keep what the person wrote', () => {
    const text = composePullRequest(facts);
    expect(isAsWritten(text)).toBe(true);
    expect(isAsWritten({...text, body: text.body.replaceAll('\n', '\r\n')})).toBe(true);
    expect(isAsWritten({...text, title: 'Better'})).toBe(false);
    const edited = {...text, body: `Looks fine to me.\n\n${text.body}`};
    expect(isAsWritten(edited)).toBe(false);
    const body = remark(edited, {patch: 'new', commit: 'c2', run: 'r-2'});
    expect(body).toContain('Looks fine to me.');
    expect(readMarker(body)).toMatchObject({patch: 'new', commit: 'c2', run: 'r-2'});
    expect(isAsWritten({title: text.title, body})).toBe(false);
    expect(readMarker('nothing')).toBeUndefined();
    expect(isAsWritten({title: '', body: 'nothing'})).toBe(false);
  });
});

describe('hostile words', () => {
  it('are at least 150, each another', () => {
    expect(new Set(hostileWords).size).toBe(hostileWords.length);
    expect(hostileWords.length).toBeGreaterThanOrEqual(150);
  });

  it.each(hostileWords)('make a forge do nothing: %j', words => {
    const {title, body} = composePullRequest(withSummary(words));
    expect(forgeEffects(body)).toEqual([]);
    expect(forgeEffects(title)).toEqual([]);
    expect(readMarker(body)).toMatchObject({run: facts.runId, patch: facts.change.patchId});
    const asName = composePullRequest({
      ...facts,
      change: {...facts.change, files: [{path: words, added: 1, removed: 0}], edits: [{path: words}]},
      job: {...facts.job, task: words},
      verified: [{command: words, before: 'passed', after: 'passed', durationMs: 1, output: words}],
    });
    expect(forgeEffects(asName.body)).toEqual([]);
    expect(forgeEffects(asName.title)).toEqual([]);
    expect(readMarker(asName.body)?.run).toBe(facts.runId);
  });

  it('are shown as they are known to be shown', async () => {
    const shown = hostileWords.map(
      words => `${JSON.stringify(words)}\n${quoteAsMarkdown(words, {maxLines: 20, maxCharacters: 500})}\n`,
    );
    await expect(shown.join('\n')).toMatchFileSnapshot('../../test/fixtures/hostile-words.golden.md');
  });

  it('do nothing in any mixture', () => {
    const piece = fc.oneof(
      fc.constantFrom(...hostileWords),
      fc.string({unit: 'binary'}),
      fc.constantFrom(' ', '\n', '`', '``', '@', '#1', '!['),
    );
    fc.assert(
      fc.property(fc.array(piece, {maxLength: 8}), pieces => {
        const words = pieces.join('');
        const {title, body} = composePullRequest(withSummary(words));
        expect(forgeEffects(body)).toEqual([]);
        expect(forgeEffects(title)).toEqual([]);
        expect(readMarker(body)?.run).toBe(facts.runId);
      }),
      {numRuns: 300},
    );
  });

  it('are found by the judge when they are not made harmless', () => {
    const active = hostileWords.filter(words => forgeEffects(words).length > 0);
    expect(active.length).toBeGreaterThan(hostileWords.length * 0.75);
  });
});

describe('plain words', () => {
  it.each([
    ['The README names `npm start`; there is only `dev`.', '> The README names `npm start`; there is only `dev`.'],
    ['Updated src/app.ts and README.md (twice).', '> Updated `src/app.ts` and `README.md` (twice).'],
    ["It's 3.5 times faster – don't ask why!", "> It's 3.5 times faster – don't ask why!"],
    ['Größe geändert, 変更済み.', '> Größe geändert, 変更済み.'],
  ])('stay words: %j', (text, shown) => {
    expect(quoteAsMarkdown(text, {maxLines: 10, maxCharacters: 1000})).toBe(shown);
  });

  it('become a title when enough of them is left', () => {
    expect(plainTitle('# Correct the commands in README.md\n\nMore.', 72)).toBe('Correct the commands in README.md');
    expect(plainTitle('fixes #1 for @ann', 72)).toBe('fixes for');
    expect(plainTitle('@ann #1', 72)).toBeUndefined();
    expect(plainTitle(`Long ${'word '.repeat(50)}`, 20)).toBe('Long word word word');
  });

  it('fit into one code span, whatever they hold', () => {
    expect(codeSpan('a`b')).toBe('``a`b``');
    expect(codeSpan('`a`')).toBe('`` `a` ``');
    expect(codeSpan('a|b')).toBe('`a¦b`');
    expect(codeSpan('npm i @acme/x')).toBe('`npm i @ acme/x`');
  });
});
