import type {HttpAnswer} from '../util/post-once.ts';
import {quoteText} from '../util/quote-text.ts';
import {ModelCallError, type ModelCallErrorKind} from './model-call-error.ts';
import {readDuration, readRateLimit, readRetryAfter} from './rate-limit-headers.ts';

/** What an answer with a status other than 2xx means. Decided by the status and by the error's type fields, never by its words. */
export function refusalError(provider: string, answer: HttpAnswer, now: number): ModelCallError {
  const told = readErrorBody(answer.text);
  const kind = kindOf(answer.status, told.types);
  const [type] = told.types;
  const words = told.message === undefined || told.message === '' ? '' : `: ${quoteText(told.message)}`;
  const target = kind === 'redirected' ? `, redirecting to ${quoteText(answer.headers['location'] ?? 'nowhere')}` : '';
  return new ModelCallError(
    kind,
    `${provider} answered ${answer.status}${type === undefined ? '' : ` ${quoteText(type, 60)}`}${target}${words}`,
    {
      status: answer.status,
      retryAfterMs: readRetryAfter(answer.headers, now) ?? told.retryAfterMs,
      rateLimit: readRateLimit(answer.headers, now),
    },
  );
}

/** Some servers say with status 200 that something went wrong: an error, and nothing of a reply beside it. */
export function errorOfSuccess(provider: string, {status, text}: HttpAnswer): ModelCallError | undefined {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return undefined;
  }
  const isReply = ['content', 'choices', 'candidates', 'output'].some(part => field(body, part) !== undefined);
  const error = field(body, 'error');
  if (isReply || error === undefined || error === null || error === '') return undefined;
  const told = readErrorBody(text);
  // Whatever it says: with this status it may have been billed.
  return new ModelCallError('malformed', `${provider} answered ${status} with an error${describe(told)}`);
}

function describe({types: [type], message}: ErrorBody): string {
  const words = message === undefined || message === '' ? '' : `: ${quoteText(message)}`;
  return `${type === undefined ? '' : ` ${quoteText(type, 60)}`}${words}`;
}

function kindOf(status: number, types: readonly string[]): ModelCallErrorKind {
  if (status >= 300 && status < 400) return 'redirected';
  for (const type of types) {
    const kind = kindByType.get(type);
    if (kind !== undefined) return kind;
  }
  if (status >= 500) return status === 529 ? 'overloaded' : 'server-error';
  return kindByStatus.get(status) ?? (status >= 400 ? 'bad-request' : 'malformed');
}

const kindByStatus = new Map<number, ModelCallErrorKind>([
  [401, 'auth'],
  [402, 'quota'],
  [403, 'forbidden'],
  [404, 'not-found'],
  [408, 'timeout'],
  // A lock that another request holds, or too early: both pass.
  [409, 'server-error'],
  [425, 'server-error'],
  [429, 'rate-limited'],
]);

const kindByType = new Map<string, ModelCallErrorKind>([
  // Anthropic
  ['authentication_error', 'auth'],
  ['billing_error', 'quota'],
  ['permission_error', 'forbidden'],
  ['not_found_error', 'not-found'],
  ['rate_limit_error', 'rate-limited'],
  ['overloaded_error', 'overloaded'],
  // OpenAI
  ['insufficient_quota', 'quota'],
  ['billing_hard_limit_reached', 'quota'],
  ['billing_not_active', 'quota'],
  ['invalid_api_key', 'auth'],
  ['model_not_found', 'not-found'],
  ['rate_limit_exceeded', 'rate-limited'],
  // Google
  ['API_KEY_INVALID', 'auth'],
  ['UNAUTHENTICATED', 'auth'],
  ['PERMISSION_DENIED', 'forbidden'],
  ['RESOURCE_EXHAUSTED', 'rate-limited'],
]);

interface ErrorBody {
  /** Most telling first. */
  readonly types: readonly string[];
  readonly message?: string;
  readonly retryAfterMs?: number;
}

function readErrorBody(text: string): ErrorBody {
  let body: unknown;
  try {
    body = JSON.parse(text.slice(0, 256 * 1024));
  } catch {
    return {types: [], message: text.slice(0, 300)};
  }
  const first: unknown = Array.isArray(body) ? body[0] : body;
  const error = field(first, 'error') ?? first;
  const list = field(error, 'details');
  const details: readonly unknown[] = Array.isArray(list) ? list : [];
  const retryDelay = details.map(detail => field(detail, 'retryDelay')).find(value => typeof value === 'string');
  const retryAfterMs = retryDelay === undefined ? undefined : readDuration(retryDelay);
  const message = typeof error === 'string' ? error : (field(error, 'message') ?? field(first, 'detail'));
  return {
    types: [
      ...details.map(detail => field(detail, 'reason')),
      field(error, 'code'),
      field(error, 'type'),
      field(error, 'status'),
    ].filter(value => typeof value === 'string'),
    ...(typeof message === 'string' ? {message} : {}),
    ...(retryAfterMs === undefined ? {} : {retryAfterMs}),
  };
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
