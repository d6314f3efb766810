import type {ClientContext, PromptResponse, SessionUpdate} from '@agentclientprotocol/sdk';
import type {ForeignAgent} from '../../domain/foreign-agent.ts';
import {type FailureReason, JobFailure} from '../../domain/outcome.ts';
import {unknownUsage} from '../../domain/usage.ts';
import {quoteText} from '../../util/quote-text.ts';
import type {Checkout} from '../../workspace/checkout.ts';
import type {Mode, ModeInput} from '../mode.ts';
import {type AgentModeOptions, judge, startTimer} from './agent.ts';
import {type AgentProcess, startAgentProcess} from './agent-process.ts';
import {ForeignReach} from './foreign-reach.ts';
import {nextWords, saysNothingToChange} from './judge-end.ts';
import {firstPrompt, foreignPrompt, trimContext} from './prompt.ts';
import {SaidCost} from './said-cost.ts';

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
      try {
        const agent = await startAgentProcess(foreign, {directory: checkout.directory, env: options.env});
        const conversation = new Conversation(input, checkout, agent, options);
        try {
          const summary = await conversation.hold(foreign, timer.signal);
          const edits = await checkout.edits(timer.signal);
          return {
            edits,
            leftOut: checkout.leftOut,
            ...(summary === '' ? {} : {summary: await options.maskSecrets(summary)}),
          };
        } finally {
          await agent.close();
          input.noteSpent({usage: unknownUsage, cost: conversation.saidCost.cost(foreign.name)});
        }
      } catch (error) {
        throw timer.explain(error);
      } finally {
        timer.end();
      }
    },
  };
}

/** One session with the agent, from its start to the end that the diff believes. */
class Conversation {
  readonly saidCost = new SaidCost();
  readonly #input: ModeInput;
  readonly #checkout: Checkout;
  readonly #agent: AgentProcess;
  readonly #options: ForeignAgentOptions;
  readonly #reach: ForeignReach;
  #lastWord = 0;
  #text = '';

  constructor(input: ModeInput, checkout: Checkout, agent: AgentProcess, options: ForeignAgentOptions) {
    this.#input = input;
    this.#checkout = checkout;
    this.#agent = agent;
    this.#options = options;
    this.#reach = new ForeignReach({
      directory: checkout.directory,
      skill: input.skill,
      contained: agent.contained,
      note: line => this.#note(line),
    });
  }

  async hold(foreign: ForeignAgent, signal: AbortSignal): Promise<string> {
    const {client, methods, ndJsonStream, PROTOCOL_VERSION} = await import('@agentclientprotocol/sdk');
    const heard = <Answer>(answer: Answer): Answer => {
      this.#hear();
      return answer;
    };
    const app = client({name: 'orchestrator'})
      .onNotification(methods.client.session.update, ({params}) => heard(this.#see(params.update)))
      .onRequest(methods.client.session.requestPermission, ({params}) => heard(this.#reach.decide(params)))
      .onRequest(methods.client.fs.readTextFile, ({params}) => heard(this.#reach.readFile(params)))
      .onRequest(methods.client.fs.writeTextFile, ({params}) => heard(this.#reach.writeFile(params)));
    const talk = app.connectWith(ndJsonStream(this.#agent.input, this.#agent.output), async agent => {
      await agent.request(methods.agent.initialize, {
        protocolVersion: PROTOCOL_VERSION,
        clientCapabilities: {fs: {readTextFile: true, writeTextFile: true}, terminal: false},
      });
      const session = await agent.request(methods.agent.session.new, {cwd: this.#checkout.directory, mcpServers: []});
      return await this.#work(agent, session.sessionId, signal);
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

  async #work(agent: ClientContext, sessionId: string, signal: AbortSignal): Promise<string> {
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
      const work = {
        summary,
        finished: true,
        nothingToChange: saysNothingToChange(summary),
        deniedCalls: this.#reach.denied,
        deniedChanges: this.#reach.deniedChanges,
        changingCalls: 0,
      };
      const shortfall = await judge(work, this.#checkout, this.#input, signal, edits => this.#reach.judge(edits));
      const words = nextWords(shortfall, round, 'Go on.');
      if (words === undefined) return summary;
      text = words;
    }
  }

  #see(update: SessionUpdate): void {
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
        if (update.cost) this.saidCost.see(update.cost);
        return;
      default:
        return;
    }
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
