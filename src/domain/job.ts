import {createHash} from 'node:crypto';
import type {ForeignAgent} from './foreign-agent.ts';
import type {Mode} from './skill.ts';

export type DeliveryKind = 'files' | 'branch' | 'pull-request' | 'patch';
export const deliveryKinds = ['files', 'branch', 'pull-request', 'patch'] as const satisfies readonly DeliveryKind[];

/** What a new pull request gets beside its words. */
export interface PullRequestOptions {
  readonly labels: readonly string[];
  /** Names of people; `team:name` for a team on GitHub. */
  readonly reviewers: readonly string[];
  readonly draft: boolean;
}

/** One task on one repo in one run: everything needed to execute it, and nothing that changes while it runs. */
export interface Job {
  readonly id: string;
  /** Position in the plan; rows and reports keep this order. */
  readonly sequence: number;
  readonly task: string;
  readonly skill: string;
  readonly repo: string;
  /** Absolute path of the repo on this machine; absent when it has only a url. */
  readonly path?: string;
  readonly url?: string;
  /** Web address of the repo. */
  readonly github?: string;
  /** Branch to work from and to propose to; absent: the one that is checked out. */
  readonly branch?: string;
  readonly description?: string;
  readonly mode: Mode;
  /** `provider/model`; the first is asked, the others only when it is down. */
  readonly models: readonly string[];
  /** Output file relative to the repo root, date parts already filled in. */
  readonly output: string;
  /** Nobody named an output, so that an agent or a script has none; `output` is then only a name. */
  readonly isOutputUnnamed?: true;
  /** Every file, or folder ending in `/`, that the job may write; `output` alone for most skills. */
  readonly outputs: readonly string[];
  /** Output as it was written, with its date parts: what memories of earlier nights are kept under. */
  readonly outputPattern: string;
  /** Local date on which the run started, `YYYY-MM-DD`. */
  readonly date: string;
  readonly deliver: DeliveryKind;
  /** Branches also go to the remote. */
  readonly push?: true;
  /** Another repo of the run whose branch is the same one in the same repository: this job delivers nothing. */
  readonly branchSharedWith?: string;
  /** Present when `deliver` is `pull-request`. */
  readonly pullRequest?: PullRequestOptions;
  readonly verify: readonly string[] | 'auto';
  /** Of one command in the sandbox. Absent in jobs that an earlier version recorded: `defaultCommandTimeoutMs`. */
  readonly commandTimeoutMs?: number;
  /** Labels that a worker must have to be given it. */
  readonly needs?: readonly string[];
  readonly timeoutMs: number;
  /** Ignore recorded replies and up-to-date results. */
  readonly force: boolean;
  readonly contextTokens: number;
  readonly maxOutputTokens: number;
  /** Most turns of an agent. Absent, as the two below, in jobs that an earlier version recorded: `defaultAgentLimits`. */
  readonly maxTurns?: number;
  /** Wall time of an agent, milliseconds. */
  readonly jobTimeoutMs?: number;
  /** Works on it instead of our own agent. */
  readonly agent?: ForeignAgent;
  /** Limit on what this job may cost. */
  readonly jobBudgetUsd?: number;
  /** Limit on what all jobs of this task may cost together. */
  readonly taskBudgetUsd?: number;
  /** Absent in jobs that an earlier version recorded: `defaultChangeLimits`. */
  readonly changeLimits?: ChangeLimits;
  /** Another job of the run has the same skill and repo: only the task tells them apart. */
  readonly isAmbiguous?: true;
}

/** What a change may be without a person having looked at it. Globs are relative to the repo root. */
export interface ChangeLimits {
  /** Paths it may touch; all when empty. */
  readonly allow: readonly string[];
  /** Paths it may not touch, whatever else is said. */
  readonly deny: readonly string[];
  /** Paths that need no person though they are among those protected by default. */
  readonly allowProtected: readonly string[];
  readonly maxChangedFiles: number;
  /** Added and removed lines together. */
  readonly maxChangedLines: number;
}

export const defaultChangeLimits: ChangeLimits = {
  allow: [],
  deny: [],
  allowProtected: [],
  maxChangedFiles: 100,
  maxChangedLines: 5_000,
};

export const defaultCommandTimeoutMs = 600_000;

/** Turns and milliseconds that an agent has where the operator sets nothing. */
export const defaultAgentLimits = {maxTurns: 40, jobTimeoutMs: 1_800_000} as const;

/** How an accepted change leaves when nobody says otherwise. A patch is for looking at; delivered, it goes where the person can see it best. */
export function laterDelivery(wanted: DeliveryKind, path: string | undefined): DeliveryKind {
  if (wanted === 'branch' || wanted === 'pull-request') return wanted;
  return path === undefined ? 'branch' : 'files';
}

/** The same for the same (task, skill, repo), in every run and on every machine. 16 hexadecimal digits. */
export function jobId(task: string, skill: string, repo: string): string {
  return createHash('sha256')
    .update(JSON.stringify([task, skill, repo]))
    .digest('hex')
    .slice(0, 16);
}

/** Labels that a worker must have to be given it: the same list for the same labels. */
export function needsOf({needs = []}: Pick<Job, 'needs'>): readonly string[] {
  return [...new Set(needs)].sort();
}

/** Scripts ask none, and another agent asks its own. */
export function asksNoModel({mode, agent}: {readonly mode: Mode; readonly agent?: unknown}): boolean {
  return mode === 'script' || (mode === 'agent' && agent !== undefined);
}

/** The file that the job is to write; undefined when nobody named one, and what it writes is its own affair. */
export function namedOutput({output, isOutputUnnamed}: Pick<Job, 'output' | 'isOutputUnnamed'>): string | undefined {
  return isOutputUnnamed === true ? undefined : output;
}

/** `readme-generator/mcp-fleet`: what people see and type. Where two tasks have the same, `readme-generator/mcp-fleet#Name of the task`. */
export function jobLabel(job: {
  readonly skill: string;
  readonly repo: string;
  readonly task?: string;
  readonly isAmbiguous?: boolean;
}): string {
  const label = `${job.skill}/${job.repo}`;
  return job.isAmbiguous === true ? `${label}#${job.task}` : label;
}
