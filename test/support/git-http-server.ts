import {createServer, type IncomingMessage, type ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import {answerGit} from '../../src/testing/memory-forge-git.ts';
import {readRequest, send} from '../../src/testing/memory-forge-http.ts';

export interface GitHttpServer extends AsyncDisposable {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** Every request: method, path with query, and the Authorization header if there was one. */
  readonly requests: {readonly line: string; readonly authorization?: string}[];
  /** Answers a request itself when it returns true; otherwise git does. */
  answer: (request: IncomingMessage, response: ServerResponse) => boolean;
}

/** Serves the bare repos below a folder as `git http-backend` does, on loopback. Pushing is allowed. */
export async function startGitHttpServer(root: string): Promise<GitHttpServer> {
  const requests: {line: string; authorization?: string}[] = [];
  const server = createServer(async (request, response) => {
    const {authorization} = request.headers;
    requests.push({line: `${request.method} ${request.url}`, ...(authorization === undefined ? {} : {authorization})});
    if (!rig.answer(request, response)) send(response, await answerGit(await readRequest(request), root, 'someone'));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const rig: GitHttpServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    answer: () => false,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
  return rig;
}
