import {createServer, type Server, type ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import {afterEach, describe, expect, it} from 'vitest';
import {createPost, PostError} from './post-once.ts';

const never = new AbortController().signal;
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

describe('createPost', () => {
  it('posts the bytes of the text and gives status, headers and text, whatever the status', async () => {
    const url = await serve(response => {
      response.writeHead(418, {'X-Tea': 'green', 'set-cookie': ['a', 'b']});
      response.end('thé');
    });
    const answer = await createPost({})({url, headers: {'x-sent': '1'}, body: 'ü', signal: never});
    expect(answer).toMatchObject({status: 418, text: 'thé', headers: {'x-tea': 'green', 'set-cookie': 'a, b'}});
  });

  it('uses a connection again', async () => {
    const ports = new Set<number | undefined>();
    const url = await serve(response => {
      ports.add(response.socket?.remotePort);
      response.end('ok');
    });
    const post = createPost({});
    for (let i = 0; i < 5; i++) await post({url, headers: {}, body: '', signal: never});
    expect(ports.size).toBe(1);
  });

  it('notices a body that stands still, and only then', async () => {
    const post = createPost({}, {bodyIdleMs: 60});
    const still = await serve(response => void response.write('{'));
    await expect(post({url: still, headers: {}, body: '', signal: never})).rejects.toThrow(
      'sent nothing for 0.06 s in the middle of its answer',
    );
    const slow = await serve(response => {
      let left = 10;
      const timer = setInterval(() => {
        response.write('x');
        if (--left === 0) {
          clearInterval(timer);
          response.end();
        }
      }, 15);
    });
    expect((await post({url: slow, headers: {}, body: '', signal: never})).text).toBe('x'.repeat(10));
  });

  it('stops reading an answer that is too large', async () => {
    const url = await serve(response => response.end('x'.repeat(2000)));
    await expect(createPost({}, {maxBodyBytes: 1999})({url, headers: {}, body: '', signal: never})).rejects.toThrow(
      'larger than 1999 bytes',
    );
    expect((await createPost({}, {maxBodyBytes: 2000})({url, headers: {}, body: '', signal: never})).text).toHaveLength(
      2000,
    );
  });

  it.each<[string, (response: ServerResponse) => void, PostError['kind']]>([
    ['text that is not UTF-8', response => response.end(Buffer.from('{"a":"\xff"}', 'latin1')), 'malformed'],
    [
      'a compression nobody asked for',
      response => response.writeHead(200, {'content-encoding': 'br'}).end('{}'),
      'malformed',
    ],
    [
      'fewer bytes than promised',
      response => response.writeHead(200, {'content-length': 9}).write('{}', () => response.socket?.end()),
      'cut',
    ],
    ['chunks without an end', response => response.write('{}', () => response.socket?.end()), 'cut'],
    ['an end before the head', response => response.socket?.end(), 'unreachable'],
  ])('does not take %s for an answer', async (_name, answer, kind) => {
    const url = await serve(answer);
    const error = await createPost({})({url, headers: {}, body: '', signal: never}).catch(caught => caught);
    expect(error).toBeInstanceOf(PostError);
    expect(error.kind).toBe(kind);
  });

  it('gives up with the reason of the signal', async () => {
    const stop = new AbortController();
    const url = await serve(() => stop.abort('enough'));
    await expect(createPost({})({url, headers: {}, body: '', signal: stop.signal})).rejects.toBe('enough');
    await expect(createPost({})({url, headers: {}, body: '', signal: AbortSignal.abort('before')})).rejects.toBe(
      'before',
    );
  });

  it('never shows a header in an error', async () => {
    const url = await serve(response => response.end());
    const error = await createPost({})({url, headers: {'x-api-key': 'secret\nkey'}, body: '', signal: never}).catch(
      caught => caught,
    );
    expect(String(error)).not.toContain('secret');
  });
});

async function serve(answer: (response: ServerResponse) => void): Promise<string> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => answer(response));
  });
  servers.push(server);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}
