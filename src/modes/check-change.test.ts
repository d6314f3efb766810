import {describe, expect, it} from 'vitest';
import type {TreeEntry} from '../domain/git.ts';
import type {Mode, SkillChecks} from '../domain/skill.ts';
import {gitBlobId} from '../util/git-blob-id.ts';
import {checkChange} from './check-change.ts';

interface Given {
  /** Files of the planned commit. */
  readonly repo?: Readonly<Record<string, string>>;
  /** What the change makes of them; null removes. */
  readonly change: Readonly<Record<string, string | null>>;
  readonly checks?: SkillChecks;
  readonly mode?: Mode;
  readonly output?: string;
}

/** What the check says, or undefined. */
async function check({repo = {}, change, checks = {links: true}, mode = 'simple', output}: Given) {
  const idOf = (text: string): string => gitBlobId('sha1', Buffer.from(text));
  const blobs = new Map(Object.values(repo).map(text => [idOf(text), Buffer.from(text)]));
  const entries = new Map(
    Object.entries(repo).map(([path, text]): [string, TreeEntry] => [
      path,
      {path, kind: 'file', id: idOf(text), readable: true},
    ]),
  );
  const edits = Object.entries(change).map(([path, text]) => ({
    path,
    ...(entries.has(path) ? {before: entries.get(path)!} : {}),
    ...(text === null ? {} : {after: {kind: 'file' as const, bytes: Buffer.from(text)}}),
  }));
  try {
    await checkChange({
      change: {edits},
      job: {mode, outputs: [output ?? 'TIDY.md']},
      skill: {checks, outputs: [], ...(output === undefined ? {} : {output})},
      entries,
      reader: {blobs: async ids => ids.map(id => blobs.get(id))},
    });
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

const repo = {
  'docs/guide.md':
    '# The guide\n\n## Set it up\n\n## Set it up\n\n### `run` & go!\n\nOld way\n-------\n\n<a id="Here"></a>\n',
  'src/main.ts': 'x\n',
  LICENSE: 'MIT\n',
  'with space.md': '# S\n',
  'img/a(1).png': 'x',
};

describe('links', () => {
  it.each([
    '[a](docs/guide.md)',
    '[a](./docs/guide.md#the-guide)',
    '[a](docs/guide.md#set-it-up-1)',
    '[a](docs/guide.md#run--go)',
    '[a](docs/guide.md#run-go)',
    '[a](docs/guide.md#old-way)',
    '[a](docs/guide.md#here)',
    '[a](docs/)',
    '[a](docs)',
    '[a](/LICENSE)',
    '[a](src/main.ts#L10-L20)',
    '[a](src/main.ts?raw=true "title")',
    '[a](<with space.md>)',
    '[a](with%20space.md)',
    '![a](img/a(1).png)',
    '[![a](img/a(1).png)](LICENSE)',
    '[a](#about)',
    '[a](#top)',
    '[a](https://example.com/nowhere)',
    '[a](mailto:a@b.c)',
    '[a](//cdn.example/x)',
    '[a](../../issues)',
    '[a](../../actions/workflows/ci.yml/badge.svg)',
    '`[a](nowhere.md)`',
    '`` `[a](nowhere.md) ``',
    '```\n[a](nowhere.md)\n```',
    '    [a](nowhere.md)',
    '<!-- [a](nowhere.md) -->',
    '[r]\n\n[r]: docs/guide.md#the-guide',
    '<img src="img/a(1).png">',
    '[^1]\n\n[^1]: nowhere.md said so',
    '[a](new.md)',
  ])('lets %j through', async line => {
    const change = {'README.md': `# About\n\n${line}\n`, 'new.md': '# N\n'};
    expect(await check({repo, change})).toBeUndefined();
  });

  it.each([
    ['[a](nowhere.md)', 'leads to nothing in the repo'],
    ['[a](docs/nowhere/)', 'leads to nothing in the repo'],
    ['[a](Docs/guide.md)', 'leads to nothing in the repo'],
    ['[a](docs/guide.md#nowhere)', 'names a heading that is not there'],
    ['[a](#nowhere)', 'names a heading that is not there'],
    ['![a](nowhere.png)', 'leads to nothing in the repo'],
    ['[a][r]\n\n[r]: nowhere.md', 'leads to nothing in the repo'],
    ['<a href="nowhere.md">x</a>', 'leads to nothing in the repo'],
    ['[a](../outside.md)', 'leads out of the repo'],
    ['[a](/../../etc/passwd)', 'leads out of the repo'],
    ['[a](gone.md)', 'leads to nothing in the repo'],
    ['- item\n  [a](nowhere.md)', 'leads to nothing in the repo'],
    ['`code` [a](nowhere.md) `more`', 'leads to nothing in the repo'],
    ['`code [a](nowhere.md) ``', 'leads to nothing in the repo'],
  ])('stops %j', async (line, said) => {
    const change = {'README.md': `# About\n\n${line}\n`, 'gone.md': null};
    expect(await check({repo: {...repo, 'gone.md': 'x'}, change})).toContain(said);
  });

  it('resolves from the folder of the file', async () => {
    expect(await check({repo, change: {'docs/b.md': '# B\n\n[a](guide.md) [b](../LICENSE)\n'}})).toBeUndefined();
    expect(await check({repo, change: {'docs/b.md': '# B\n\n[a](LICENSE)\n'}})).toContain('"docs/b.md"');
  });

  it('does not blame the change for links that were broken before, and asks only when the skill does', async () => {
    const before = {'README.md': '# A\n\n[a](nowhere.md)\n'};
    expect(await check({repo: before, change: {'README.md': '# A\n\nmore\n\n[a](nowhere.md)\n'}})).toBeUndefined();
    expect(await check({repo: before, change: {'README.md': '# A\n\n[a](nowhere.md) [b](either.md)\n'}})).toContain(
      'either.md',
    );
    expect(await check({change: {'README.md': '# A\n\n[a](nowhere.md)\n'}, checks: {}})).toBeUndefined();
    expect(await check({change: {'a.txt': '[a](nowhere.md)\n'}})).toBeUndefined();
  });

  it('names five and counts the rest', async () => {
    const links = Array.from({length: 8}, (_, index) => `[a](n${index}.md)`).join(' ');
    expect(await check({change: {'README.md': `# A\n\n${links}\n`}})).toMatch(/n0\.md.*n4\.md.*; and 3 more\.$/);
  });

  it.each(['[', '[a](', '`', '<a ', '[a]((', '](<', '<a href="', '<h1>', '](\\', '# [a]('])(
    'takes time in proportion to a text of %j',
    async piece => {
      const started = performance.now();
      await check({change: {'README.md': `# A\n\n# ${piece.repeat(100_000)}\n\n[a](#b)\n`}});
      // What grows with the square takes a minute.
      expect(performance.now() - started).toBeLessThan(5_000);
    },
  );
});

describe('Markdown', () => {
  it.each([
    '| a | b |\n| --- | --- |\n| 1 | 2 |\n| 1 |',
    '| a | b |\n|:-:|--:|\n| `x \\| y` | 2 |',
    'a | b\n--- | ---\n1 | 2',
    '```\n| a | b |\n| --- |\n```',
    'text\n---\n\nmore',
    '| a |\n| --- |\n',
    '> | a | b |\n> | - | - |\n> | 1 | 2 |',
    '````md\n```js\n```\n````',
  ])('lets %j through', async text => {
    expect(await check({change: {'a.md': `# A\n\n${text}\n`}})).toBeUndefined();
  });

  it.each([
    ['```js\nx', 'a code fence is never closed'],
    ['~~~\nx\n```', 'a code fence is never closed'],
    ['<!-- x', 'a comment is never closed'],
    ['| a | b | c |\n| --- | --- |\n| 1 | 2 |', 'has 3 heads over 2 columns'],
    ['| a | b |\n| --- | --- |\n| `x | y` | 2 |', 'has 3 cells in 2 columns'],
  ])('stops %j', async (text, said) => {
    expect(await check({change: {'a.md': `# A\n\n${text}\n`}, mode: 'agent'})).toContain(said);
    expect(
      await check({change: {'a.md': `# A\n\n${text}\n`}, checks: {markdown: false}, mode: 'agent'}),
    ).toBeUndefined();
    expect(
      await check({repo: {'a.md': `# A\n\n${text}\n`}, change: {'a.md': `# A\n\nmore\n\n${text}\n`}}),
    ).toBeUndefined();
  });
});

describe('the checks of a skill in other modes than simple', () => {
  const checks: SkillChecks = {mustContain: ['License'], minCharacters: 20};

  it('are about the declared output', async () => {
    const given = {mode: 'agent', output: 'docs/x.md', checks} as const;
    expect(await check({...given, change: {'docs/x.md': '# X\n\nThe License is there.\n'}})).toBeUndefined();
    expect(await check({...given, change: {'docs/x.md': '# X\n\nNothing of the kind.\n'}})).toContain(
      'must contain "License"',
    );
    expect(await check({...given, change: {'docs/x.md': 'License without a heading\n'}})).toContain(
      'heading of level one',
    );
    expect(await check({...given, change: {'src/a.ts': 'x\n'}})).toBeUndefined();
  });

  it('are about all that changed where no output is declared, of which no file need be a document', async () => {
    const given = {mode: 'script', checks} as const;
    expect(await check({...given, change: {'a.md': 'see the License\n', 'b.ts': '// License here\n'}})).toBeUndefined();
    expect(await check({...given, change: {'a.ts': '// nothing of that kind\n'}})).toContain('must contain "License"');
    expect(await check({...given, change: {'a.ts': '// License\n'}, checks: {mustNotContain: ['License']}})).toContain(
      'must not contain',
    );
  });
});
