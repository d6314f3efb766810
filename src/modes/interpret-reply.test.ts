import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {openDeliveryRig} from '../../test/support/delivery-rig.ts';
import {badReplies, exampleTemplate, goodReplies} from '../../test/support/reply-examples.ts';
import {changesBetween, snapshotTree} from '../../test/support/snapshot-tree.ts';
import {textEdits} from '../../test/support/text-edits.ts';
import {createFilesDelivery} from '../delivery/files.ts';
import type {FinishReason, ModelReply} from '../domain/model.ts';
import {JobFailure} from '../domain/outcome.ts';
import {noUsage} from '../domain/usage.ts';
import {checkOutput} from './check-output.ts';
import {interpretReply, type ReplyExpectation} from './interpret-reply.ts';

const skill = {template: exampleTemplate, checks: {}};

function replyOf(text: string, finishReason: FinishReason = 'stop'): ModelReply {
  return {text, finishReason, usage: noUsage};
}

async function reasonOf(reply: ModelReply, expectation: ReplyExpectation): Promise<string> {
  try {
    await interpretReply(reply, expectation);
    return 'taken';
  } catch (error) {
    if (error instanceof JobFailure) return error.failure.reason;
    throw error;
  }
}

describe('interpretReply', () => {
  it.each(badReplies)('refuses: $name', async ({text, finishReason, path = 'README.md', reason}) => {
    expect(await reasonOf(replyOf(text, finishReason), {outputs: [path], skill})).toBe(reason);
  });

  it.each(goodReplies)('takes: $name', async ({text, path = 'README.md', file}) => {
    const files = await interpretReply(replyOf(text), {outputs: [path], skill});
    expect(files).toEqual([{path, text: file ?? `${text.trimEnd()}\n`}]);
    expect(() => checkOutput(files, {})).not.toThrow();
  });

  it('gives the same for what it has given', async () => {
    for (const {text, path = 'README.md'} of goodReplies) {
      const [once] = await interpretReply(replyOf(text), {outputs: [path], skill});
      expect(await interpretReply(replyOf(once!.text), {outputs: [path], skill})).toEqual([once]);
    }
  });

  it('takes prose when the skill asks for no heading, but still no announcement', async () => {
    const expectation = {outputs: ['notes.md'], skill: {checks: {heading: false}}};
    expect(await reasonOf(replyOf('Just a note.'), expectation)).toBe('taken');
    expect(await reasonOf(replyOf('Here is the file:\n\nJust a note.'), expectation)).toBe('reply-chatter');
  });

  it('names the place of a secret and never the secret', async () => {
    const findSecrets = async (path: string, text: string) =>
      path === 'README.md' && text.includes('hunter2') ? [{rule: 'password', line: 3}] : [];
    await expect(
      interpretReply(replyOf('# T\n\npassword=hunter2\n'), {outputs: ['README.md'], skill, findSecrets}),
    ).rejects.toMatchObject({
      failure: {
        reason: 'reply-holds-secret',
        message: 'What looks like a secret is in "README.md": line 3 (password).',
      },
    });
  });

  it('reads a reply of a megabyte that was made to be slow in time', async () => {
    const pieces = [
      '[',
      '`',
      '](',
      '> ',
      '{{',
      '<',
      '<h1 ',
      '*a ',
      '- ',
      '```\n',
      '~',
      'sure ',
      '<!--\n',
      '=== FILE: ',
      '\n\n',
      '| a\n',
      '---\n',
      '[a](b) ',
      '1. ',
    ];
    for (const piece of pieces) {
      for (const [before, after] of [
        ['# T\n\n', ''],
        ['', ''],
        ['', '`)x'],
      ] as const) {
        const text = before + piece.repeat(Math.floor(900_000 / piece.length)) + after;
        // Of the processor: a machine with much to do is no fault of the reply.
        const started = process.cpuUsage().user;
        for (const outputs of [['README.md'], ['a.md', 'b/'], ['a.yml']])
          await reasonOf(replyOf(text), {outputs, skill});
        const usedMs = (process.cpuUsage().user - started) / 1000;
        expect(usedMs, JSON.stringify([before, piece, after])).toBeLessThan(1_500);
      }
    }
  });
});

describe('two thousand malformed replies', () => {
  const document = '# Tool\n\nA tool.\n\n## Use\n\n```bash\ntool run\n```\n\n## License\n\nMIT\n';
  const words = fc.constantFrom(
    "Sure! Here's the README:",
    'Here is the file:',
    "I'll write it now.",
    'Certainly, below is the document.',
    'Based on the code I wrote this:',
  );
  const endings = fc.constantFrom(
    "Let me know if you'd like changes!",
    'I hope this helps.',
    'Would you like more?',
    "I'm happy to adjust it.",
  );
  const junk = fc.constantFrom('\0', '\u001b[2J', '\u0008', '\ud800', '\u009b', '\ufffd'.repeat(20));
  const at = fc.nat({max: document.length});
  const malformed = fc.oneof(
    fc
      .tuple(
        fc.constantFrom<FinishReason>('length', 'content-filter', 'tool-calls', 'error', 'interrupted', 'other'),
        fc.string({unit: 'binary'}),
      )
      .map(([finish, text]) => replyOf(text, finish)),
    fc.tuple(at, junk).map(([index, bad]) => replyOf(document.slice(0, index) + bad + document.slice(index))),
    fc
      .tuple(words, fc.constantFrom('\n', '\n\n', '\n\n---\n\n'))
      .map(([before, gap]) => replyOf(before + gap + document)),
    endings.map(after => replyOf(`${document}\n${after}`)),
    fc
      .tuple(words, endings)
      .map(([before, after]) => replyOf(`${before}\n\n\`\`\`markdown\n${document}\`\`\`\n\n${after}`)),
    fc
      .integer({min: document.indexOf('```') + 3, max: document.lastIndexOf('```')})
      .map(end => replyOf(document.slice(0, end))),
    fc.stringMatching(/^[ \t\n\u200b\ufeff]*$/).map(text => replyOf(text)),
    fc.integer({min: 1_000_001, max: 1_000_100}).map(length => replyOf('# '.padEnd(length, 'x'))),
  );

  it('each is a typed failure, the same every time, and writes nothing', async () => {
    await using rig = await openDeliveryRig({files: {'README.md': '# Old\n'}});
    const before = await snapshotTree(rig.directory);
    const delivery = createFilesDelivery();
    const attempt = async (reply: ModelReply): Promise<string> => {
      try {
        const files = await interpretReply(reply, {outputs: ['README.md'], skill});
        await delivery.deliver({
          workTree: rig.repo.path,
          reader: {head: {commit: ''}, objectFormat: 'sha1'},
          committed: new Map(),
          edits: textEdits(files),
          earlier: [],
          intend: async () => {},
        });
        return `delivered ${JSON.stringify(reply)}`;
      } catch (error) {
        if (!(error instanceof JobFailure)) throw error;
        return `${error.failure.reason}: ${error.failure.message}`;
      }
    };
    await fc.assert(
      fc.asyncProperty(malformed, async reply => {
        const failure = await attempt(reply);
        expect(failure).toMatch(/^reply-/);
        expect(failure).not.toMatch(/[\p{Cc}\p{Cs}]/u);
        expect(await attempt(reply)).toBe(failure);
      }),
      {numRuns: 2000},
    );
    expect(changesBetween(before, await snapshotTree(rig.directory))).toEqual([]);
  });

  it('any text at all is a file or a typed failure', async () => {
    const piece = fc.constantFrom(
      '# ',
      '\n',
      '```',
      '```markdown\n',
      '---\n',
      '<!--',
      '-->',
      '<h1>',
      'word ',
      '> ',
      '- ',
      '=== FILE: a.md ===\n',
      '=== END FILE ===\n',
      '../x',
      '{{name}}',
      '|',
      '](',
      '\r',
      '<think>',
      '</think>\n',
      ':',
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, {maxLength: 30}),
        fc.constantFrom(['a.md'], ['a.md', 'b.md'], ['docs/'], ['a.json'], ['a.yml'], ['a.txt']),
        async (pieces, outputs) => {
          const reply = replyOf(pieces.join(''));
          expect(await reasonOf(reply, {outputs, skill})).toBe(await reasonOf(reply, {outputs, skill}));
        },
      ),
      {numRuns: 500},
    );
  });
});
