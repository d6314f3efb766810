import type {HttpAnswer} from '../util/post-once.ts';
import {quoteText} from '../util/quote-text.ts';
import {ForgeError, type ForgeErrorKind} from './forge-error.ts';

/** Undefined for an answer of the 200s, else what it means. The same for GitHub and GitLab where their statuses mean the same. */
export function judgeForgeAnswer(
  answer: HttpAnswer,
  host: string,
  retryAfterMs: number | undefined,
  now: number,
): ForgeError | undefined {
  const {status, headers} = answer;
  if (status >= 200 && status < 300) return undefined;
  const said = readSaid(answer.text);
  const error = (kind: ForgeErrorKind, what: string, wait = retryAfterMs): ForgeError => {
    const quoted = said.text === '' ? '' : `: ${quoteText(said.text)}`;
    return new ForgeError(kind, `${host} ${what} (${status})${quoted}`, {
      status,
      ...(wait === undefined ? {} : {retryAfterMs: wait}),
    });
  };
  const limit = (): ForgeError | undefined => {
    const isEmpty = headers['x-ratelimit-remaining'] === '0' || headers['ratelimit-remaining'] === '0';
    if (isEmpty) {
      const reset = Number(headers['x-ratelimit-reset'] ?? headers['ratelimit-reset'] ?? Number.NaN) * 1000;
      const wait = retryAfterMs ?? (reset > now ? reset - now : undefined);
      return error('rate-limited', 'has no requests left for this token', wait);
    }
    if (status === 429 || retryAfterMs !== undefined || said.documentation.includes('secondary-rate-limit'))
      return error('secondary-limit', 'asks to go slower');
    return undefined;
  };
  switch (status) {
    case 401:
      return error('auth', 'does not accept the token');
    case 403:
      // GitHub tells its limits with 403 as well.
      return limit() ?? error(...judgeRefusal(headers, said.text));
    case 404:
      return error('not-found', 'knows no such thing, or does not show it to this token');
    case 409:
      return error('conflict', 'refuses because of the state things are in');
    case 410:
      return error('gone', 'does not offer this for the repository');
    case 422:
    case 400:
      return error(...judgeInvalid(said));
    case 429:
      return limit();
    case 451:
      return error('blocked', 'has blocked the repository for legal reasons');
    default:
      if (status >= 300 && status < 400) return judgeRedirect(answer, host);
      if (status >= 500) return error('server-error', 'failed');
      return error('invalid', 'refused the request');
  }
}

function judgeRefusal(headers: HttpAnswer['headers'], text: string): [ForgeErrorKind, string] {
  if (headers['x-github-sso'] !== undefined) return ['sso', 'wants the token authorised for single sign-on'];
  // The forges give no other sign; a wrong guess gives a less fitting next step, nothing worse.
  if (/\barchived\b/i.test(text)) return ['archived', 'refuses writing'];
  return ['forbidden', 'does not allow this to the token'];
}

function judgeInvalid({text, errors}: Said): [ForgeErrorKind, string] {
  if (errors.some(({field}) => field === 'base' || field === 'target_branch'))
    return ['base-missing', 'knows no such base branch'];
  if (errors.some(({field}) => field === 'head' || field === 'source_branch'))
    return ['head-missing', 'does not know the branch of the change'];
  // Told by words only. What follows does not hang on them: after any refusal of a new pull request an open one is looked for.
  if (/already exists/i.test(text)) return ['exists', 'has such a pull request already'];
  if (/no commits between/i.test(text)) return ['no-difference', 'sees no difference'];
  return ['invalid', 'finds the request invalid'];
}

/** A renamed repository, or a server that wants to be asked elsewhere. The token is not sent along to either. */
function judgeRedirect({status, headers}: HttpAnswer, host: string): ForgeError {
  const target = headers['location'] ?? '';
  const isSame = URL.canParse(target) && new URL(target).host === host;
  return isSame && (status === 301 || status === 308 || status === 307)
    ? new ForgeError('moved', `${host} says that the repository has another name now (${status})`, {status})
    : new ForgeError('redirected', `${host} redirects to ${quoteText(target)} (${status}); it is not followed`, {
        status,
      });
}

interface Said {
  readonly text: string;
  readonly documentation: string;
  readonly errors: readonly {readonly field: string}[];
}

function readSaid(body: string): Said {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return {text: '', documentation: '', errors: []};
  }
  const {message, error, errors, documentation_url: documentation} = (parsed ?? {}) as Record<string, unknown>;
  const list = Array.isArray(errors) ? errors.slice(0, 10) : [];
  const details = list.map(one => (typeof one === 'string' ? one : textOf((one as {message?: unknown})?.message)));
  const fields = list.map(one => ({field: textOf((one as {field?: unknown})?.field)}));
  // GitLab gives an object of lists by field, or a list of sentences.
  const byField = typeof message === 'object' && message !== null && !Array.isArray(message) ? message : {};
  return {
    text: [flatten(message), flatten(error), ...details].filter(part => part !== '').join('; '),
    documentation: textOf(documentation),
    errors: [...fields, ...Object.keys(byField).map(field => ({field}))],
  };
}

function flatten(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.slice(0, 10).map(flatten).join('; ');
  if (typeof value !== 'object' || value === null) return '';
  return Object.entries(value)
    .slice(0, 10)
    .map(([key, inner]) => `${key} ${flatten(inner)}`)
    .join('; ');
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
