import type {Job} from '../domain/job.ts';
import type {Message, ModelRequest} from '../domain/model.ts';
import {JobFailure} from '../domain/outcome.ts';
import type {TurnRecord} from '../domain/turn.ts';
import type {Ledger} from '../ledger/ledger.ts';
import type {FinishedTurn, TurnLog} from '../modes/agent/turn-log.ts';
import type {Transcript} from '../report/transcript.ts';
import {digestRequest} from './inputs.ts';
import type {ObtainedReply} from './job-tools.ts';

export interface TurnLogOptions {
  readonly runId: string;
  readonly job: Job;
  readonly promptVersion: number;
  readonly ledger: Pick<Ledger, 'turns' | 'recordTurn' | 'reply'>;
  /** The reply of the turn that is being recorded. */
  readonly currentReply: () => ObtainedReply | undefined;
  readonly openTranscript: (job: Job) => Transcript;
  /** Told of every turn that is recorded. */
  readonly onTurn: (turn: FinishedTurn, reply: ObtainedReply) => void;
  readonly now: () => number;
}

/** Turns go into the ledger, which decides what is repeated, and then into the transcript, which people read. */
export function createTurnLog(options: TurnLogOptions): TurnLog & {close(): void} {
  const {runId, job, ledger, promptVersion} = options;
  let before: TurnRecord[] = [];
  let transcript: Transcript | undefined;
  const write = (line: object): void => {
    try {
      transcript?.write(line);
    } catch (error) {
      throw new JobFailure('disk-full', `The transcript cannot be written (${(error as NodeJS.ErrnoException).code})`);
    }
  };
  return {
    async open(first) {
      before = await usableTurns(ledger, runId, job.id);
      transcript = options.openTranscript(job);
      for (const line of openingLines(options, first)) write(line);
    },
    write,
    recorded(turn, request) {
      const known = before[turn - 1];
      return known?.requestDigest === digestRequest(request, promptVersion) ? known : undefined;
    },
    async record(finished) {
      const reply = options.currentReply();
      if (reply === undefined) throw new Error('a turn without a reply');
      const {turn, request, answers} = finished;
      if (!finished.isRecorded) {
        const requestDigest = digestRequest(request, promptVersion);
        await ledger.recordTurn(runId, job.id, {turn, requestDigest, replyDigest: reply.digest, answers});
      }
      for (const line of turnLines(finished, reply)) write(line);
      options.onTurn(finished, reply);
    },
    close: () => transcript?.close(),
  };
}

/** Up to the first whose reply is gone, or was not to be used again. */
async function usableTurns(ledger: TurnLogOptions['ledger'], runId: string, jobId: string): Promise<TurnRecord[]> {
  const turns = await ledger.turns(runId, jobId);
  for (const [index, turn] of turns.entries()) {
    if ((await ledger.reply(turn.replyDigest)) === undefined) return turns.slice(0, index);
  }
  return turns;
}

function openingLines({runId, job, now}: TurnLogOptions, first: ModelRequest | {agent: string}): object[] {
  const at = new Date(now()).toISOString();
  return [
    {
      type: 'job',
      version: 1,
      at,
      run: runId,
      job: job.id,
      task: job.task,
      skill: job.skill,
      repo: job.repo,
      ...('agent' in first
        ? {agent: first.agent}
        : {model: job.models[0], tools: (first.tools ?? []).map(({name}) => name)}),
    },
    ...('agent' in first
      ? []
      : [
          {type: 'system', text: first.system},
          {type: 'prompt', text: first.prompt},
        ]),
  ];
}

function turnLines({turn, reply, answers, startedAt, isRecorded}: FinishedTurn, obtained: ObtainedReply): object[] {
  const {text, toolCalls = [], finishReason, usage} = reply;
  return [
    {
      type: 'reply',
      turn,
      at: new Date(startedAt).toISOString(),
      model: obtained.model,
      text,
      tool_calls: toolCalls.map(({id, name, input, malformed}) => ({
        id,
        name,
        input,
        ...(malformed === undefined ? {} : {malformed}),
      })),
      finish_reason: finishReason,
      usage: {
        input_tokens: usage.inputTokens,
        output_tokens: usage.outputTokens,
        cache_read_tokens: usage.cacheReadTokens,
        cache_write_tokens: usage.cacheWriteTokens,
      },
      ...(obtained.replayed || isRecorded ? {recorded: true} : {}),
    },
    ...answers.flatMap(answer => answerLines(turn, answer)),
  ];
}

function answerLines(turn: number, answer: Message): object[] {
  if (answer.role === 'user') return [{type: 'note', turn, text: answer.text}];
  if (answer.role === 'assistant') return [];
  return answer.results.map(({callId, name, text, isError, denied}) => ({
    type: 'result',
    turn,
    call: callId,
    tool: name,
    error: isError,
    ...(denied ? {refused: true} : {}),
    text,
  }));
}
