import {readRetryAfter} from '../models/rate-limit-headers.ts';
import type {Clock} from '../util/clock.ts';
import {maskSecret} from '../util/mask-secret.ts';
import {type HttpAnswer, type Post, PostError} from '../util/post-once.ts';
import {judgeForgeAnswer} from './forge-answer.ts';
import {ForgeError} from './forge-error.ts';

export interface ForgeCall {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT';
  /** Absolute, below the address of the interface. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
}

/** Gives answers of the 200s only. Throws `ForgeError`, or the signal's reason. */
export type AskForge = (call: ForgeCall) => Promise<HttpAnswer>;

export interface ForgeHttpOptions {
  /** Address of the interface. */
  readonly apiUrl: string;
  /** Sent to the origin of `apiUrl` and nowhere else; hold the token. */
  readonly headers: Readonly<Record<string, string>>;
  readonly post: Post;
  readonly clock: Clock;
  /** For one answer; default 30 s. */
  readonly timeoutMs?: number;
  /** Longest wait that a forge may ask for before the question fails; default 5 minutes. */
  readonly maxWaitMs?: number;
  /** Least time between two questions that change something; default 1 s, which is what GitHub asks for. */
  readonly mutationGapMs?: number;
}

const attempts = 4;

/**
 * Asks one forge. What only looks is asked again after a passing fault. What changes something goes one at a time and is asked again only when
 * the forge said that it did nothing. A wait that the forge asks for holds for every question.
 */
export function createForgeHttp(options: ForgeHttpOptions): AskForge {
  const {clock, post, timeoutMs = 30_000, maxWaitMs = 300_000, mutationGapMs = 1000} = options;
  const base = new URL(options.apiUrl);
  let notBefore = 0;
  let lastMutation = Promise.resolve();

  const askOnce = async ({method, url, headers, body = '', signal}: ForgeCall): Promise<HttpAnswer> => {
    assertBelow(base, url);
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      const answer = await post({
        url,
        ...(method === 'POST' ? {} : {method}),
        headers: {...headers, ...options.headers, ...(method === 'GET' ? {} : {'content-type': 'application/json'})},
        body,
        signal: AbortSignal.any([signal, timeout]),
      });
      const error = judgeForgeAnswer(
        withoutSecrets(answer, options.headers),
        base.host,
        readRetryAfter(answer.headers, clock.now()),
        clock.now(),
      );
      if (error !== undefined) throw error;
      return answer;
    } catch (error) {
      signal.throwIfAborted();
      if (timeout.aborted) throw new ForgeError('timeout', `${base.host} did not answer within ${timeoutMs / 1000} s`);
      if (error instanceof PostError) throw new ForgeError(error.kind, error.message);
      throw error;
    }
  };

  const waitOut = async (signal: AbortSignal, error?: ForgeError): Promise<void> => {
    const wait = notBefore - clock.now();
    if (wait <= 0) return;
    if (wait > maxWaitMs) {
      const until = new Date(notBefore).toISOString();
      throw new ForgeError(error?.kind ?? 'rate-limited', `${base.host} takes no more requests before ${until}`, {
        retryAfterMs: wait,
      });
    }
    await clock.sleep(wait, signal);
  };

  const ask: AskForge = async call => {
    let last: ForgeError | undefined;
    for (let attempt = 1; ; attempt++) {
      await waitOut(call.signal, last);
      try {
        return await askOnce(call);
      } catch (error) {
        if (!(error instanceof ForgeError)) throw error;
        last = error;
        const isLimit = error.kind === 'rate-limited' || error.kind === 'secondary-limit';
        // Without a time GitHub asks for at least a minute.
        if (isLimit) notBefore = Math.max(notBefore, clock.now() + (error.retryAfterMs ?? 60_000));
        if (attempt === attempts || !(isLimit || (call.method === 'GET' && error.ambiguous))) throw error;
        if (!isLimit) await clock.sleep(error.retryAfterMs ?? 500 * 2 ** attempt, call.signal);
      }
    }
  };

  return call => {
    if (call.method === 'GET') return ask(call);
    const turn = lastMutation.then(() => ask(call));
    lastMutation = turn
      .catch(() => {})
      .then(() => (mutationGapMs === 0 ? undefined : clock.sleep(mutationGapMs, call.signal).catch(() => {})));
    return turn;
  };
}

/** What a forge says may repeat what it was sent, and goes into logs. */
function withoutSecrets(answer: HttpAnswer, headers: ForgeHttpOptions['headers']): HttpAnswer {
  const secrets = [headers['authorization'], headers['private-token']].flatMap(value => value?.split(' ').at(-1) ?? []);
  const clean = (text: string): string => secrets.reduce((kept, secret) => maskSecret(kept, secret, '[token]'), text);
  const {location} = answer.headers;
  return {
    ...answer,
    text: clean(answer.text),
    headers: location === undefined ? answer.headers : {...answer.headers, location: clean(location)},
  };
}

/** A path of the call that leads elsewhere would take the token along. */
function assertBelow(base: URL, url: string): void {
  const target = new URL(url);
  const folder = base.pathname.replace(/\/+$/, '');
  if (target.origin === base.origin && target.pathname.startsWith(`${folder}/`)) return;
  throw new Error(`${target.origin} is not where ${base.origin} is asked`);
}
