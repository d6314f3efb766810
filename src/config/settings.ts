import type {ForeignAgent} from '../domain/foreign-agent.ts';
import {type ChangeLimits, type DeliveryKind, defaultAgentLimits, defaultCommandTimeoutMs} from '../domain/job.ts';
import type {McpServers} from '../domain/mcp-server.ts';
import {defaultSandboxSettings, type SandboxSettings} from '../domain/sandbox.ts';
import type {Mode} from '../domain/skill.ts';

/** What holds for a whole run: configuration, then flags, then defaults. Paths are absolute. */
export interface Settings {
  /** False: one repo at a time, in the listed order. */
  readonly parallel: boolean;
  readonly maxWorkers: number;
  /** Absent: each skill's own mode, else `simple`. */
  readonly mode?: Mode;
  readonly logFile?: string;
  readonly logMaxBytes: number;
  /** In the order in which they are asked. */
  readonly models?: readonly string[];
  readonly output?: string;
  readonly deliver: DeliveryKind;
  readonly push: boolean;
  readonly budgetUsd?: number;
  readonly budgetUsdPerDay?: number;
  readonly budgetUsdPerMonth?: number;
  /** Local time `HH:MM`, the next one. */
  readonly deadline?: string;
  readonly resultsDir: string;
  readonly batch: boolean;
  readonly force: boolean;
  /** URLs as written: `$NAME` stays, since what it stands for may be a secret and settings are recorded. */
  readonly notify: readonly string[];
  readonly deadManUrl?: string;
  readonly expectEveryMs?: number;
  readonly fleetFile?: string;
  readonly skillDirs: readonly string[];
  /** Of the configuration and of the command line together: leaving out is always safe. */
  readonly exclude: readonly string[];
  readonly changeLimits: ChangeLimits;
  readonly timeoutMs: number;
  readonly contextTokens: number;
  readonly maxOutputTokens: number;
  /** Works in mode "agent" instead of our own. */
  readonly agent?: ForeignAgent;
  readonly mcp?: McpServers;
  readonly maxTurns: number;
  /** Of an agent's job. */
  readonly jobTimeoutMs: number;
  readonly jobBudgetUsd?: number;
  /** Absent: each skill's own, else none. */
  readonly verify?: readonly string[] | 'auto';
  readonly commandTimeoutMs: number;
  readonly sandbox: SandboxSettings;
  readonly prPerHour: number;
  readonly labels: readonly string[];
  readonly reviewers: readonly string[];
  readonly draft: boolean;
  readonly graceMs: number;
  /** Most calls of one model for one reply; absent: what `callWithRetry` does. */
  readonly maxAttempts?: number;
}

/** The command line as typed. Numbers may still be text: they are checked together with everything else. */
export interface Flags {
  readonly skill?: string;
  readonly repos?: readonly string[];
  readonly repoNames?: readonly string[];
  readonly group?: string;
  readonly tag?: string;
  readonly select?: string;
  readonly exclude?: readonly string[];
  /** `--simple`, `--agent`, `--script`. */
  readonly mode?: string;
  readonly output?: string;
  readonly model?: string;
  readonly deliver?: string;
  /** `--parallel` is true, `--sequential` is false. */
  readonly parallel?: boolean;
  readonly maxWorkers?: number | string;
  readonly budget?: number | string;
  readonly deadline?: string;
  readonly batch?: boolean;
  readonly force?: boolean;
  readonly logFile?: string;
  readonly resultsDir?: string;
  readonly fleet?: string;
  readonly skillsDir?: string | readonly string[];
}

export const defaultSettings = {
  parallel: true,
  maxWorkers: 5,
  logMaxBytes: 10_000_000,
  deliver: 'files',
  push: false,
  batch: false,
  force: false,
  timeoutMs: 600_000,
  commandTimeoutMs: defaultCommandTimeoutMs,
  sandbox: defaultSandboxSettings,
  contextTokens: 60_000,
  maxOutputTokens: 16_000,
  ...defaultAgentLimits,
  prPerHour: 20,
  draft: false,
  graceMs: 60_000,
} as const satisfies Partial<Settings>;
