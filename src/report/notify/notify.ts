import type {Clock} from '../../util/clock.ts';
import {createPost, type Post, PostError} from '../../util/post-once.ts';
import {mailMessage} from './mail.ts';
import type {Notification} from './notification-text.ts';
import {AddressError, type NotifyTarget, nameAddress, parseNotifyTarget, parsePingUrl} from './notify-target.ts';
import {ntfyRequest} from './ntfy.ts';
import {SendError} from './send-error.ts';
import {sendMail} from './smtp.ts';
import {slackRequest, webhookRequest} from './webhook.ts';

export interface NotifyOptions {
  /** Addresses as written; variables in them are looked up here. */
  readonly addresses: readonly string[];
  /** Undefined when there is nothing to tell. */
  readonly notification: Notification | undefined;
  readonly deadManUrl?: string;
  readonly exitCode: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** For one attempt; default 10 s. */
  readonly timeoutMs?: number;
}

const attempts = 2;
const pauseMs = 1_000;

/** Tells everyone at the same time. Returns a line for each address that could not be told; throws for none of them. */
export async function sendNotifications(options: NotifyOptions): Promise<string[]> {
  const {addresses, notification, deadManUrl, env} = options;
  const post = createPost(env, {maxBodyBytes: 1024 * 1024});
  const sendings = [
    ...(notification === undefined
      ? []
      : addresses.map(address => ({
          what: `notification to ${nameAddress(address)}`,
          send: (signal: AbortSignal) => send(parseNotifyTarget(address, env), notification, post, signal),
        }))),
    ...(deadManUrl === undefined
      ? []
      : [
          {
            what: `dead-man ping to ${nameAddress(deadManUrl)}`,
            send: (signal: AbortSignal) => ping(parsePingUrl(deadManUrl, env), options.exitCode, post, signal),
          },
        ]),
  ];
  const problems = await Promise.all(
    sendings.map(async ({what, send}) => {
      const problem = await attempt(send, options);
      return problem === undefined ? [] : [`${what} failed: ${problem}`];
    }),
  );
  return problems.flat();
}

/** What went wrong the last time; undefined when it was sent. */
async function attempt(
  send: (signal: AbortSignal) => Promise<void>,
  {clock, timeoutMs = 10_000}: NotifyOptions,
): Promise<string | undefined> {
  for (let count = 1; ; count++) {
    try {
      await send(AbortSignal.timeout(timeoutMs));
      return undefined;
    } catch (error) {
      const {text, retryable} = explain(error, timeoutMs);
      if (!retryable || count === attempts) return text;
      await clock.sleep(pauseMs);
    }
  }
}

const postErrors = {
  unreachable: 'it cannot be reached',
  timeout: 'it stopped in the middle of its answer',
  cut: 'its answer was cut',
  malformed: 'its answer is not HTTP, or too long',
} as const satisfies Record<PostError['kind'], string>;

/** A message that is lost never breaks a run, so whatever is thrown becomes a line. Messages of others may hold the address. */
function explain(error: unknown, timeoutMs: number): {text: string; retryable: boolean} {
  if (error instanceof AddressError) return {text: error.message, retryable: false};
  if (error instanceof SendError) return {text: error.message, retryable: error.retryable};
  if (error instanceof PostError) return {text: postErrors[error.kind], retryable: true};
  if (error instanceof DOMException && error.name === 'TimeoutError')
    return {text: `no answer within ${timeoutMs / 1000} s`, retryable: true};
  return {text: `an error of ours (${error instanceof Error ? error.name : typeof error})`, retryable: false};
}

async function send(target: NotifyTarget, notification: Notification, post: Post, signal: AbortSignal): Promise<void> {
  switch (target.kind) {
    case 'mail':
      return await sendMail(
        target.server,
        {from: target.from, to: target.to, message: mailMessage(notification, target)},
        signal,
      );
    case 'slack':
      return await deliver(target, slackRequest(notification), post, signal);
    case 'ntfy':
      return await deliver(target, ntfyRequest(notification), post, signal);
    case 'webhook':
      return await deliver(target, webhookRequest(notification), post, signal);
    default:
      return target satisfies never;
  }
}

async function deliver(
  {url, authorization}: Exclude<NotifyTarget, {kind: 'mail'}>,
  request: ReturnType<typeof webhookRequest>,
  post: Post,
  signal: AbortSignal,
): Promise<void> {
  const headers = {
    'user-agent': 'orchestrator',
    ...request.headers,
    ...(authorization === undefined ? {} : {authorization}),
  };
  judge((await post({url, headers, body: request.body, signal})).status);
}

/** As healthchecks.io has it: the address itself is success, `/fail` behind its path is not. */
async function ping(url: URL, exitCode: number, post: Post, signal: AbortSignal): Promise<void> {
  const address = new URL(url);
  if (exitCode !== 0) address.pathname = `${address.pathname.replace(/\/$/, '')}/fail`;
  judge(
    (await post({url: address.href, method: 'GET', headers: {'user-agent': 'orchestrator'}, body: '', signal})).status,
  );
}

function judge(status: number): void {
  if (status >= 200 && status < 300) return;
  const redirects = status >= 300 && status < 400 ? ', a redirect, which is not followed' : '';
  throw new SendError(`it answered ${status}${redirects}`, {
    retryable: status >= 500 || status === 429 || status === 408,
  });
}
