import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {ModelCallError} from '../../src/models/model-call-error.ts';
import {renderReply} from '../../src/testing/model-dialects.ts';
import {startScriptedModelServer} from '../../src/testing/scripted-model-server.ts';
import {ask, flavours, openModelOn} from './model-rig.ts';

const text = '# Title\n\nWhole text.\n';
const runsPerFlavour = 400;

type Path = readonly (string | number)[];

it.each(flavours)('%s: says what is wrong with an answer of status 200 in words of its own', async flavour => {
  await using server = await startScriptedModelServer({record: false});
  const model = await openModelOn(server.url, flavour);
  const said = async (body: string): Promise<string> => {
    server.reply({fault: 'raw', body});
    const result = await ask(model).catch(error => error);
    expect(result).toMatchObject({kind: 'malformed', message: expect.not.stringContaining('AI_')});
    return result.message;
  };
  const error = JSON.stringify({error: {type: 'odd_error', message: `boom\u001b[2J${'x'.repeat(1000)}`}});
  expect(await said(error)).toMatch(/^\w+ answered 200 with an error "odd_error": "boom\\u001b\[2Jx{100,}…"$/);
  expect(await said('{"error": "boom"}')).toMatch(/ answered 200 with an error: "boom"$/);
  expect(await said('')).toMatch(/ is not a valid reply: it is empty$/);
  expect(await said('<html>')).toMatch(/ is not a valid reply: it is not JSON$/);
});

describe('2,000 malformed replies', () => {
  it.each(flavours)('of %s: each a typed error, or a reply whose text and end stand in it', async flavour => {
    const dialect = flavour === 'compatible' ? 'openai-chat' : flavour;
    const reply = renderReply(dialect, {
      id: '1',
      model: 'x',
      text,
      finish: 'stop',
      tokens: {input: 9, output: 3, cacheRead: 0, cacheWrite: 0},
    });
    const whole = JSON.stringify(reply);
    await using server = await startScriptedModelServer({record: false});
    const model = await openModelOn(server.url, flavour);
    let errors = 0;
    let replies = 0;

    await fc.assert(
      fc.asyncProperty(mutationOf(reply, whole), async body => {
        server.reply({fault: 'raw', body});
        const result = await ask(model).catch(error => error);
        if (result instanceof Error) {
          errors += 1;
          expect(result).toBeInstanceOf(ModelCallError);
          expect(result).toMatchObject({kind: 'malformed'});
          return;
        }
        replies += 1;
        expect(typeof result.text).toBe('string');
        if (result.finishReason === 'stop') expect(wholeTextIn(flavour, JSON.parse(body))).toBe(result.text);
      }),
      {numRuns: runsPerFlavour},
    );
    expect(errors + replies).toBe(runsPerFlavour);
    expect(errors).toBeGreaterThan(runsPerFlavour / 3);
    expect(server.requestCount).toBe(runsPerFlavour);
  });
});

/** One value replaced, removed or doubled, or the bytes themselves damaged. */
function mutationOf(reply: unknown, whole: string): fc.Arbitrary<string> {
  const junk = fc.oneof(
    fc.constantFrom<unknown>(
      null,
      true,
      0,
      -1,
      1.5,
      1e308,
      '',
      'stop',
      [],
      {},
      [[]],
      [{}],
      'x'.repeat(100),
      '\u0000\ud800',
    ),
    fc.jsonValue({maxDepth: 2}),
  );
  const paths = fc.constantFrom(...pathsOf(reply));
  return fc.oneof(
    {
      weight: 5,
      arbitrary: fc.tuple(paths, junk).map(([path, value]) => JSON.stringify(changed(reply, path, () => value))),
    },
    {weight: 3, arbitrary: paths.map(path => JSON.stringify(changed(reply, path, () => undefined)))},
    {weight: 1, arbitrary: paths.map(path => JSON.stringify(changed(reply, path, value => [value, value])))},
    {weight: 2, arbitrary: fc.nat(whole.length - 1).map(at => whole.slice(0, at))},
    {
      weight: 2,
      arbitrary: fc
        .tuple(fc.nat(whole.length - 1), fc.string({maxLength: 3}))
        .map(([at, put]) => whole.slice(0, at) + put + whole.slice(at + 1)),
    },
    {weight: 1, arbitrary: fc.string()},
  );
}

function pathsOf(value: unknown, at: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [at];
  return [
    at,
    ...Object.entries(value).flatMap(([key, inner]) =>
      pathsOf(inner, [...at, Array.isArray(value) ? Number(key) : key]),
    ),
  ];
}

function changed(value: unknown, path: Path, change: (value: unknown) => unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return change(value) ?? null;
  const copy = structuredClone(value) as Record<string | number, unknown>;
  copy[key] = rest.length === 0 ? change(copy[key]) : changed(copy[key], rest, change);
  return copy;
}

interface Part {
  readonly type?: string;
  readonly text?: string;
  readonly thought?: boolean;
}

/** The fields that tell whether an answer is whole, in all dialects. */
interface Body {
  readonly type?: string;
  readonly stop_reason?: string;
  readonly content: readonly Part[];
  readonly status?: string;
  readonly output: readonly {readonly type?: string; readonly content: readonly Part[]}[];
  readonly candidates: readonly [
    {readonly finishReason?: string; readonly content?: {readonly parts?: readonly Part[]}},
  ];
  readonly choices: readonly [
    {readonly finish_reason?: string; readonly message: {readonly content?: string | readonly Part[]}},
  ];
}

/** What the answer says, read by hand; undefined when it does not say that it is whole. */
function wholeTextIn(flavour: string, body: Body): string | undefined {
  switch (flavour) {
    case 'anthropic': {
      if (body.type !== 'message' || !['end_turn', 'stop_sequence'].includes(body.stop_reason ?? '')) return undefined;
      return body.content.map(part => (part.type === 'text' ? part.text : '')).join('');
    }
    case 'openai-responses': {
      if (body.status !== 'completed') return undefined;
      return body.output
        .flatMap(item => (item.type === 'message' ? item.content : []))
        .map(part => part.text)
        .join('');
    }
    case 'google': {
      const [first] = body.candidates;
      if (first.finishReason !== 'STOP') return undefined;
      return (first.content?.parts ?? []).map(part => (part.thought === true ? '' : (part.text ?? ''))).join('');
    }
    default: {
      const [first] = body.choices;
      if (first.finish_reason !== 'stop') return undefined;
      const {content} = first.message;
      return typeof content === 'string' ? content : (content ?? []).map(part => part.text ?? '').join('');
    }
  }
}
