import type {
  JSONObject,
  JSONSchema7,
  LanguageModelV4Content,
  LanguageModelV4FunctionTool,
  LanguageModelV4Message,
  LanguageModelV4Prompt,
  SharedV4ProviderOptions,
} from '@ai-sdk/provider';
import type {Message, ModelReply, ModelRequest, ToolCall, ToolDefinition} from '../domain/model.ts';
import {quoteText} from '../util/quote-text.ts';

/** Only Anthropic needs marks, the others cache by prefix. */
const cacheMark: SharedV4ProviderOptions = {anthropic: {cacheControl: {type: 'ephemeral'}}};

/**
 * The request as the provider layer takes it. The system part, which all repos of a task share, carries a cache mark, and in a
 * conversation its last two messages from us: the newest for the next turn, the one before for this turn. An empty reply is left out:
 * no vendor takes one back.
 */
export function toPrompt({system, prompt, messages}: ModelRequest): LanguageModelV4Prompt {
  const turns = (messages ?? []).map(toMessage).filter(({role, content}) => role !== 'assistant' || content.length > 0);
  const first: LanguageModelV4Message = {role: 'user', content: [{type: 'text', text: prompt}]};
  const ours = [first, ...turns].filter(({role}) => role !== 'assistant');
  const marked = new Set(messages === undefined ? [] : ours.slice(-2));
  return [
    {role: 'system', content: system, providerOptions: cacheMark},
    ...[first, ...turns].map(message => (marked.has(message) ? {...message, providerOptions: cacheMark} : message)),
  ];
}

export function toTools(tools: readonly ToolDefinition[]): LanguageModelV4FunctionTool[] {
  return tools.map(({name, description, parameters}) => ({
    type: 'function',
    name,
    description,
    inputSchema: parameters as JSONSchema7,
  }));
}

function toMessage(message: Message): LanguageModelV4Message {
  switch (message.role) {
    case 'user':
      return {role: 'user', content: [{type: 'text', text: message.text}]};
    case 'assistant':
      return {role: 'assistant', content: assistantContent(message.reply)};
    case 'tool':
      return {
        role: 'tool',
        content: message.results.map(({callId, name, text, isError}) => ({
          type: 'tool-result',
          toolCallId: callId,
          toolName: name,
          output: {type: isError ? 'error-text' : 'text', value: text},
        })),
      };
    default:
      return message satisfies never;
  }
}

type AssistantContent = Extract<LanguageModelV4Message, {role: 'assistant'}>['content'];

/** A part of a reply that goes back with what its vendor attached to it, such as the signature of a thought. */
interface VendorPart {
  readonly type: 'text' | 'reasoning' | 'tool-call';
  readonly text?: string;
  /** Index in `toolCalls`. */
  readonly call?: number;
  readonly options?: SharedV4ProviderOptions;
}

function assistantContent({text, toolCalls = [], vendorParts}: Extract<Message, {role: 'assistant'}>['reply']) {
  const parts: readonly VendorPart[] = (vendorParts as readonly VendorPart[] | undefined) ?? [
    ...(text.trim() === '' ? [] : [{type: 'text' as const, text}]),
    ...toolCalls.map((_, call) => ({type: 'tool-call' as const, call})),
  ];
  return parts.flatMap((part): AssistantContent => {
    const options = part.options === undefined ? {} : {providerOptions: part.options};
    if (part.type !== 'tool-call') return [{type: part.type, text: part.text ?? '', ...options}];
    const call = toolCalls[part.call ?? -1];
    if (call === undefined) return [];
    const {id, name, input} = call;
    return [{type: 'tool-call', toolCallId: id, toolName: name, input, ...options}];
  });
}

/** Text, tool calls and what the vendor wants back. Ids and names that no vendor would take again are replaced. */
export function readContent(
  content: readonly LanguageModelV4Content[],
): Pick<ModelReply, 'text' | 'toolCalls' | 'vendorParts'> {
  const texts: string[] = [];
  const toolCalls: ToolCall[] = [];
  const parts: VendorPart[] = [];
  for (const part of content) {
    const options = 'providerMetadata' in part && part.providerMetadata ? {options: part.providerMetadata} : {};
    if (part.type === 'text') {
      texts.push(part.text);
      parts.push({type: 'text', text: part.text, ...options});
    } else if (part.type === 'reasoning') {
      parts.push({type: 'reasoning', text: part.text, ...options});
    } else if (part.type === 'tool-call') {
      parts.push({type: 'tool-call', call: toolCalls.length, ...options});
      toolCalls.push(readCall(part, toolCalls));
    }
  }
  const isPlain = parts.every(({type, options}) => type !== 'reasoning' && options === undefined);
  return {
    text: texts.join(''),
    ...(toolCalls.length === 0 ? {} : {toolCalls}),
    // Without tool calls nothing follows that could go back.
    ...(toolCalls.length === 0 || isPlain ? {} : {vendorParts: parts}),
  };
}

function readCall(
  {toolCallId, toolName, input}: Extract<LanguageModelV4Content, {type: 'tool-call'}>,
  earlier: readonly ToolCall[],
): ToolCall {
  const isUsable = isName(toolCallId) && !earlier.some(({id}) => id === toolCallId);
  const id = isUsable ? toolCallId : `call_${earlier.length + 1}`;
  if (!isName(toolName)) return {id, name: 'unknown', input: {}, malformed: `the tool ${quoteText(toolName, 80)}`};
  try {
    const parsed: unknown = input.trim() === '' ? {} : JSON.parse(input);
    // Vendors take objects back, and nothing else.
    if (isObject(parsed)) return {id, name: toolName, input: parsed};
  } catch {
    // Said below.
  }
  return {id, name: toolName, input: {}, malformed: quoteText(input, 200)};
}

function isName(text: unknown): boolean {
  return typeof text === 'string' && /^[a-zA-Z0-9_-]{1,64}$/.test(text);
}

function isObject(value: unknown): value is JSONObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
