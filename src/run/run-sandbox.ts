import {JobFailure} from '../domain/outcome.ts';
import type {SandboxTier} from '../domain/sandbox.ts';
import type {OpenedSandbox} from '../sandbox/open-sandbox.ts';
import {type Sandbox, SandboxError} from '../sandbox/sandbox.ts';

export interface RunSandbox {
  /** Throws `JobFailure` when this machine has none that is strong enough. */
  open(): Promise<Sandbox>;
  /** Of the one that was opened. */
  tier(): SandboxTier | undefined;
}

/** Opens and attacks the sandbox when the first job needs it, once a run. Jobs that need one fail when there is none. */
export function createRunSandbox(
  open: () => Promise<OpenedSandbox>,
  note: (level: 'info' | 'warn', text: string) => void,
): RunSandbox {
  let opened: Promise<OpenedSandbox> | undefined;
  let tier: SandboxTier | undefined;
  const openOnce = async (): Promise<Sandbox> => {
    opened ??= open().then(result => {
      note(...describe(result));
      return result;
    });
    const {sandbox, fault} = await opened;
    if (fault !== undefined)
      throw new JobFailure('sandbox-unavailable', fault.message, {next: `${fault.fix}, then: orchestrator retry`});
    tier = sandbox.tier;
    return {...sandbox, run: command => sandbox.run(command).catch(asFailure)};
  };
  return {open: openOnce, tier: () => tier};
}

/** One that held at the start of the run, and cannot be started for this command. */
function asFailure(error: unknown): never {
  if (error instanceof SandboxError) throw new JobFailure('sandbox-unavailable', error.message);
  throw error;
}

function describe(opened: OpenedSandbox): ['info' | 'warn', string] {
  if (opened.fault !== undefined) return ['warn', `sandbox: none: ${opened.fault.message}`];
  const {probe, weaker} = opened;
  if (probe === undefined) return ['warn', `sandbox: external, as the configuration says; ${weaker?.message ?? ''}`];
  const held = probe.attacks.filter(({end}) => end === 'held').length;
  return [
    'info',
    `sandbox: strong, ${held} of ${probe.attacks.length} attacks held in ${(probe.durationMs / 1000).toFixed(1)} s`,
  ];
}
