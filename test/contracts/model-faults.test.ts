import {describe, expect, it} from 'vitest';
import type {ModelCallErrorKind} from '../../src/models/model-call-error.ts';
import {type ScriptedAnswer, startScriptedModelServer} from '../../src/testing/scripted-model-server.ts';
import {createPost} from '../../src/util/post-once.ts';
import {ask, type Flavour, failureOfCall, openModelOn} from './model-rig.ts';

const status = (code: number, more: {type?: string; headers?: Record<string, string>} = {}): ScriptedAnswer => ({
  fault: 'status',
  status: code,
  ...more,
});
const raw = (body: string | Buffer, headers?: Record<string, string>): ScriptedAnswer => ({
  fault: 'raw',
  body,
  ...(headers ? {headers} : {}),
});
const json = (value: unknown, code = 200): ScriptedAnswer => ({
  fault: 'raw',
  body: JSON.stringify(value),
  status: code,
});
const message = {
  id: 'm',
  type: 'message',
  role: 'assistant',
  model: 'x',
  content: [{type: 'text', text: '# hi'}],
  stop_reason: 'end_turn',
  usage: {input_tokens: 1, output_tokens: 1},
};

/** What the server does, and what the call must say. */
const faults: readonly [name: string, Flavour, ScriptedAnswer, ModelCallErrorKind][] = [
  ['429 with retry-after', 'anthropic', status(429, {headers: {'retry-after': '7'}}), 'rate-limited'],
  ['429 of OpenAI', 'openai-chat', status(429, {type: 'rate_limit_exceeded'}), 'rate-limited'],
  ['429 because the credit is used up', 'openai-chat', status(429, {type: 'insufficient_quota'}), 'quota'],
  ['429 of Gemini', 'google', status(429), 'rate-limited'],
  ['529', 'anthropic', status(529), 'overloaded'],
  ['overloaded under another status', 'anthropic', status(503, {type: 'overloaded_error'}), 'overloaded'],
  ['500', 'anthropic', status(500), 'server-error'],
  ['502 as HTML', 'compatible', {fault: 'raw', status: 502, body: '<html>Bad Gateway</html>'}, 'server-error'],
  ['503', 'google', status(503), 'server-error'],
  ['504 with an empty body', 'openai-chat', {fault: 'raw', status: 504, body: ''}, 'server-error'],
  ['409', 'anthropic', status(409, {type: 'conflict'}), 'server-error'],
  ['408', 'openai-chat', status(408, {type: 'timeout'}), 'timeout'],
  ['401', 'anthropic', status(401), 'auth'],
  ['401 with a body of the wrong shape', 'openai-chat', {fault: 'raw', status: 401, body: '[1]'}, 'auth'],
  [
    '400 for a wrong key',
    'google',
    json({error: {code: 400, message: 'no', status: 'INVALID_ARGUMENT', details: [{reason: 'API_KEY_INVALID'}]}}, 400),
    'auth',
  ],
  ['402', 'anthropic', status(402), 'quota'],
  ['403', 'google', status(403), 'forbidden'],
  ['404', 'anthropic', status(404), 'not-found'],
  ['400', 'anthropic', status(400), 'bad-request'],
  ['413', 'anthropic', status(413), 'bad-request'],
  ['422', 'compatible', json({detail: 'no'}, 422), 'bad-request'],
  ['301', 'anthropic', status(301, {headers: {location: 'https://evil.example/'}}), 'redirected'],
  ['307', 'openai-chat', status(307, {headers: {location: '/elsewhere'}}), 'redirected'],
  ['308 without a place', 'google', status(308), 'redirected'],
  ['a reset before the head', 'anthropic', {fault: 'reset'}, 'unreachable'],
  ['bytes that are not HTTP', 'anthropic', {fault: 'garbage'}, 'malformed'],
  ['a body that is cut before its first byte', 'anthropic', {fault: 'cut', afterBytes: 0}, 'cut'],
  ['a body that is cut in the middle', 'openai-chat', {fault: 'cut', afterBytes: 120}, 'cut'],
  ['silence before the head', 'anthropic', {fault: 'stall'}, 'timeout'],
  ['silence in the middle of the body', 'google', {fault: 'stall', afterBytes: 30}, 'timeout'],
  [
    'a body byte by byte, longer than the call may take',
    'anthropic',
    {fault: 'drip', bytes: 1, everyMs: 10, text: 'x'.repeat(5000)},
    'timeout',
  ],
  ['a flood', 'anthropic', {fault: 'flood', bytes: 50_000_000}, 'malformed'],
  ['an empty body', 'anthropic', raw(''), 'malformed'],
  ['a status without a body', 'compatible', {fault: 'raw', status: 204, body: ''}, 'malformed'],
  ['HTML', 'compatible', raw('<!doctype html><title>Sign in</title>', {'content-type': 'text/html'}), 'malformed'],
  ['half a JSON', 'anthropic', raw('{"type":"message","content":[{"type":"text","te'), 'malformed'],
  ['JSON with something behind it', 'anthropic', raw(`${JSON.stringify(message)}\n{"more":1}`), 'malformed'],
  [
    'an error with status 200',
    'anthropic',
    json({type: 'error', error: {type: 'overloaded_error', message: 'later'}}),
    'malformed',
  ],
  ['an error of OpenAI with status 200', 'compatible', json({error: {message: 'no', code: 429}}), 'malformed'],
  [
    'a failed response',
    'openai-responses',
    json({id: 'r', status: 'failed', error: {code: 'server_error', message: 'no'}, output: []}),
    'malformed',
  ],
  ['null', 'google', json(null), 'malformed'],
  ['an empty object', 'google', json({}), 'malformed'],
  ['a list', 'openai-chat', json([]), 'malformed'],
  ['a number', 'openai-responses', json(7), 'malformed'],
  ['no choices', 'openai-chat', json({id: 'c', choices: [], usage: null}), 'malformed'],
  ['no choices at all', 'compatible', json({id: 'c'}), 'malformed'],
  ['text that is a number', 'anthropic', json({...message, content: [{type: 'text', text: 5}]}), 'malformed'],
  ['content that is a string', 'anthropic', json({...message, content: '# hi'}), 'malformed'],
  ['no content', 'anthropic', json({...message, content: undefined}), 'malformed'],
  ['a message that is null', 'openai-chat', json({choices: [{message: null, finish_reason: 'stop'}]}), 'malformed'],
  ['bytes that are not UTF-8', 'anthropic', raw(Buffer.from([0x7b, 0xff, 0xfe, 0x7d])), 'malformed'],
  [
    'a compressed body nobody asked for',
    'anthropic',
    raw(Buffer.from([31, 139, 8, 0]), {'content-encoding': 'gzip'}),
    'malformed',
  ],
  [
    'a stream of events',
    'openai-chat',
    raw('data: {"choices":[]}\n\ndata: [DONE]\n\n', {'content-type': 'text/event-stream'}),
    'malformed',
  ],
];

describe('a fault of the provider is a typed error, never a reply', () => {
  it.each(faults)('%s', async (_name, flavour, answer, kind) => {
    await using server = await startScriptedModelServer();
    server.script('', answer);
    const bodyIdleMs = kind === 'timeout' ? 80 : 20_000;
    const model = await openModelOn(server.url, flavour, {limits: {bodyIdleMs, maxBodyBytes: 1_000_000}});
    const error = await failureOfCall(ask(model, {timeoutMs: kind === 'timeout' ? 400 : 20_000}));
    expect(error.kind).toBe(kind);
    expect(error.message).not.toContain('\n');
    expect(error.message.length).toBeLessThan(500);
    expect(server.requestCount).toBe(1);
  });

  it('covers at least forty kinds', () => expect(faults.length).toBeGreaterThanOrEqual(40));

  it('says how long to wait and what is left', async () => {
    await using server = await startScriptedModelServer();
    server.script('', status(429, {headers: {'retry-after': '7', 'anthropic-ratelimit-requests-remaining': '0'}}));
    const error = await failureOfCall(ask(await openModelOn(server.url, 'anthropic')));
    expect(error).toMatchObject({status: 429, retryAfterMs: 7000, rateLimit: {requestsRemaining: 0}});
    expect(error.message).toBe('anthropic answered 429 "rate_limit_error": "status 429"');
  });

  it('names the address that cannot be reached', async () => {
    const server = await startScriptedModelServer();
    await server[Symbol.asyncDispose]();
    const error = await failureOfCall(ask(await openModelOn(server.url, 'anthropic')));
    expect(error.kind).toBe('unreachable');
    expect(error.message).toContain(`${new URL(server.url).host}, or it was closed before an answer (ECONNREFUSED)`);
  });

  it('sends no key along to where it is redirected', async () => {
    await using elsewhere = await startScriptedModelServer();
    await using server = await startScriptedModelServer();
    server.script('', status(307, {headers: {location: `${elsewhere.url}/v1/messages`}}));
    await failureOfCall(ask(await openModelOn(server.url, 'anthropic')));
    expect(elsewhere.requests).toEqual([]);
  });

  it('takes no answer in which the key is repeated', async () => {
    await using server = await startScriptedModelServer();
    server.script('', request => `# Title\n\nYour key: ${String(request.headers['x-api-key'])}\n`);
    const error = await failureOfCall(ask(await openModelOn(server.url, 'anthropic')));
    expect(error).toMatchObject({kind: 'malformed', message: 'anthropic repeats the key in its answer'});
    expect(error.usage?.requests).toBe(1);
  });

  it('escapes what the provider says and keeps it short', async () => {
    await using server = await startScriptedModelServer();
    server.script('', {fault: 'status', status: 400, message: `\u001b[2Jgone\u202e\n${'x'.repeat(9999)}`});
    const {message: said} = await failureOfCall(ask(await openModelOn(server.url, 'anthropic')));
    expect(said).toContain('\\u001b[2Jgone\\u{202e}\\n');
    expect(said.length).toBeLessThan(400);
  });

  it('counts the tokens of an answer that cannot be used', async () => {
    await using server = await startScriptedModelServer();
    server.script(
      '',
      json({...message, content: 7, usage: {input_tokens: 5, output_tokens: 9, cache_read_input_tokens: 2}}),
    );
    const error = await failureOfCall(ask(await openModelOn(server.url, 'anthropic')));
    expect(error.usage).toEqual({
      inputTokens: 7,
      outputTokens: 9,
      cacheReadTokens: 2,
      cacheWriteTokens: 0,
      requests: 1,
    });
  });

  it('a reply cut at any byte is no reply', async () => {
    await using server = await startScriptedModelServer();
    const model = await openModelOn(server.url, 'anthropic', {post: createPost({})});
    const kinds = await Promise.all(
      Array.from({length: 150}, async (_, index) => {
        server.script(`at ${index}.`, {fault: 'cut', afterBytes: index * 4, text: 'x'.repeat(600)});
        return (await failureOfCall(ask(model, {prompt: `at ${index}.`}))).kind;
      }),
    );
    expect(new Set(kinds)).toEqual(new Set(['cut']));
  });
});
