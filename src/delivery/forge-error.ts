import {type FailureReason, JobFailure} from '../domain/outcome.ts';
import {quoteText} from '../util/quote-text.ts';

export type ForgeErrorKind =
  | 'auth'
  | 'sso'
  | 'forbidden'
  | 'not-found'
  | 'archived'
  | 'moved'
  | 'redirected'
  | 'conflict'
  | 'gone'
  | 'blocked'
  | 'invalid'
  | 'exists'
  | 'no-difference'
  | 'base-missing'
  | 'head-missing'
  | 'rate-limited'
  | 'secondary-limit'
  | 'server-error'
  | 'unreachable'
  | 'timeout'
  | 'cut'
  | 'malformed';

interface Details {
  readonly status?: number;
  /** How long the forge asks to wait, milliseconds. */
  readonly retryAfterMs?: number;
}

/** One question to a forge that got no usable answer. The message is one line of our own; parts from outside stand in it quoted and short. */
export class ForgeError extends Error {
  readonly kind: ForgeErrorKind;
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(kind: ForgeErrorKind, message: string, details: Details = {}) {
    super(message);
    this.name = 'ForgeError';
    this.kind = kind;
    this.status = details.status;
    this.retryAfterMs = details.retryAfterMs;
  }

  /** The forge may have done what it was asked to do. */
  get ambiguous(): boolean {
    return isAmbiguous.has(this.kind);
  }

  /** Asking again may help without anybody doing something. */
  get passing(): boolean {
    return this.ambiguous || this.kind === 'rate-limited' || this.kind === 'secondary-limit';
  }
}

const isAmbiguous = new Set<ForgeErrorKind>(['server-error', 'unreachable', 'timeout', 'cut', 'malformed']);

/** What is not found when a branch is asked for is that branch. */
export function asMissingBase(host: string, branch: string): (error: unknown) => never {
  return error => {
    if (error instanceof ForgeError && error.kind === 'not-found')
      throw new ForgeError('base-missing', `${host} knows no branch ${quoteText(branch)}`);
    throw error;
  };
}

export function toJobFailure(error: ForgeError): JobFailure {
  return new JobFailure(reasonOf[error.kind], error.message, {cause: error});
}

const reasonOf = {
  auth: 'forge-auth',
  sso: 'forge-sso',
  forbidden: 'forge-forbidden',
  'not-found': 'forge-repo-missing',
  archived: 'repo-archived',
  moved: 'repo-moved',
  redirected: 'forge-redirected',
  conflict: 'forge-conflict',
  gone: 'pull-requests-off',
  blocked: 'repo-blocked',
  invalid: 'forge-invalid',
  exists: 'forge-conflict',
  'no-difference': 'no-difference',
  'base-missing': 'base-branch-missing',
  'head-missing': 'head-branch-missing',
  'rate-limited': 'forge-rate-limited',
  'secondary-limit': 'forge-secondary-limit',
  'server-error': 'forge-error',
  unreachable: 'forge-unreachable',
  timeout: 'forge-timeout',
  cut: 'forge-cut',
  malformed: 'forge-malformed',
} as const satisfies Record<ForgeErrorKind, FailureReason>;
