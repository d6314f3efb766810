import type {Message, ToolResult} from '../../domain/model.ts';

/** Messages at the end that always stay whole: about four turns. */
const keptWhole = 8;
const shortEnough = 600;

/**
 * The conversation with the long texts of its older part replaced by notes that say what stood there. The same conversation gives the
 * same result, so that a recorded reply is found again. Nothing is left out in silence.
 */
export function compactHistory(messages: readonly Message[]): Message[] {
  const border = messages.length - keptWhole;
  return messages.map((message, index) => (index < border ? compactMessage(message) : message));
}

function compactMessage(message: Message): Message {
  switch (message.role) {
    case 'user':
      return message;
    case 'tool':
      return {role: 'tool', results: message.results.map(compactResult)};
    case 'assistant': {
      const {text, toolCalls} = message.reply;
      // What a vendor attached belongs to the whole reply; it takes one back without, too.
      return {
        role: 'assistant',
        reply: {
          text,
          ...(toolCalls === undefined
            ? {}
            : {toolCalls: toolCalls.map(call => ({...call, input: compactInput(call.input)}))}),
        },
      };
    }
    default:
      return message satisfies never;
  }
}

function compactResult(result: ToolResult): ToolResult {
  if (result.text.length <= shortEnough) return result;
  const note = `[${result.text.length} characters were left out to save room; ask again with ${result.name} if they matter]`;
  return {...result, text: note};
}

function compactInput(input: unknown): unknown {
  if (typeof input !== 'object' || input === null) return input;
  return Object.fromEntries(
    Object.entries(input).map(([name, value]) => [
      name,
      typeof value === 'string' && value.length > shortEnough ? `[${value.length} characters, left out]` : value,
    ]),
  );
}
