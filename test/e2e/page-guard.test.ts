import {spawn} from 'node:child_process';
import {request as httpRequest, type RequestOptions} from 'node:http';
import {connect} from 'node:net';
import {describe, expect, it} from 'vitest';
import {makeTemporaryDirectory} from '../../src/testing/temporary-fleet.ts';
import {runCli} from '../support/captured-io.ts';
import {openTestPage, type TestPage} from '../support/open-test-page.ts';
import {bin} from '../support/person.ts';
import {seedMorning} from '../support/seed-morning.ts';

interface Attack {
  readonly name: string;
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, string | undefined>;
  readonly body?: string;
}

const post = {method: 'POST', path: '/api/decide', body: '{}'} as const;

/** Each differs in one thing from a request that is answered. `undefined` takes a header away. */
const attacks: readonly Attack[] = [
  {name: 'no token', headers: {authorization: undefined}},
  {name: 'an empty token', headers: {authorization: 'Bearer '}},
  {name: 'a wrong token', headers: {authorization: `Bearer ${'x'.repeat(43)}`}},
  {name: 'the token in another scheme', headers: {authorization: 'Basic TOKEN'}},
  {name: 'the token in the query', path: '/api/tonight?token=TOKEN', headers: {authorization: undefined}},
  {name: 'the token in a cookie', headers: {authorization: undefined, cookie: 'token=TOKEN'}},
  {name: 'a cut token', headers: {authorization: 'Bearer SHORT'}},
  {name: 'the stream without a token', path: '/api/live', headers: {authorization: undefined}},
  {name: 'a rebound name', headers: {host: 'evil.example:PORT'}},
  {name: 'localhost', headers: {host: 'localhost:PORT'}},
  {name: 'localhost with a dot', headers: {host: 'localhost.:PORT'}},
  {name: 'a name that resolves to loopback', headers: {host: '127.0.0.1.nip.io:PORT'}},
  {name: 'the address without its port', headers: {host: '127.0.0.1'}},
  {name: 'another port', headers: {host: '127.0.0.1:80'}},
  {name: 'another loopback address', headers: {host: '127.0.0.2:PORT'}},
  {name: 'IPv6 loopback', headers: {host: '[::1]:PORT'}},
  {name: 'all addresses', headers: {host: '0.0.0.0:PORT'}},
  {name: 'a number for the address', headers: {host: '2130706433:PORT'}},
  {name: 'a name before the host', headers: {host: 'me@127.0.0.1:PORT'}},
  {name: 'a rebound name for the document', path: '/', headers: {host: 'evil.example'}},
  {name: 'another origin', headers: {origin: 'http://evil.example'}},
  {name: 'no origin known', headers: {origin: 'null'}},
  {name: 'our origin with https', headers: {origin: 'https://127.0.0.1:PORT'}},
  {name: 'our origin on another port', headers: {origin: 'http://127.0.0.1:1'}},
  {name: 'our origin with more after it', headers: {origin: 'http://127.0.0.1:PORT.evil.example'}},
  {name: 'a request from another site', headers: {'sec-fetch-site': 'cross-site'}},
  {name: 'a request from a sibling', headers: {'sec-fetch-site': 'same-site'}},
  {name: 'a frame of another site', path: '/', headers: {'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'iframe'}},
  {name: 'a script of another site', path: '/assets/look.css', headers: {'sec-fetch-site': 'cross-site'}},
  {name: 'a post without origin', ...post, headers: {origin: undefined}},
  {name: 'a post of a form', ...post, headers: {'content-type': 'application/x-www-form-urlencoded'}},
  {name: 'a post as text, which needs no preflight', ...post, headers: {'content-type': 'text/plain'}},
  {name: 'a post without a type', ...post, headers: {'content-type': undefined}},
  {name: 'a post that is too large', ...post, body: JSON.stringify({x: 'y'.repeat(100_000)})},
  {name: 'a post to the document', ...post, path: '/'},
  {
    name: 'a preflight',
    method: 'OPTIONS',
    headers: {origin: 'http://evil.example', 'access-control-request-method': 'POST'},
  },
  {name: 'PUT', method: 'PUT', path: '/api/decide', body: '{}'},
  {name: 'DELETE', method: 'DELETE', path: '/api/runs/r-1'},
  {name: 'TRACE', method: 'TRACE'},
  {name: 'a method of our own making', method: 'PROPFIND'},
  {name: 'dots', path: '/assets/../../../../etc/passwd'},
  {name: 'encoded dots', path: '/assets/%2e%2e/%2e%2e/etc/passwd'},
  {name: 'encoded slashes', path: '/assets/..%2f..%2fetc%2fpasswd'},
  {name: 'backslashes', path: '/assets/..\\..\\etc\\passwd'},
  {name: 'a doubly encoded path', path: '/assets/%252e%252e/package.json'},
  {name: 'a NUL', path: '/assets/look.css%00.js'},
  {name: 'an absolute path', path: '//etc/passwd'},
  {name: 'a whole address', path: 'http://evil.example/'},
  {name: 'a file that is not the page', path: '/assets/web/server.ts'},
  {name: 'a file of the checkout', path: '/package.json'},
  {name: 'a library beside ours', path: '/assets/node_modules/preact/package.json'},
];

describe('the page refuses', () => {
  it(`${attacks.length} hostile requests, each one thing away from a request that it answers`, async () => {
    await using rig = await openRig();
    const {page} = rig;
    expect((await send(page, {name: 'ours'})).status).toBe(200);
    expect((await send(page, {name: 'ours', ...post})).status).toBe(409);
    const answered: unknown[] = [];
    for (const attack of attacks) {
      const {status, headers, body} = await send(page, attack);
      const cors = Object.keys(headers).filter(name => name.startsWith('access-control'));
      if (![400, 401, 403, 404, 405, 413, 415].includes(status) || cors.length > 0 || body.includes('root:')) {
        answered.push([attack.name, status, cors, body.slice(0, 80)]);
      }
    }
    expect(answered).toEqual([]);
  });

  it('a body that says less of its length than it has, or nothing', async () => {
    await using rig = await openRig();
    const {page} = rig;
    const response = await page.ask('/api/decide', {
      method: 'POST',
      body: new ReadableStream({
        start(controller) {
          for (let chunk = 0; chunk < 80; chunk++) controller.enqueue(new TextEncoder().encode('y'.repeat(1024)));
          controller.close();
        },
      }),
      duplex: 'half',
    } as RequestInit);
    expect(response.status).toBe(409);
    expect(await response.text()).toContain('too large');
  });

  it('decisions, deliveries and retries that are not what they should be', async () => {
    await using rig = await openRig();
    const {page, run} = rig;
    const say = async (path: string, body: unknown): Promise<[number, string]> => {
      const response = await page.ask(path, {method: 'POST', body: JSON.stringify(body)});
      return [response.status, await response.text()];
    };
    for (const body of [
      {},
      {changes: [], kind: 'accepted'},
      {changes: [{run, job: 'x'}], kind: 'delivered'},
      {changes: [{run, job: 'x'}], kind: 'accepted'},
      {changes: [{run, job: 'x', more: 1}], kind: 'accepted'},
      {changes: [{run, job: 'x'}], kind: 'rejected'},
    ]) {
      expect((await say('/api/decide', body))[0]).toBe(409);
    }
    expect(await say(`/api/runs/${run}/deliver`, {confirm: 'guessed'})).toEqual([
      409,
      expect.stringContaining('not shown'),
    ]);
    expect(await say(`/api/runs/${run}/deliver/preview`, {})).toEqual([409, expect.stringContaining('no change')]);
    expect((await say('/api/runs/r-none/retry', {}))[0]).toBe(404);
    expect(rig.started).toEqual([]);
  });

  it('what is no HTTP, and goes on', async () => {
    await using rig = await openRig();
    const port = Number(new URL(rig.page.origin).port);
    for (const text of [
      '\0\0\0',
      'GET / HTTP/1.1\r\n\r\n',
      `GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n`,
      `GET /${'x'.repeat(40_000)} HTTP/1.1\r\n\r\n`,
    ]) {
      const answer = await raw(port, text);
      expect(answer === '' || /^HTTP\/1\.1 (4\d\d)/.test(answer)).toBe(true);
    }
    expect((await send(rig.page, {name: 'ours'})).status).toBe(200);
  });
});

it('sends with everything what keeps a browser from doing more than it should', async () => {
  await using rig = await openRig();
  for (const path of ['/', '/review', '/assets/look.css', '/api/tonight', '/api/none', '/none']) {
    const {headers} = await rig.page.ask(path);
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('cache-control')).toBe('no-store');
    expect([...headers.keys()].filter(name => name.startsWith('access-control'))).toEqual([]);
  }
});

it('listens on loopback only', async () => {
  await using home = await makeTemporaryDirectory();
  expect(await runCli(home.path, ['serve', '--host='])).toMatchObject({exitCode: 2, out: ''});
  for (const host of ['0.0.0.0', '::', '192.168.1.2', 'example.com']) {
    const {exitCode, out, err} = await runCli(home.path, ['serve', `--host=${host}`]);
    expect([host, exitCode, out]).toEqual([host, 2, '']);
    expect(err).toContain('this machine only');
  }
  for (const port of ['x', '-1', '70000', '1.5']) {
    expect((await runCli(home.path, ['serve', `--port=${port}`])).exitCode).toBe(2);
  }
  expect((await runCli(home.path, ['serve', '--run', 'r-none'])).exitCode).toBe(2);
});

it.each(['SIGINT', 'SIGTERM'] as const)('says its address first, and ends on %s with streams open', async signal => {
  await using home = await makeTemporaryDirectory();
  const child = spawn(process.execPath, [bin, 'serve'], {
    env: {PATH: process.env['PATH'], HOME: home.path},
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = new Promise<number | null>(resolve => child.on('close', resolve));
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString()));
    child.once('close', code => reject(new Error(`serve ended with ${code}`)));
  });
  const [origin, token] = line.trim().split('/#token=');
  expect(line).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#token=[\w-]{43}\n$/);
  const stream = await fetch(`${origin}/api/live`, {headers: {authorization: `Bearer ${token}`}});
  expect(stream.headers.get('content-type')).toContain('text/event-stream');
  const reading = stream.text().catch(() => 'cut');
  child.kill(signal);
  expect(await ended).toBe(signal === 'SIGINT' ? 130 : 143);
  await reading;
});

async function openRig(): Promise<{page: TestPage; run: string; started: string[][]} & AsyncDisposable> {
  const home = await makeTemporaryDirectory();
  const {id} = await seedMorning(home.path);
  const started: string[][] = [];
  const page = await openTestPage(home.path, {start: args => void started.push([...args])});
  return {
    page,
    run: id,
    started,
    async [Symbol.asyncDispose]() {
      await page[Symbol.asyncDispose]();
      await home[Symbol.asyncDispose]();
    },
  };
}

/** Sends what is asked for as it is: `fetch` would tidy paths and hosts. */
function send(page: TestPage, attack: Attack): Promise<{status: number; headers: object; body: string}> {
  const {port, host} = new URL(page.origin);
  const fill = (text: string): string =>
    text.replaceAll('PORT', port).replaceAll('TOKEN', page.token).replaceAll('SHORT', page.token.slice(0, -1));
  const method = attack.method ?? 'GET';
  const headers: Record<string, string | undefined> = {
    host,
    authorization: 'Bearer TOKEN',
    ...(method === 'GET' ? {} : {origin: page.origin, 'content-type': 'application/json'}),
    ...attack.headers,
  };
  const known = Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, fill(value)]]));
  const options: RequestOptions = {
    host: '127.0.0.1',
    port,
    method,
    path: fill(attack.path ?? '/api/tonight'),
    headers: Object.fromEntries(known) as Record<string, string>,
    setHost: false,
  };
  return new Promise((resolve, reject) => {
    const request = httpRequest(options, response => {
      let body = '';
      response.on('data', chunk => {
        body += chunk;
      });
      response.on('end', () => resolve({status: response.statusCode ?? 0, headers: response.headers, body}));
      response.on('error', reject);
    });
    // Refused before it was read as a whole.
    request.on('error', error =>
      request.reusedSocket ? reject(error) : resolve({status: 413, headers: {}, body: ''}),
    );
    request.end(attack.body);
  });
}

function raw(port: number, text: string): Promise<string> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1', () => socket.end(text));
    let answer = '';
    socket.on('data', chunk => {
      answer += chunk;
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', () => {});
  });
}
