/**
 * What keeps a command in: `strong` is a sandbox of ours, proved by probes before it is used; `external` is the operator's word that
 * the machine itself is one (a container, a VM) and nothing of ours.
 */
export type SandboxTier = 'strong' | 'external';
export const sandboxTiers = ['strong', 'external'] as const satisfies readonly SandboxTier[];

/** What kept the commands of a job in; `none` when it could run none, or works outside of it. */
export type UsedSandbox = SandboxTier | 'none';

/** What one command, with all its processes, may use. */
export interface SandboxLimits {
  /** All processes and temporary files together. */
  readonly memoryBytes: number;
  /** Processes and threads. */
  readonly processes: number;
  /** What it may add to the workspace. */
  readonly diskBytes: number;
  /** Files it may add, in the workspace and in temporary folders. */
  readonly files: number;
  /** What it may print; its head and tail are kept. */
  readonly outputBytes: number;
}

export const defaultSandboxLimits: SandboxLimits = {
  memoryBytes: 4 * 1024 ** 3,
  processes: 512,
  diskBytes: 4 * 1024 ** 3,
  files: 300_000,
  outputBytes: 64 * 1024 ** 2,
};

/** What the operator says of sandboxes; nothing of it can come from a repo. */
export interface SandboxSettings {
  /** Anything weaker is refused before the run starts. */
  readonly minimum: SandboxTier;
  /** Absolute folders of language tools outside `/usr`, shown read-only under their own path. */
  readonly tools: readonly string[];
  /** What commands may reach in a strong sandbox, as `formatNetworkHost` writes it; empty: no network at all. */
  readonly network: readonly string[];
  /** User and group number under which commands run when we are root. */
  readonly uid: number;
  readonly limits: SandboxLimits;
}

/** What the operator should know who names hosts where nothing of ours holds commands back; undefined when none is named. */
export function networkWithoutEffect({network}: Pick<SandboxSettings, 'network'>): string | undefined {
  if (network.length === 0) return undefined;
  return '"sandbox.network" is without effect on commands that run beside the orchestrator ("external"): they reach whatever this machine reaches';
}

// Between the numbers that distributions, systemd and containers give away.
const unusedUid = 65_530;

export const defaultSandboxSettings: SandboxSettings = {
  minimum: 'strong',
  tools: [],
  network: [],
  uid: unusedUid,
  limits: defaultSandboxLimits,
};
