import type {ToolCall, ToolResult} from '../../domain/model.ts';
import {quoteText} from '../../util/quote-text.ts';
import {type ToolAnswer, ToolDenied, ToolError, type ToolReach} from './tool.ts';
import type {ToolSet} from './tool-set.ts';

export interface AnsweredCall extends Pick<ToolAnswer, 'changed' | 'finished'> {
  readonly result: ToolResult;
}

/** Runs one tool call. What the model did wrong, or may not do, becomes a result with an error flag; only our own faults throw. */
export async function answerCall(call: ToolCall, tools: ToolSet, reach: ToolReach): Promise<AnsweredCall> {
  const head = {callId: call.id, name: call.name};
  try {
    const {text, isError = false, ...rest} = await runCall(call, tools, reach);
    return {...rest, result: {...head, text: text.toWellFormed(), isError}};
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    const isDenied = error instanceof ToolDenied;
    const text = `${isDenied ? 'Refused' : 'Error'}: ${error.message}.`.toWellFormed();
    return {result: {...head, text, isError: true, ...(isDenied ? {denied: true} : {})}};
  }
}

async function runCall(call: ToolCall, tools: ToolSet, reach: ToolReach): Promise<ToolAnswer> {
  if (call.malformed !== undefined) throw new ToolError(`the arguments must be a JSON object, found ${call.malformed}`);
  const tool = tools.find(call.name);
  if (tool === undefined) {
    const names = tools.offered.map(({name}) => name).join(', ');
    throw new ToolError(`there is no tool ${quoteText(call.name, 80)}; there are ${names}`);
  }
  const input = call.input as Readonly<Record<string, unknown>>;
  const known = Object.keys((tool.parameters['properties'] as object | undefined) ?? {});
  const unknown = Object.keys(input).filter(name => !known.includes(name));
  if (tool.parameters['additionalProperties'] === false && unknown.length > 0)
    throw new ToolError(
      `${call.name} knows no ${unknown
        .slice(0, 5)
        .map(name => quoteText(name, 40))
        .join(', ')}; it takes ${known.join(', ')}`,
    );
  return await tool.call(input, reach);
}
