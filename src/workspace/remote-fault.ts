import type {FailureReason} from '../domain/outcome.ts';

export interface RemoteFault {
  readonly reason: FailureReason;
  /** What git or the remote said of it, one line. Untrusted. */
  readonly said: string;
}

/**
 * What went wrong between git and a remote. git tells only in words, in English under LC_ALL=C: this table is the one place that reads
 * them; what it does not know is `remote-error`.
 */
export function remoteFault(stderr: string, timedOut: boolean): RemoteFault {
  const lines = stderr
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '');
  const said = (lines.findLast(line => /^(?:fatal|error|remote|ssh):/i.test(line)) ?? lines.at(-1) ?? '').slice(0, 300);
  if (timedOut) return {reason: 'remote-timeout', said};
  const reason = faults.find(([pattern]) => pattern.test(stderr))?.[1] ?? 'remote-error';
  return {reason, said};
}

const faults: readonly (readonly [RegExp, FailureReason])[] = [
  [/timed out|Operation too slow|low speed/i, 'remote-timeout'],
  [/error: 403|Permission to .* denied|write access to repository not granted|not allowed to push/i, 'push-denied'],
  [
    /error: 401|Authentication failed|could not read (?:Username|Password)|terminal prompts disabled|Permission denied|Host key verification failed|dubious ownership/i,
    'remote-denied',
  ],
  [
    /error: 404|repository .*not found|does not exist|does not appear to be a git repository|no such (?:repository|project)/i,
    'remote-missing',
  ],
  [/error: 30\d/i, 'repo-moved'],
  [/error: (?:429|5\d\d)/i, 'remote-unreachable'],
  [
    /Could not resolve|Failed to connect|Connection (?:refused|reset|closed)|Couldn't connect|unable to connect|Empty reply|hung up|early EOF|unexpected disconnect|No route to host|SSL|TLS|gnutls/i,
    'remote-unreachable',
  ],
];

/** One ref of `git push --porcelain`, by the words in its brackets. Undefined when it was pushed, or there already. */
export function pushFault(stdout: string, stderr: string): RemoteFault | undefined {
  const line = stdout.split('\n').find(candidate => candidate.startsWith('!\t'));
  if (line === undefined) return undefined;
  const summary = line.split('\t')[2] ?? '';
  const told = stderr
    .split('\n')
    .filter(text => /^remote: *\S/.test(text))
    .slice(0, 3)
    .join(' ');
  const said = `${summary} ${told}`.trim().slice(0, 300);
  if (
    /stale info|fetch first|non-fast-forward|remote ref updated|failed to update ref|cannot lock ref|reference already exists/.test(
      summary,
    )
  )
    return {reason: 'push-rejected', said};
  if (/protected branch|protected ref/i.test(summary + told)) return {reason: 'push-protected', said};
  if (/hook declined|rule violations|declined|denied|prohibited/i.test(summary)) return {reason: 'push-declined', said};
  return {reason: 'push-rejected', said};
}
