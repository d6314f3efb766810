import {createServer, type ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import type {ForgeHost, ForgeKind} from '../domain/forge.ts';
import {answerGit} from './memory-forge-git.ts';
import {answerGithub, githubApiPath} from './memory-forge-github.ts';
import {answerGitlab, gitlabApiPath} from './memory-forge-gitlab.ts';
import {type ForgeAnswer, type ForgeRequest, json, readRequest, send} from './memory-forge-http.ts';
import {ForgeStore, type MemoryRepo, type MemoryRepoOptions} from './memory-forge-store.ts';

export interface MemoryForgeOptions {
  readonly kind: ForgeKind;
  /** Existing folder for the bare repositories. */
  readonly directory: string;
  /** The one token that is accepted. Default `forge-token`. */
  readonly token?: string;
  /** Default 127.0.0.1. */
  readonly hostname?: string;
  readonly now?: () => number;
}

/** What goes wrong with one request. */
export type ForgeFault =
  /** The connection is reset: before anything was done, or when it was done. */
  | {readonly lose: 'request' | 'reply'}
  /** Any answer instead of the right one. With `done` the request has its effect all the same. */
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string | Buffer;
      readonly done?: boolean;
    }
  /** The answer ends after so many bytes; its effect is there. */
  | {readonly cutAfter: number}
  /** No answer, and the connection stays open; its effect is there with `done`. */
  | {readonly stall: true; readonly done?: boolean; readonly onDone?: () => void}
  /** Waits before anything is done. */
  | {readonly delayMs: number};

export type ForgeMatch = RegExp | ((request: ForgeRequest) => boolean);

/** A small GitHub or GitLab on this machine: its interface and its git over HTTP, on real bare repositories. */
export interface MemoryForge extends AsyncDisposable {
  /** `http://127.0.0.1:4020` */
  readonly url: string;
  /** As an operator would list it; the token is in `FORGE_TOKEN`. */
  readonly host: ForgeHost;
  readonly token: string;
  readonly store: ForgeStore;
  readonly requests: readonly ForgeRequest[];
  /** What was answered to the request of the same position; absent for one whose connection was reset. */
  readonly answers: readonly (ForgeAnswer | undefined)[];
  /** Questions that may still be asked until `resetAt` (milliseconds since 1970); without it there is no limit. */
  quota: {remaining: number; readonly resetAt: number} | undefined;
  addRepo(path: string, options?: MemoryRepoOptions): Promise<MemoryRepo>;
  /** Faults for requests whose `METHOD /path` matches, each used once, in order. */
  fault(match: ForgeMatch, ...faults: ForgeFault[]): void;
  /** Faults that were not used. */
  readonly unusedFaults: number;
}

export async function startMemoryForge(options: MemoryForgeOptions): Promise<MemoryForge> {
  const {kind, directory, token = 'forge-token', hostname = '127.0.0.1', now = Date.now} = options;
  const store = new ForgeStore(kind, directory, now);
  const requests: ForgeRequest[] = [];
  const answers: (ForgeAnswer | undefined)[] = [];
  const faults: {match: ForgeMatch; fault: ForgeFault}[] = [];
  const apiPath = kind === 'github' ? githubApiPath : gitlabApiPath;

  const answer = async (request: ForgeRequest): Promise<ForgeAnswer> => {
    if (!request.path.startsWith(`${apiPath}/`)) {
      return isGitUser(request, token) ? await answerGit(request, directory, 'orchestrator') : wantsLogin;
    }
    if (!hasToken(request, token)) return json(401, {message: 'Bad credentials', status: '401'});
    const limit = takeQuota();
    if (limit !== undefined) return limit;
    return kind === 'github'
      ? await answerGithub(request, store, forge.url)
      : await answerGitlab(request, store, forge.url);
  };
  const takeQuota = (): ForgeAnswer | undefined => {
    const {quota} = forge;
    if (quota === undefined || now() >= quota.resetAt) return undefined;
    if (quota.remaining-- > 0) return undefined;
    const reset = String(Math.ceil(quota.resetAt / 1000));
    return kind === 'github'
      ? json(403, {message: 'API rate limit exceeded'}, {'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset})
      : json(429, {message: 'Too Many Requests'}, {'ratelimit-remaining': '0', 'ratelimit-reset': reset});
  };

  const server = createServer(async (incoming, response) => {
    const request = await readRequest(incoming, now);
    const position = requests.push(request) - 1;
    answers.push(undefined);
    const name = `${request.method} ${request.path}${incoming.url?.includes('?') === true ? `?${request.query}` : ''}`;
    const found = faults.findIndex(({match}) => (match instanceof RegExp ? match.test(name) : match(request)));
    const fault = found === -1 ? undefined : faults.splice(found, 1)[0]?.fault;
    try {
      answers[position] = await play(response, fault, () => answer(request));
    } catch (error) {
      send(response, {status: 500, body: String(error)});
    }
  });
  await new Promise<void>(resolve => server.listen(0, hostname, resolve));
  const {port} = server.address() as AddressInfo;
  const address = `${hostname}:${port}`;
  const url = `http://${address}`;
  const forge: MemoryForge = {
    url,
    host: {host: address, kind, apiUrl: `${url}${apiPath}`, tokenEnvs: ['FORGE_TOKEN']},
    token,
    store,
    requests,
    answers,
    quota: undefined,
    addRepo: (path, repoOptions = {}) => store.add(path, repoOptions),
    fault(match, ...more) {
      for (const fault of more) faults.push({match, fault});
    },
    get unusedFaults() {
      return faults.length;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
  return forge;
}

async function play(
  response: ServerResponse,
  fault: ForgeFault | undefined,
  answer: () => Promise<ForgeAnswer>,
): Promise<ForgeAnswer | undefined> {
  if (fault === undefined || 'delayMs' in fault) {
    if (fault !== undefined) await new Promise(resolve => setTimeout(resolve, fault.delayMs));
    const right = await answer();
    send(response, right);
    return right;
  }
  if ('lose' in fault) {
    if (fault.lose === 'reply') await answer();
    response.destroy();
    return undefined;
  }
  if ('stall' in fault) {
    if (fault.done === true) await answer();
    fault.onDone?.();
    return undefined;
  }
  if ('cutAfter' in fault) {
    const {status, headers = {}, body} = await answer();
    const bytes = Buffer.from(body);
    response.writeHead(status, {...headers, 'content-length': String(bytes.length)});
    response.write(bytes.subarray(0, fault.cutAfter), () => response.destroy());
    return undefined;
  }
  if (fault.done === true) await answer();
  const wrong = {
    status: fault.status,
    headers: {'content-type': 'application/json', ...fault.headers},
    body: fault.body ?? '{}',
  };
  send(response, wrong);
  return wrong;
}

const wantsLogin: ForgeAnswer = {
  status: 401,
  headers: {'www-authenticate': 'Basic realm="forge"'},
  body: 'Authentication required',
};

function hasToken({headers}: ForgeRequest, token: string): boolean {
  return headers.authorization === `Bearer ${token}` || headers['private-token'] === token;
}

function isGitUser({headers}: ForgeRequest, token: string): boolean {
  const basic = /^Basic (.+)$/.exec(headers.authorization ?? '')?.[1];
  return basic !== undefined && Buffer.from(basic, 'base64').toString('utf8').split(/:(.*)/s)[1] === token;
}
