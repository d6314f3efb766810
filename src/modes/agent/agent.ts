import {chown, mkdir} from 'node:fs/promises';
import path from 'node:path';
import type {FileEdit} from '../../domain/change.ts';
import type {RepoContext} from '../../domain/context.ts';
import {defaultAgentLimits} from '../../domain/job.ts';
import type {ModelRequest} from '../../domain/model.ts';
import {JobFailure} from '../../domain/outcome.ts';
import type {Skill} from '../../domain/skill.ts';
import {notingNetwork} from '../../sandbox/note-network.ts';
import type {Mount, Sandbox} from '../../sandbox/sandbox.ts';
import {copySkill} from '../../skills/copy-skill.ts';
import type {Clock} from '../../util/clock.ts';
import type {Checkout} from '../../workspace/checkout.ts';
import type {Mode, ModeInput} from '../mode.ts';
import {openAgentFiles} from './agent-files.ts';
import {readAllowedTools} from './allowed-tools.ts';
import {judgeEnd, type Shortfall} from './judge-end.ts';
import {type AgentEnd, runLoop} from './loop.ts';
import type {McpTools} from './mcp-tools.ts';
import {firstPrompt, systemPrompt, trimContext} from './prompt.ts';
import type {ToolReach} from './tool.ts';
import {createToolSet, type ToolSet} from './tool-set.ts';

export interface AgentModeOptions extends Pick<ToolReach, 'findSecrets' | 'secretNameRule' | 'programPath'> {
  readonly renderContext: (context: RepoContext) => string;
  readonly estimateTokens: (text: string) => number;
  readonly maskSecrets: (text: string) => Promise<string>;
  readonly clock: Clock;
  /** Undefined where commands cannot be run. */
  readonly sandbox?: Sandbox;
  /** Of the operator's own servers. */
  readonly mcp?: Pick<McpTools, 'tools' | 'faults'>;
  /** Works on jobs that name another agent. */
  readonly foreign?: Mode;
}

/** A model with tools, in a private work tree, turn by turn until the diff says that the work is done. */
export function createAgentMode(options: AgentModeOptions): Mode {
  const {sandbox} = options;
  const toolsOf = ({skill}: Pick<ModeInput, 'skill'>): ToolSet => {
    assertServers(skill, options);
    return createToolSet(skill, {...(sandbox === undefined ? {} : {sandbox}), more: options.mcp?.tools ?? []});
  };
  const preview: Mode['preview'] = input =>
    input.job.agent === undefined ? firstRequest(input, toolsOf(input), options) : undefined;
  return {
    version: 2,
    preview,
    async propose(input) {
      if (input.job.agent !== undefined && options.foreign !== undefined) return await options.foreign.propose(input);
      const tools = toolsOf(input);
      const checkout = await input.openCheckout({owner: sandbox?.owner});
      const timer = startTimer(input, options.clock);
      try {
        const end = await runLoop({
          first: firstRequest(input, tools, options),
          tools,
          reach: await reachOf(input, checkout, timer.signal, options),
          turns: input.turns,
          maxTurns: input.job.maxTurns ?? defaultAgentLimits.maxTurns,
          maxHistoryTokens: 2 * input.job.contextTokens,
          estimateTokens: options.estimateTokens,
          now: options.clock.now,
          obtainReply: (request, recorded) =>
            input.obtainReply(request, {signal: timer.signal, ...(recorded === undefined ? {} : {recorded})}),
          hasReply: input.hasReply,
          judge: agentEnd => judge(agentEnd, checkout, input, timer.signal),
          checkTime: timer.check,
        });
        const summary = await options.maskSecrets(end.summary);
        const edits = await checkout.edits(timer.signal);
        return {edits, leftOut: checkout.leftOut, ...(summary === '' ? {} : {summary})};
      } catch (error) {
        throw timer.explain(error);
      } finally {
        timer.end();
      }
    },
  };
}

/** An agent that lacks a tool it was to have does something else than what was asked for. */
function assertServers(skill: Skill, {mcp}: AgentModeOptions): void {
  const allowed = readAllowedTools(skill.allowedTools);
  for (const [server, fault] of mcp?.faults ?? [])
    if (allowed.asksForServer(server)) throw new JobFailure('mcp-unavailable', fault);
}

function firstRequest(
  {job, skill, context}: Pick<ModeInput, 'job' | 'skill' | 'context'>,
  tools: ToolSet,
  {renderContext, estimateTokens}: AgentModeOptions,
): ModelRequest {
  return {
    model: job.models[0] ?? '',
    system: systemPrompt(job, skill, tools),
    prompt: firstPrompt(renderContext(trimContext(context, estimateTokens)), job),
    messages: [],
    tools: tools.offered.map(({name, description, parameters}) => ({name, description, parameters})),
    maxOutputTokens: job.maxOutputTokens,
    timeoutMs: job.timeoutMs,
  };
}

async function reachOf(
  {skill, noteNetwork}: ModeInput,
  {directory}: Checkout,
  signal: AbortSignal,
  options: AgentModeOptions,
): Promise<ToolReach> {
  const {sandbox, findSecrets, secretNameRule, programPath} = options;
  const owner = sandbox?.owner;
  return {
    files: openAgentFiles({root: directory, writable: true, ...(owner === undefined ? {} : {owner})}),
    skillFiles: openAgentFiles({root: skill.directory, writable: false}),
    directory,
    ...(sandbox === undefined
      ? {}
      : {
          commands: {
            sandbox: notingNetwork(sandbox, noteNetwork),
            skill: await layOutSkill(skill, directory, sandbox),
          },
        }),
    findSecrets,
    secretNameRule,
    programPath,
    signal,
  };
}

/** A copy beside the private folder, which goes with it: whoever runs commands may not be able to read the operator's folders. */
async function layOutSkill(skill: Skill, directory: string, {owner}: Sandbox): Promise<Mount> {
  const source = path.join(path.dirname(directory), 'skill');
  await mkdir(source, {mode: 0o700});
  const fault = copySkill(skill, source, owner);
  if (fault !== undefined) throw new JobFailure('agent-failed', fault, {next: 'Start a new run.'});
  if (owner !== undefined) await chown(source, owner.uid, owner.gid);
  return {source, at: '/skill', writable: false};
}

/** What is missing for the work to count as done: by the diff, the checks of the skill and the verify commands. */
export async function judge(
  end: AgentEnd,
  checkout: Checkout,
  input: ModeInput,
  signal: AbortSignal,
  forbidden: (edits: readonly FileEdit[]) => Shortfall | undefined = () => undefined,
): Promise<Shortfall | undefined> {
  const edits: readonly FileEdit[] = await checkout.edits(signal);
  const shortfall = forbidden(edits) ?? judgeEnd({...end, edits, leftOut: checkout.leftOut}, input);
  return shortfall ?? (edits.length === 0 ? undefined : await input.verify(edits, signal));
}

/** The wall time of a job, from its first turn in this process on. */
export function startTimer({job, signal}: ModeInput, clock: Clock) {
  const limitMs = job.jobTimeoutMs ?? defaultAgentLimits.jobTimeoutMs;
  const until = clock.now() + limitMs;
  const expiry = new AbortController();
  const ended = new AbortController();
  clock.sleep(limitMs, ended.signal).then(
    () => expiry.abort(new Error('the time of the job is over')),
    () => {},
  );
  const failure = (): JobFailure =>
    new JobFailure('time-limit', `The agent had not finished after ${Math.round(limitMs / 1000)} s.`);
  return {
    signal: AbortSignal.any([signal, expiry.signal]),
    check(): void {
      signal.throwIfAborted();
      if (expiry.signal.aborted || clock.now() >= until) throw failure();
    },
    /** What was broken off by the timer did not fail by itself. */
    explain: (error: unknown): unknown =>
      expiry.signal.aborted && !signal.aborted && !(error instanceof JobFailure) ? failure() : error,
    end: () => ended.abort('ended'),
  };
}
