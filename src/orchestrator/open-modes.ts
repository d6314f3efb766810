import path from 'node:path';
import type {Job} from '../domain/job.ts';
import type {Mode as ModeName} from '../domain/skill.ts';
import type {Tool} from '../modes/agent/tool.ts';
import type {Mode} from '../modes/mode.ts';
import type {Sandbox} from '../sandbox/sandbox.ts';
import {systemClock} from '../util/clock.ts';
import type {Env} from './env.ts';

/** What only a run has: an id, and a sandbox. */
export interface RunPlaces {
  readonly runId: string;
  readonly openSandbox: () => Promise<Sandbox>;
  /** For agents; absent where they work without commands. */
  readonly sandbox?: Sandbox;
  /** Tools of the operator's MCP servers, for agents. */
  readonly moreTools?: readonly Tool[];
}

/** The modes of these jobs; the others are not loaded. */
export async function openModes(
  stateDir: string,
  jobs: readonly Job[],
  places: RunPlaces,
  env: Env,
): Promise<(name: ModeName) => Mode> {
  const openers = {simple: openSimple, agent: openAgent, script: openScript};
  const wanted = [...new Set(jobs.map(job => job.mode))];
  const modes = new Map(
    await Promise.all(wanted.map(async name => [name, await openers[name](stateDir, places, env)] as const)),
  );
  return name => {
    const mode = modes.get(name);
    if (mode === undefined) throw new Error(`none of the jobs has mode ${name}`);
    return mode;
  };
}

async function openSimple(): Promise<Mode> {
  const [{createSimpleMode}, {renderContext}, {findCertainSecrets}] = await Promise.all([
    import('../modes/simple.ts'),
    import('../context/render-context.ts'),
    import('../context/secrets.ts'),
  ]);
  return createSimpleMode({renderContext, findSecrets: findCertainSecrets});
}

async function openScript(stateDir: string, places: RunPlaces): Promise<Mode> {
  const [{createScriptMode}, {maskSecrets}] = await Promise.all([
    import('../modes/script.ts'),
    import('../context/secrets.ts'),
  ]);
  return createScriptMode({...places, mask: maskSecrets, workspaces: path.join(stateDir, 'workspaces')});
}

async function openAgent(_stateDir: string, {sandbox, moreTools}: RunPlaces, env: Env): Promise<Mode> {
  const [
    {createAgentMode},
    {createForeignAgentMode},
    {renderContext},
    {estimateTokens},
    {findSecrets, maskSecrets, secretNameRule},
  ] = await Promise.all([
    import('../modes/agent/agent.ts'),
    import('../modes/agent/foreign-agent.ts'),
    import('../context/render-context.ts'),
    import('../context/estimate-tokens.ts'),
    import('../context/secrets.ts'),
  ]);
  const shared = {renderContext, estimateTokens, maskSecrets, clock: systemClock};
  return createAgentMode({
    ...shared,
    findSecrets,
    secretNameRule,
    programPath: process.env['PATH'] ?? '',
    ...(sandbox === undefined ? {} : {sandbox}),
    ...(moreTools === undefined ? {} : {moreTools}),
    foreign: createForeignAgentMode({...shared, stallMs: 5 * 60_000, env}),
  });
}
