import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';

export interface Asked {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

export interface RecordingServer extends AsyncDisposable {
  readonly url: string;
  readonly asked: readonly Asked[];
}

/** Writes down what it is asked; `status` says with what it answers the n-th call of an address, undefined not at all. */
export async function startRecordingServer(
  status: (asked: Asked, count: number) => number | undefined = () => 200,
): Promise<RecordingServer> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request
      .on('data', chunk => {
        body += chunk;
      })
      .on('end', () => {
        const one = {method: request.method, url: request.url, headers: request.headers, body};
        asked.push(one);
        const code = status(one, asked.filter(({url}) => url === one.url).length);
        if (code !== undefined) response.writeHead(code, {location: '/elsewhere'}).end();
      });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
}
