import type {Message, ModelReply, ModelRequest, ToolCall, ToolResult} from '../../domain/model.ts';
import {type FailureReason, JobFailure} from '../../domain/outcome.ts';
import {quoteText} from '../../util/quote-text.ts';
import {type AnsweredCall, answerCall} from './answer-call.ts';
import {History} from './history.ts';
import {nextWords, type Shortfall, type WorkDone} from './judge-end.ts';
import {Repetition} from './repetition.ts';
import type {ToolReach} from './tool.ts';
import type {ToolSet} from './tool-set.ts';
import {finishTool} from './tools/finish.ts';
import {listFilesTool} from './tools/list-files.ts';
import {readFileTool} from './tools/read-file.ts';
import {searchFilesTool} from './tools/search-files.ts';
import type {ToolTiming, TurnLog} from './turn-log.ts';

/** What the agent says at its end, and what its calls came to. */
export type AgentEnd = Omit<WorkDone, 'edits' | 'leftOut'>;

export interface LoopOptions {
  /** Everything but the messages. */
  readonly first: ModelRequest;
  readonly tools: ToolSet;
  readonly reach: ToolReach;
  readonly turns: TurnLog;
  readonly maxTurns: number;
  /** Of the messages, as estimated. */
  readonly maxHistoryTokens: number;
  readonly estimateTokens: (text: string) => number;
  readonly now: () => number;
  /** `recorded`: digest of the reply that this run has already. */
  readonly obtainReply: (request: ModelRequest, recorded: string | undefined) => Promise<ModelReply>;
  /** Whether a reply to this request is recorded, of this run or another. */
  readonly hasReply: (request: ModelRequest) => Promise<boolean>;
  /** Undefined when the work is done; else what is missing, which the agent is told while it has rounds left. */
  readonly judge: (end: AgentEnd) => Promise<Shortfall | undefined>;
  /** Throws when the job may go on no longer. */
  readonly checkTime: () => void;
}

const maxCallsPerTurn = 32;
const maxResultCharacters = 200_000;

/** Turn by turn until the work is done: ask, record, run the tools, record. Throws `JobFailure` for every other end. */
export async function runLoop(options: LoopOptions): Promise<AgentEnd> {
  const {first, turns, maxTurns, now} = options;
  const history = new History(options);
  const state: State = {deniedCalls: 0, deniedChanges: 0, changingCalls: 0, rounds: 0, repetition: new Repetition()};
  await turns.open(first);
  for (let turn = 1; turn <= maxTurns; turn++) {
    options.checkTime();
    const startedAt = now();
    const isLateNoted = turn > 1 && (await wasNoted(turn, history, options));
    if (isLateNoted) history.add([lastTurnNote]);
    const request = {...first, messages: history.shown()};
    const known = turns.recorded(turn, request);
    const reply = await options.obtainReply(request, known?.replyDigest);
    assertWhole(reply);
    const work: TurnWork = {messages: [], timings: [], results: []};
    const record = (answers: readonly Message[], isRecorded: boolean): Promise<void> =>
      turns.record({turn, request, reply, answers, tools: work.timings, startedAt, isRecorded});
    let answers: readonly Message[] | undefined;
    try {
      if (known === undefined) await takeTurn(reply, work, options, state);
      else await repeatTurn(reply, known.answers, work, options, state);
      const end = work.end === undefined ? undefined : {...state, ...work.end};
      const wasToldMore = known?.answers.some(({role}) => role === 'user') === true;
      if (known !== undefined && (end === undefined || wasToldMore)) answers = known.answers;
      else answers = await closeTurn({turn, isLateNoted, end}, work, options, state);
      if (end !== undefined && wasToldMore) state.rounds++;
      if (answers === undefined && end !== undefined) {
        await record(work.messages, false);
        return end;
      }
    } catch (error) {
      if (error instanceof JobFailure) await record(work.messages, false);
      throw error;
    }
    await record(answers ?? [], known !== undefined);
    history.add([{role: 'assistant', reply: replyOf(reply)}, ...(answers ?? [])]);
  }
  throw new JobFailure('turn-limit', `The agent had not finished after ${maxTurns} turns.`);
}

interface State {
  deniedCalls: number;
  deniedChanges: number;
  changingCalls: number;
  rounds: number;
  readonly repetition: Repetition;
}

/** What a turn comes to while it goes on, so that it can be recorded wherever it ends. */
interface TurnWork {
  messages: Message[];
  readonly results: ToolResult[];
  readonly timings: ToolTiming[];
  /** Set when the agent says that it is done, or says nothing more. */
  end?: Pick<AgentEnd, 'summary' | 'finished' | 'nothingToChange'>;
}

/** Runs the tools that the reply asks for. */
async function takeTurn(reply: ModelReply, work: TurnWork, options: LoopOptions, state: State): Promise<void> {
  const calls = reply.toolCalls ?? [];
  if (calls.length === 0) {
    work.end = endOfText(reply);
    return;
  }
  work.messages = [{role: 'tool', results: work.results}];
  let characters = 0;
  for (const [index, call] of calls.entries()) {
    options.checkTime();
    const startedAt = options.now();
    const {result, changed, finished} =
      index < maxCallsPerTurn ? await answerCall(call, options.tools, options.reach) : tooMany(call);
    characters += result.text.length;
    const text =
      characters > maxResultCharacters
        ? `[${result.text.length} characters left out: the results of this turn are too long together; ask for less at once]`
        : result.text;
    work.results.push({...result, text});
    work.timings.push({name: call.name, startedAt, endedAt: options.now(), isError: result.isError});
    if (finished !== undefined) work.end = {...finished, finished: true};
    count(call, result, changed === true, state);
  }
  state.repetition.endTurn(work.results);
}

/** A reply that asks for nothing: whether that is an end, its words do not tell. */
function endOfText({text}: ModelReply): NonNullable<TurnWork['end']> {
  return {summary: text.trim(), finished: false, nothingToChange: false};
}

function tooMany({id, name}: ToolCall): AnsweredCall {
  const text = `Error: at most ${maxCallsPerTurn} calls are answered a turn.`;
  return {result: {callId: id, name, text, isError: true}};
}

const readingTools: ReadonlySet<string> = new Set([readFileTool.name, listFilesTool.name, searchFilesTool.name]);

function count(call: ToolCall, result: ToolResult, changed: boolean, state: State): void {
  if (result.denied) state.deniedCalls++;
  if (result.denied && !readingTools.has(call.name)) state.deniedChanges++;
  if (changed) state.changingCalls++;
  state.repetition.see(call, result, changed);
}

/** Brings the private folder to where a recorded turn left it. What its calls answered stands in the record. */
async function repeatTurn(
  reply: ModelReply,
  answers: readonly Message[],
  work: TurnWork,
  {tools, reach, checkTime}: LoopOptions,
  state: State,
): Promise<void> {
  const calls = reply.toolCalls ?? [];
  const results = answers.flatMap(answer => (answer.role === 'tool' ? answer.results : []));
  work.messages = answers.filter(({role}) => role === 'tool');
  if (calls.length === 0) work.end = endOfText(reply);
  for (const call of calls) {
    const result = results.find(({callId}) => callId === call.id);
    // Killed or failed before this call: it had no answer.
    if (result === undefined) continue;
    checkTime();
    const isRepeated = !result.denied && (call.name === finishTool.name || tools.isRepeated(call.name, result.isError));
    const {changed, finished} = isRepeated ? await answerCall(call, tools, reach) : {};
    if (finished !== undefined) work.end = {...finished, finished: true};
    count(call, result, changed === true, state);
  }
  state.repetition.endTurn(results);
}

/** What the agent is told, or undefined when it is done. Throws when it is not and has no rounds left. */
async function closeTurn(
  {turn, isLateNoted, end}: {turn: number; isLateNoted: boolean; end: AgentEnd | undefined},
  {messages}: TurnWork,
  {judge, maxTurns}: LoopOptions,
  state: State,
): Promise<readonly Message[] | undefined> {
  if (end === undefined) {
    if (turn === maxTurns - 1) return [...messages, lastTurnNote];
    return isLateNoted ? [...messages, {role: 'user', text: '[there are more turns now: go on]'}] : messages;
  }
  const text = nextWords(await judge(end), ++state.rounds, 'Go on, then call finish again.');
  return text === undefined ? undefined : [...messages, {role: 'user', text}];
}

/** Said once and late, since whatever is said changes all requests after it. */
const lastTurnNote: Message = {role: 'user', text: '[one turn is left: end the work and call finish]'};

/**
 * Whether this turn was the last one of a run that had no more of them, and was told so. With more room it is asked in the same words, and
 * so answered from the record.
 */
async function wasNoted(turn: number, history: History, {first, turns, hasReply}: LoopOptions): Promise<boolean> {
  const isKnown = async (messages: readonly Message[] | undefined): Promise<boolean> => {
    if (messages === undefined) return false;
    const request = {...first, messages};
    return turns.recorded(turn, request) !== undefined || (await hasReply(request));
  };
  return !(await isKnown(history.preview([]))) && (await isKnown(history.preview([lastTurnNote])));
}

/** What of a reply the model is shown again. */
function replyOf({text, toolCalls, vendorParts}: ModelReply): Pick<ModelReply, 'text' | 'toolCalls' | 'vendorParts'> {
  return {
    text,
    ...(toolCalls === undefined ? {} : {toolCalls}),
    ...(vendorParts === undefined ? {} : {vendorParts}),
  };
}

function assertWhole({finishReason, rawFinishReason, toolCalls}: ModelReply): void {
  if (finishReason === 'stop' || (finishReason === 'tool-calls' && toolCalls !== undefined)) return;
  const reason: FailureReason =
    finishReason === 'length'
      ? 'reply-truncated'
      : finishReason === 'content-filter'
        ? 'reply-refused'
        : 'reply-unfinished';
  const word = rawFinishReason === undefined ? finishReason : `${finishReason}, ${quoteText(rawFinishReason, 60)}`;
  throw new JobFailure(reason, `The model did not end its answer (${word}).`);
}
