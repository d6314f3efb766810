import {
  type Attributes,
  type Context,
  context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import {OTLPTraceExporter} from '@opentelemetry/exporter-trace-otlp-http';
import {BatchSpanProcessor, TracerProvider, type TracerProviderOptions} from '@opentelemetry/sdk-trace';
import type {Reporter, RunEvent} from '../domain/event.ts';
import {type Job, jobLabel} from '../domain/job.ts';
import {providerOf} from '../domain/model.ts';
import {endStatus, type Outcome} from '../domain/outcome.ts';
import type {Usage} from '../domain/usage.ts';

type EventOf<Type extends RunEvent['type']> = Extract<RunEvent, {type: Type}>;

/**
 * Spans of a run, its jobs, their turns and tools, with the names that OpenTelemetry gives to generative AI. Names and figures only: no text
 * of repos or models leaves with them. A collector that is down is nobody's failure.
 */
export class Traces implements Reporter {
  readonly #provider: TracerProvider;
  readonly #jobs = new Map<string, {span: Span; context: Context}>();
  #run: {span: Span; context: Context} | undefined;

  constructor(url: string) {
    const exporter = new OTLPTraceExporter({url, timeoutMillis: 5000});
    this.#provider = new TracerProvider({
      resource,
      spanProcessors: [new BatchSpanProcessor({exporter, scheduledDelayMillis: 1000})],
    });
  }

  report(event: RunEvent): void {
    switch (event.type) {
      case 'run.started':
        this.#run = this.#start('orchestrator run', ROOT_CONTEXT, event.at, {
          'orchestrator.run.id': event.run.id,
          'orchestrator.run.jobs': event.jobs,
        });
        return;
      case 'job.started':
        this.#jobs.set(event.job.id, this.#startJob(event.job, event.at));
        return;
      case 'job.retrying':
        this.#jobs.get(event.job.id)?.span.addEvent('retry', {'orchestrator.wait_ms': event.waitMs}, event.at);
        return;
      case 'turn.finished':
        this.#addTurn(event);
        return;
      case 'job.finished':
        this.#endJob(event);
        return;
      case 'run.finished':
        this.#run?.span.setAttributes({
          'orchestrator.exit_code': event.exitCode,
          'orchestrator.cost_usd': event.summary.costUsd,
          'orchestrator.jobs.changed': event.summary.changed,
          'orchestrator.jobs.failed': event.summary.failed,
          'orchestrator.jobs.held': event.summary.held,
        });
        if (event.exitCode !== 0) this.#run?.span.setStatus({code: SpanStatusCode.ERROR});
        this.#run?.span.end(event.at);
        this.#run = undefined;
        return;
      case 'run.noted':
        return;
      default:
        event satisfies never;
    }
  }

  async close(): Promise<void> {
    // Broken off: what was begun ends here, so that it can be seen at all.
    for (const {span} of this.#jobs.values()) span.end();
    this.#run?.span.end();
    await this.#provider.shutdown().catch(() => {});
  }

  #start(name: string, parent: Context, at: number, attributes: Attributes, kind = SpanKind.INTERNAL) {
    const tracer = this.#provider.getTracer('orchestrator');
    const span = tracer.startSpan(name, {startTime: at, attributes, kind}, parent);
    return {span, context: trace.setSpan(parent, span)};
  }

  #startJob(job: Job, at: number): {span: Span; context: Context} {
    const isAgent = job.mode === 'agent';
    return this.#start(
      isAgent ? `invoke_agent ${job.skill}` : `job ${job.skill}`,
      this.#run?.context ?? context.active(),
      at,
      {
        'orchestrator.job': jobLabel(job),
        'orchestrator.job.id': job.id,
        'orchestrator.mode': job.mode,
        ...(isAgent
          ? {'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': job.agent?.name ?? job.skill}
          : {}),
        ...(job.models[0] === undefined ? {} : modelAttributes(job.models[0])),
      },
    );
  }

  #addTurn({job, turn, at, startedAt, model, usage, finishReason, tools, replayed}: EventOf<'turn.finished'>): void {
    const parent = this.#jobs.get(job.id)?.context ?? ROOT_CONTEXT;
    const chatEnd = tools[0]?.startedAt ?? at;
    const chat = this.#start(
      `chat ${modelName(model)}`,
      parent,
      startedAt,
      {
        'gen_ai.operation.name': 'chat',
        ...modelAttributes(model),
        ...usageAttributes(usage),
        'gen_ai.response.finish_reasons': [finishReason],
        'orchestrator.turn': turn,
        'orchestrator.recorded': replayed,
      },
      SpanKind.CLIENT,
    );
    chat.span.end(chatEnd);
    for (const tool of tools) {
      const {span} = this.#start(`execute_tool ${tool.name}`, parent, tool.startedAt, {
        'gen_ai.operation.name': 'execute_tool',
        'gen_ai.tool.name': tool.name,
        'orchestrator.turn': turn,
      });
      if (tool.isError) span.setStatus({code: SpanStatusCode.ERROR}).setAttribute('error.type', 'tool_error');
      span.end(tool.endedAt);
    }
  }

  #endJob({job, detail, at}: EventOf<'job.finished'>): void {
    const {span} = this.#jobs.get(job.id) ?? this.#startJob(job, at);
    this.#jobs.delete(job.id);
    const {outcome} = detail;
    span.setAttributes({
      'orchestrator.outcome': endStatus(outcome),
      'orchestrator.attempts': detail.attempts,
      ...usageAttributes(outcome.usage),
      ...(outcome.cost.usd === null ? {} : {'orchestrator.cost_usd': outcome.cost.usd}),
    });
    const reason = reasonOf(outcome);
    if (reason !== undefined) span.setStatus({code: SpanStatusCode.ERROR}).setAttribute('error.type', reason);
    span.end(at);
  }
}

const attributes = {'service.name': 'orchestrator'};

/** The library's own has the host and the process in it, which are nobody's business. */
const resource: NonNullable<TracerProviderOptions['resource']> = {
  attributes,
  merge: other => other ?? resource,
  getRawAttributes: () => Object.entries(attributes),
};

function reasonOf(outcome: Outcome): string | undefined {
  if (endStatus(outcome) === 'held') return undefined;
  if (outcome.status === 'failed') return outcome.failure.reason;
  return outcome.status === 'not-started' ? outcome.reason : undefined;
}

function modelAttributes(model: string): Attributes {
  return {'gen_ai.provider.name': providerOf(model), 'gen_ai.request.model': modelName(model)};
}

function modelName(model: string): string {
  return model.slice(model.indexOf('/') + 1);
}

function usageAttributes({inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens}: Usage): Attributes {
  return {
    'gen_ai.usage.input_tokens': inputTokens,
    'gen_ai.usage.output_tokens': outputTokens,
    'gen_ai.usage.cache_read.input_tokens': cacheReadTokens,
    'gen_ai.usage.cache_creation.input_tokens': cacheWriteTokens,
  };
}
