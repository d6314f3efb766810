/** One thing that doctor looked at. */
export interface Check {
  readonly name: string;
  readonly status: 'ok' | 'warning' | 'failure';
  /** What was found, one line; untrusted parts are escaped where it is printed. */
  readonly message: string;
  /** What to do about it: a command or a sentence. */
  readonly fix?: string;
}

export function ok(name: string, message: string): Check {
  return {name, status: 'ok', message};
}

export function warning(name: string, message: string, fix: string): Check {
  return {name, status: 'warning', message, fix};
}

export function failure(name: string, message: string, fix: string): Check {
  return {name, status: 'failure', message, fix};
}
