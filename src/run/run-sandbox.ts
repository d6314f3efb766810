import {networkText} from '../domain/network-use.ts';
import {JobFailure} from '../domain/outcome.ts';
import type {SandboxTier} from '../domain/sandbox.ts';
import type {OpenedSandbox} from '../sandbox/open-sandbox.ts';
import {type Sandbox, SandboxError} from '../sandbox/sandbox.ts';

export interface RunSandbox {
  /** Throws `JobFailure` when this machine has none that is strong enough. */
  open(): Promise<Sandbox>;
  /** Of the one that was opened. */
  tier(): SandboxTier | undefined;
  /** What commands in it may reach; undefined where the machine decides. */
  network(): readonly string[] | undefined;
}

/** Opens and attacks the sandbox when the first job needs it, once a run. Jobs that need one fail when there is none. */
export function createRunSandbox(
  open: () => Promise<OpenedSandbox>,
  note: (level: 'info' | 'warn', text: string) => void,
): RunSandbox {
  let opened: Promise<OpenedSandbox> | undefined;
  let found: Sandbox | undefined;
  const openOnce = async (): Promise<Sandbox> => {
    opened ??= open().then(result => {
      note(...describe(result));
      return result;
    });
    const {sandbox, fault} = await opened;
    if (fault !== undefined)
      throw new JobFailure('sandbox-unavailable', fault.message, {next: `${fault.fix}, then: orchestrator retry`});
    found = sandbox;
    return {...sandbox, run: command => sandbox.run(command).catch(asFailure)};
  };
  return {open: openOnce, tier: () => found?.tier, network: () => found?.network};
}

/** One that held at the start of the run, and cannot be started for this command. */
function asFailure(error: unknown): never {
  if (error instanceof SandboxError) throw new JobFailure('sandbox-unavailable', error.message);
  throw error;
}

function describe(opened: OpenedSandbox): ['info' | 'warn', string] {
  if (opened.fault !== undefined) return ['warn', `sandbox: none: ${opened.fault.message}`];
  const {probe, weaker, note, sandbox} = opened;
  if (probe === undefined) {
    const more = note === undefined ? '' : `; ${note}`;
    return ['warn', `sandbox: external, as the configuration says; ${weaker?.message ?? ''}${more}`];
  }
  const held = probe.attacks.filter(({end}) => end === 'held').length;
  return [
    'info',
    `sandbox: strong, ${networkText(sandbox.network ?? [])}, ${held} of ${probe.attacks.length} attacks held in ${(probe.durationMs / 1000).toFixed(1)} s`,
  ];
}
