import type {NetworkRecord} from '../domain/network-use.ts';
import type {SandboxLimits, SandboxTier} from '../domain/sandbox.ts';

/** A folder of this machine that a command sees. */
export interface Mount {
  /** Absolute path. */
  readonly source: string;
  /** Absolute path inside, such as `/skill`. */
  readonly at: string;
  readonly writable: boolean;
}

export interface SandboxCommand {
  /** Program and arguments, as they are seen inside; no shell unless it is named: `['/bin/sh', '-c', command]`. */
  readonly argv: readonly [string, ...string[]];
  /** Absolute path of a folder that belongs to `owner`: `/repo` inside, writable, and the working directory. */
  readonly workspace: string;
  readonly mounts?: readonly Mount[];
  /** Added to the few variables that every command gets. Must hold no secret. */
  readonly env?: Readonly<Record<string, string>>;
  /** Wall time, milliseconds. */
  readonly timeoutMs: number;
  /** What differs from the limits of the sandbox. */
  readonly limits?: Partial<SandboxLimits>;
  readonly signal?: AbortSignal;
}

export type SandboxEnd =
  | {readonly kind: 'exited'; readonly exitCode: number}
  /** Killed by us at a limit. */
  | {readonly kind: 'limit'; readonly limit: 'time' | 'memory' | 'processes' | 'disk' | 'files' | 'output'}
  | {readonly kind: 'aborted'};

export interface SandboxResult {
  readonly end: SandboxEnd;
  /** Head and tail of standard output and standard error together, with a note where something was left out. Untrusted. */
  readonly output: string;
  readonly durationMs: number;
  /** What it asked of the network; absent where there was none, or nothing of ours before it. */
  readonly network?: Pick<NetworkRecord, 'uses' | 'more'>;
}

/** Where commands run that a model, a skill or a repo has chosen. Whatever they do, no process of theirs outlives the call or us. */
export interface Sandbox {
  readonly tier: SandboxTier;
  /** Hosts that commands may reach; empty: no network at all. Absent where the machine decides. */
  readonly network?: readonly string[];
  /** Whom a workspace must belong to; absent: to us. */
  readonly owner?: {readonly uid: number; readonly gid: number};
  /** Where a command sees a folder: at `at` where it has a root of its own, else at `source`. */
  seenAt(folder: Pick<Mount, 'source' | 'at'>): string;
  /** Runs a command to its end. Throws `SandboxError` when it could not be started; how it ended is the caller's to judge. */
  run(command: SandboxCommand): Promise<SandboxResult>;
}

/** Where a command sees its workspace, in a sandbox with a root of its own. */
export const workspaceMount = '/repo';

/** The sandbox itself failed, not the command. */
export class SandboxError extends Error {
  constructor(message: string, options?: {cause?: unknown}) {
    super(message, options);
    this.name = 'SandboxError';
  }
}
