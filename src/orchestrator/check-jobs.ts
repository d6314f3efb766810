import {OrchestratorError} from '../domain/errors.ts';
import type {DeliveryKind, Job} from '../domain/job.ts';
import {defaultSandboxSettings, type SandboxSettings} from '../domain/sandbox.ts';
import type {Mode as ModeName, Skill} from '../domain/skill.ts';
import type {OpenedSandbox} from '../sandbox/open-sandbox.ts';

/** Refuses jobs that need commands where this machine has no sandbox that is strong enough for them. */
export async function checkSandbox(
  jobs: readonly Pick<Job, 'mode' | 'verify' | 'task' | 'skill'>[],
  settings: SandboxSettings,
  skillOf: (name: string) => Skill | undefined,
): Promise<void> {
  const {readAllowedTools} = await import('../modes/agent/allowed-tools.ts');
  const asksForCommands = (name: string): boolean =>
    readAllowedTools(skillOf(name)?.allowedTools ?? []).asksForCommands;
  const needing = jobs.find(
    ({mode, verify, skill}) => mode === 'script' || verify.length > 0 || (mode === 'agent' && asksForCommands(skill)),
  );
  if (needing === undefined) return;
  const {openSandbox} = await import('../sandbox/open-sandbox.ts');
  const {fault} = await openSandbox(settings);
  if (fault === undefined) return;
  const what =
    needing.mode === 'script' ? 'mode "script"' : needing.verify.length > 0 ? '"verify"' : `skill "${needing.skill}"`;
  throw new OrchestratorError('no-sandbox', `task "${needing.task}": ${what} runs commands, and ${fault.message}`, {
    hint: fault.fix,
  });
}

/** The sandbox that this machine has by itself, attacked now. */
export async function openMachineSandbox(): Promise<OpenedSandbox> {
  return await (await import('../sandbox/open-sandbox.ts')).openSandbox(defaultSandboxSettings);
}

/** Refuses, before anything runs, what this version cannot do. */
export function checkSupported(job: {
  readonly mode: ModeName;
  readonly deliver: DeliveryKind;
  readonly task: string;
  readonly models: readonly string[];
}): void {
  const refuse = (what: string, hint: string): never => {
    throw new OrchestratorError('not-supported', `task "${job.task}": ${what}`, {hint});
  };
  if (job.mode === 'agent' && job.models.includes('offline'))
    refuse('mode "agent" needs a model, and "offline" is none', 'set "model" and its key, or use --simple');
}
