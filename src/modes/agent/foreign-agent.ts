import path from 'node:path';
import type {
  ClientContext,
  PromptResponse,
  RequestPermissionRequest,
  RequestPermissionResponse,
  SessionUpdate,
} from '@agentclientprotocol/sdk';
import type {ForeignAgent} from '../../domain/foreign-agent.ts';
import {type FailureReason, JobFailure} from '../../domain/outcome.ts';
import {noUsage} from '../../domain/usage.ts';
import {quoteText} from '../../util/quote-text.ts';
import type {Checkout} from '../../workspace/checkout.ts';
import type {Mode, ModeInput} from '../mode.ts';
import {type AgentModeOptions, judge, startTimer} from './agent.ts';
import {openAgentFiles} from './agent-files.ts';
import {type AgentProcess, startAgentProcess} from './agent-process.ts';
import {readAllowedTools} from './allowed-tools.ts';
import {nextWords} from './judge-end.ts';
import {firstPrompt, foreignPrompt, trimContext} from './prompt.ts';

export interface ForeignAgentOptions
  extends Pick<AgentModeOptions, 'renderContext' | 'estimateTokens' | 'maskSecrets' | 'clock'> {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** An agent that says nothing for so long is given up, milliseconds. */
  readonly stallMs: number;
}

/** Another agent makes the change, through the Agent Client Protocol; diff, checks and verify judge it as they judge our own. */
export function createForeignAgentMode(options: ForeignAgentOptions): Mode {
  return {
    version: 1,
    preview: () => undefined,
    async propose(input) {
      const foreign = input.job.agent!;
      await input.begin();
      const checkout = await input.openCheckout();
      await input.turns.open({agent: foreign.name});
      const timer = startTimer(input, options.clock);
      const agent = await startAgentProcess(foreign, {directory: checkout.directory, env: options.env});
      const conversation = new Conversation(input, checkout, agent, options);
      try {
        const summary = await conversation.hold(foreign, timer.signal);
        const edits = await checkout.edits();
        return {
          edits,
          leftOut: checkout.leftOut,
          ...(summary === '' ? {} : {summary: await options.maskSecrets(summary)}),
        };
      } catch (error) {
        throw timer.explain(error);
      } finally {
        timer.end();
        await agent.close();
        input.noteSpent({usage: noUsage, cost: conversation.cost(foreign)});
      }
    },
  };
}

/** One session with the agent, from its start to the end that the diff believes. */
class Conversation {
  readonly #input: ModeInput;
  readonly #checkout: Checkout;
  readonly #agent: AgentProcess;
  readonly #options: ForeignAgentOptions;
  #lastWord = 0;
  #text = '';
  #usd: number | undefined;
  #denied = 0;

  constructor(input: ModeInput, checkout: Checkout, agent: AgentProcess, options: ForeignAgentOptions) {
    this.#input = input;
    this.#checkout = checkout;
    this.#agent = agent;
    this.#options = options;
  }

  cost(foreign: ForeignAgent): {usd: number} | {usd: null; reason: string} {
    return this.#usd === undefined
      ? {usd: null, reason: `the agent "${foreign.name}" does not say what it costs`}
      : {usd: this.#usd};
  }

  async hold(foreign: ForeignAgent, signal: AbortSignal): Promise<string> {
    const {client, methods, ndJsonStream, PROTOCOL_VERSION} = await import('@agentclientprotocol/sdk');
    const files = openAgentFiles({root: this.#checkout.directory, writable: true});
    const app = client({name: 'orchestrator'})
      .onNotification(methods.client.session.update, ({params}) => this.#see(params.update))
      .onRequest(methods.client.session.requestPermission, ({params}) => this.#decide(params))
      .onRequest(methods.client.fs.readTextFile, async ({params}) => {
        this.#hear();
        return {
          content: cutLines((await files.read(this.#inside(params.path), 8 * 1024 * 1024)).toString('utf8'), params),
        };
      })
      .onRequest(methods.client.fs.writeTextFile, async ({params}) => {
        this.#hear();
        await files.write(this.#inside(params.path), Buffer.from(params.content));
        return {};
      });
    const talk = app.connectWith(ndJsonStream(this.#agent.input, this.#agent.output), async agent => {
      await agent.request(methods.agent.initialize, {
        protocolVersion: PROTOCOL_VERSION,
        clientCapabilities: {fs: {readTextFile: true, writeTextFile: true}, terminal: false},
      });
      const session = await agent.request(methods.agent.session.new, {cwd: this.#checkout.directory, mcpServers: []});
      return await this.#work(agent, session.sessionId);
    });
    // A connection that closes is the shadow of a process that ends, and that says more.
    const talked = talk.catch(async (error: unknown) => {
      if (isAnswer(error) || error instanceof JobFailure || signal.aborted) throw error;
      await Promise.race([this.#agent.ended, this.#options.clock.sleep(2000)]);
      throw error;
    });
    talked.catch(() => {});
    const {signal: stalled, stop} = this.#watch(foreign);
    try {
      return await Promise.race([talked, this.#agent.ended, rejection(signal), rejection(stalled)]);
    } catch (error) {
      throw asFailure(error, foreign);
    } finally {
      stop();
    }
  }

  async #work(agent: ClientContext, sessionId: string): Promise<string> {
    const {job, skill, context} = this.#input;
    const {renderContext, estimateTokens} = this.#options;
    const {methods} = await import('@agentclientprotocol/sdk');
    let text = `${foreignPrompt(job, skill)}\n\n${firstPrompt(renderContext(trimContext(context, estimateTokens)), job)}`;
    for (let round = 1; ; round++) {
      this.#text = '';
      this.#note({type: 'prompt', turn: round, text});
      const response: PromptResponse = await agent.request(methods.agent.session.prompt, {
        sessionId,
        prompt: [{type: 'text', text}],
      });
      const summary = this.#text.trim().slice(-8000);
      this.#note({type: 'reply', turn: round, text: this.#text, finish_reason: response.stopReason});
      assertEnded(response.stopReason);
      const work = {summary, deniedCalls: this.#denied, changingCalls: 0};
      const words = nextWords(await judge(work, this.#checkout, this.#input), round, 'Go on.');
      if (words === undefined) return summary;
      text = words;
    }
  }

  #see(update: SessionUpdate): void {
    this.#hear();
    switch (update.sessionUpdate) {
      case 'agent_message_chunk':
        if (update.content.type === 'text') this.#text = `${this.#text}${update.content.text}`.slice(-200_000);
        return;
      case 'tool_call':
        this.#note({
          type: 'result',
          tool: `${update.kind ?? 'other'}: ${update.title}`,
          error: false,
          text: update.status ?? '',
        });
        return;
      case 'usage_update':
        if (update.cost?.currency === 'USD') this.#usd = update.cost.amount;
        return;
      default:
        return;
    }
  }

  /** Reading and changing files of the work tree is what it is for; commands, the network and everything else it may not. */
  #decide({toolCall, options}: RequestPermissionRequest): RequestPermissionResponse {
    this.#hear();
    const isAllowed = this.#mayDo(toolCall);
    const wanted = isAllowed ? 'allow_once' : 'reject_once';
    const option =
      options.find(({kind}) => kind === wanted) ??
      (isAllowed ? undefined : options.find(({kind}) => kind === 'reject_always'));
    if (!isAllowed) this.#denied++;
    const title = `${toolCall.kind ?? 'other'}: ${toolCall.title ?? ''}`;
    this.#note({
      type: 'result',
      tool: title,
      error: !isAllowed,
      ...(isAllowed ? {} : {refused: true}),
      text: isAllowed ? 'allowed' : 'refused',
    });
    return option === undefined
      ? {outcome: {outcome: 'cancelled'}}
      : {outcome: {outcome: 'selected', optionId: option.optionId}};
  }

  #mayDo({kind, locations}: RequestPermissionRequest['toolCall']): boolean {
    const allowed = readAllowedTools(this.#input.skill.allowedTools);
    const isInside = (locations ?? []).every(({path: file}) => isBelow(this.#checkout.directory, file));
    switch (kind) {
      case 'read':
      case 'search':
        return isInside && allowed.allows('read_file');
      case 'think':
        return true;
      case 'edit':
      case 'delete':
      case 'move':
        // Without a place nobody knows where it would write, unless it can write nowhere else.
        return (
          isInside &&
          (this.#agent.contained || (locations ?? []).length > 0) &&
          (allowed.allows('edit_file') || allowed.allows('write_file'))
        );
      default:
        return false;
    }
  }

  #inside(file: string): string {
    if (!isBelow(this.#checkout.directory, file)) throw new Error(`${quoteText(file)} is outside of the work tree`);
    return path.relative(this.#checkout.directory, path.resolve(this.#checkout.directory, file));
  }

  #hear(): void {
    this.#lastWord = this.#options.clock.now();
  }

  #note(line: object): void {
    this.#input.turns.write({...line, at: new Date(this.#options.clock.now()).toISOString()});
  }

  /** Asks every now and then whether the agent has said anything. */
  #watch(foreign: ForeignAgent): {signal: AbortSignal; stop(): void} {
    const {clock, stallMs} = this.#options;
    const stalled = new AbortController();
    const stopped = new AbortController();
    this.#hear();
    const watch = async (): Promise<void> => {
      for (;;) {
        await clock.sleep(Math.max(10, stallMs / 10), stopped.signal);
        if (clock.now() - this.#lastWord < stallMs) continue;
        const text = `${foreign.name} said nothing for ${Math.round(stallMs / 1000)} s`;
        stalled.abort(new JobFailure('agent-stalled', text));
        return;
      }
    };
    // Ends by being stopped.
    watch().catch(() => {});
    return {signal: stalled.signal, stop: () => stopped.abort('ended')};
  }
}

function assertEnded(stopReason: PromptResponse['stopReason']): void {
  const reasons: Partial<Record<string, FailureReason>> = {
    max_tokens: 'reply-truncated',
    max_turn_requests: 'turn-limit',
    refusal: 'reply-refused',
  };
  if (stopReason === 'end_turn') return;
  throw new JobFailure(reasons[stopReason] ?? 'reply-unfinished', `The agent stopped (${quoteText(stopReason, 40)}).`);
}

function asFailure(error: unknown, {name}: ForeignAgent): unknown {
  if (!isAnswer(error)) return error;
  const {message} = error;
  return new JobFailure(
    'agent-failed',
    `${quoteText(name, 60)} answered with an error: ${quoteText(String(message), 200)}`,
  );
}

/** An error answer of the agent, as the protocol layer throws it. */
function isAnswer(error: unknown): error is {readonly code: number; readonly message: unknown} {
  return typeof (error as {code?: unknown} | undefined)?.code === 'number';
}

function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason as Error);
    signal.addEventListener('abort', () => reject(signal.reason as Error), {once: true});
  });
}

function isBelow(directory: string, file: string): boolean {
  const relative = path.relative(directory, path.resolve(directory, file));
  return relative !== '' && !relative.startsWith('..') && !path.isAbsolute(relative);
}

function cutLines(text: string, {line, limit}: {line?: number | null; limit?: number | null}): string {
  if (!line && !limit) return text;
  const start = Math.max(0, (line ?? 1) - 1);
  return text
    .split('\n')
    .slice(start, limit ? start + limit : undefined)
    .join('\n');
}
