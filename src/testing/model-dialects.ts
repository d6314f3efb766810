export type Dialect = 'anthropic' | 'openai-chat' | 'openai-responses' | 'google';

/** What a request of any dialect asks for. */
export interface ParsedRequest {
  readonly dialect: Dialect;
  readonly model: string;
  readonly system: string;
  readonly prompt: string;
  readonly maxOutputTokens: number | undefined;
  /** Whether the system part carries Anthropic's cache mark; the other dialects cache by themselves. */
  readonly cached: boolean;
  /** Names of the tools that the model may ask for. */
  readonly tools: readonly string[];
  /** Replies of the model that the request shows it again. */
  readonly turns: number;
  /** Answers to the tool calls of the newest reply, in their order. */
  readonly toolResults: readonly {readonly text: string; readonly isError: boolean}[];
}

/** A tool call that a scripted model makes. */
export interface ScriptedCall {
  readonly name: string;
  /** A string is sent as it is where the dialect has arguments as text. */
  readonly input: unknown;
  readonly id?: string;
}

/** Why the model stopped, in words all dialects have; `rawFinish` gives a dialect's own word instead. */
export type Finish = 'stop' | 'length' | 'refusal' | 'pause' | 'tool-use' | 'none';

export interface Tokens {
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
}

export interface RenderedReply {
  readonly id: string;
  readonly model: string;
  readonly text: string;
  readonly finish: Finish;
  readonly rawFinish?: string;
  readonly tokens: Tokens;
  readonly toolCalls?: readonly ScriptedCall[];
}

interface Part {
  readonly text?: string;
  readonly cache_control?: unknown;
  readonly type?: string;
  readonly content?: string | readonly Part[];
  readonly is_error?: boolean;
  readonly functionResponse?: {readonly response?: {readonly content?: unknown; readonly error?: unknown}};
}

interface Message {
  readonly role?: string;
  readonly type?: string;
  readonly content?: string | readonly Part[];
  readonly parts?: readonly Part[];
  readonly output?: string;
}

/** What is read of a request; which of it is there depends on the dialect. */
interface Body {
  readonly model?: string;
  readonly system?: string | readonly Part[];
  readonly messages?: readonly Message[];
  readonly input?: readonly Message[];
  readonly max_tokens?: number;
  readonly max_completion_tokens?: number;
  readonly max_output_tokens?: number;
  readonly systemInstruction?: {readonly parts?: readonly Part[]};
  readonly contents?: readonly Message[];
  readonly tools?: readonly {
    readonly name?: string;
    readonly function?: {readonly name?: string};
    readonly functionDeclarations?: readonly {readonly name: string}[];
  }[];
  readonly generationConfig?: {readonly maxOutputTokens?: number};
}

export function dialectOf(path: string): Dialect | undefined {
  if (path.endsWith('/messages')) return 'anthropic';
  if (path.endsWith('/chat/completions')) return 'openai-chat';
  if (path.endsWith('/responses')) return 'openai-responses';
  if (path.endsWith(':generateContent')) return 'google';
  return undefined;
}

export function parseRequest(dialect: Dialect, path: string, body: string): ParsedRequest {
  const json = JSON.parse(body) as Body;
  return {...parseTexts(dialect, path, json), ...parseConversation(json)};
}

type Conversation = Pick<ParsedRequest, 'tools' | 'turns' | 'toolResults'>;

function parseConversation(json: Body): Conversation {
  const messages = json.messages ?? json.input ?? json.contents ?? [];
  const isModel = ({role, type}: Message): boolean =>
    role === 'assistant' || role === 'model' || type === 'function_call' || type === 'reasoning';
  const last = messages.findLastIndex(isModel);
  return {
    tools: (json.tools ?? []).flatMap(
      ({name, function: own, functionDeclarations}) =>
        functionDeclarations?.map(declared => declared.name) ?? [name ?? own?.name ?? ''],
    ),
    turns: messages.filter((message, index) => isModel(message) && (index === 0 || !isModel(messages[index - 1]!)))
      .length,
    toolResults: last === -1 ? [] : messages.slice(last + 1).flatMap(resultsOf),
  };
}

function resultsOf({role, type, content, parts, output}: Message): {text: string; isError: boolean}[] {
  if (type === 'function_call_output') return [{text: String(output), isError: false}];
  if (role === 'tool') return [{text: textOf(content), isError: false}];
  return [...(Array.isArray(content) ? content : []), ...(parts ?? [])].flatMap((part: Part) => {
    if (part.type === 'tool_result') return [{text: textOf(part.content), isError: part.is_error === true}];
    const response = part.functionResponse?.response;
    return response === undefined ? [] : [{text: String(response.content ?? response.error), isError: false}];
  });
}

function parseTexts(dialect: Dialect, path: string, json: Body): Omit<ParsedRequest, keyof Conversation> {
  switch (dialect) {
    case 'anthropic':
      return {
        dialect,
        model: json.model ?? '',
        system: textOf(json.system),
        prompt: (json.messages ?? []).map(message => textOf(message.content)).join('\n'),
        maxOutputTokens: json.max_tokens,
        cached: Array.isArray(json.system) && json.system.some(part => part.cache_control !== undefined),
      };
    case 'openai-chat':
    case 'openai-responses': {
      const messages = json.messages ?? json.input ?? [];
      const isSystem = (message: Message): boolean => message.role === 'system' || message.role === 'developer';
      return {
        dialect,
        model: json.model ?? '',
        system: messages
          .filter(isSystem)
          .map(message => textOf(message.content))
          .join('\n'),
        prompt: messages
          .filter(message => !isSystem(message))
          .map(message => textOf(message.content))
          .join('\n'),
        maxOutputTokens: json.max_tokens ?? json.max_completion_tokens ?? json.max_output_tokens,
        cached: true,
      };
    }
    case 'google':
      return {
        dialect,
        model: decodeURIComponent(/models\/([^:]+):/.exec(path)?.[1] ?? ''),
        system: textOf(json.systemInstruction?.parts),
        prompt: (json.contents ?? []).map(content => textOf(content.parts)).join('\n'),
        maxOutputTokens: json.generationConfig?.maxOutputTokens,
        cached: true,
      };
    default:
      return dialect satisfies never;
  }
}

function textOf(content: string | readonly Part[] | undefined): string {
  return typeof content === 'string' ? content : (content ?? []).map(part => part.text ?? '').join('');
}

export function renderReply(dialect: Dialect, reply: RenderedReply): unknown {
  const {id, model, text, tokens} = reply;
  const calls = (reply.toolCalls ?? (reply.finish === 'tool-use' ? [{name: 'read_file', input: {path: 'a'}}] : [])).map(
    (call, index) => ({id: `call_${id}_${index + 1}`, ...call}),
  );
  const argumentsOf = ({input}: ScriptedCall): string => (typeof input === 'string' ? input : JSON.stringify(input));
  const finish = reply.rawFinish ?? finishWords[dialect][reply.finish];
  switch (dialect) {
    case 'anthropic':
      return {
        id: `msg_${id}`,
        type: 'message',
        role: 'assistant',
        model,
        content: [
          ...(text === '' ? [] : [{type: 'text', text}]),
          ...calls.map(call => ({type: 'tool_use', id: call.id, name: call.name, input: call.input})),
        ],
        stop_reason: finish,
        stop_sequence: null,
        usage: {
          input_tokens: tokens.input - tokens.cacheRead - tokens.cacheWrite,
          cache_creation_input_tokens: tokens.cacheWrite,
          cache_read_input_tokens: tokens.cacheRead,
          output_tokens: tokens.output,
        },
      };
    case 'openai-chat':
      return {
        id: `chatcmpl-${id}`,
        object: 'chat.completion',
        created: 1_760_000_000,
        model,
        choices: [
          {
            index: 0,
            message: {
              role: 'assistant',
              content: reply.finish === 'refusal' ? null : text,
              ...(reply.finish === 'refusal' ? {refusal: text} : {}),
              ...(calls.length === 0
                ? {}
                : {
                    tool_calls: calls.map(call => ({
                      id: call.id,
                      type: 'function',
                      function: {name: call.name, arguments: argumentsOf(call)},
                    })),
                  }),
            },
            finish_reason: finish,
          },
        ],
        usage: {
          prompt_tokens: tokens.input,
          completion_tokens: tokens.output,
          total_tokens: tokens.input + tokens.output,
          prompt_tokens_details: {cached_tokens: tokens.cacheRead},
        },
      };
    case 'openai-responses':
      return {
        id: `resp_${id}`,
        object: 'response',
        created_at: 1_760_000_000,
        status: finish ?? 'completed',
        model,
        error: null,
        incomplete_details: reply.finish === 'length' ? {reason: 'max_output_tokens'} : null,
        output: [
          {
            type: 'message',
            id: `item_${id}`,
            role: 'assistant',
            status: 'completed',
            content: [
              reply.finish === 'refusal'
                ? {type: 'refusal', refusal: text}
                : {type: 'output_text', text, annotations: []},
            ],
          },
          ...calls.map(call => ({
            type: 'function_call',
            id: `fc_${call.id}`,
            call_id: call.id,
            name: call.name,
            arguments: argumentsOf(call),
            status: 'completed',
          })),
        ],
        usage: {
          input_tokens: tokens.input,
          output_tokens: tokens.output,
          total_tokens: tokens.input + tokens.output,
          input_tokens_details: {cached_tokens: tokens.cacheRead},
          output_tokens_details: {reasoning_tokens: 0},
        },
      };
    case 'google':
      return {
        responseId: id,
        modelVersion: model,
        candidates: [
          {
            index: 0,
            content: {
              role: 'model',
              parts: [{text}, ...calls.map(call => ({functionCall: {name: call.name, args: call.input}}))],
            },
            ...(finish === null ? {} : {finishReason: finish}),
          },
        ],
        usageMetadata: {
          promptTokenCount: tokens.input,
          candidatesTokenCount: tokens.output,
          totalTokenCount: tokens.input + tokens.output,
          cachedContentTokenCount: tokens.cacheRead,
        },
      };
    default:
      return dialect satisfies never;
  }
}

const finishWords: Readonly<Record<Dialect, Readonly<Record<Finish, string | null>>>> = {
  anthropic: {
    stop: 'end_turn',
    length: 'max_tokens',
    refusal: 'refusal',
    pause: 'pause_turn',
    'tool-use': 'tool_use',
    none: null,
  },
  'openai-chat': {
    stop: 'stop',
    length: 'length',
    refusal: 'stop',
    pause: 'pause',
    'tool-use': 'tool_calls',
    none: null,
  },
  'openai-responses': {
    stop: 'completed',
    length: 'incomplete',
    refusal: 'completed',
    pause: 'in_progress',
    'tool-use': 'completed',
    none: 'queued',
  },
  google: {
    stop: 'STOP',
    length: 'MAX_TOKENS',
    refusal: 'SAFETY',
    pause: 'PAUSE',
    'tool-use': 'STOP',
    none: null,
  },
};

/** The error body the vendor sends with a status. */
export function renderError(dialect: Dialect, status: number, type: string | undefined, message: string): unknown {
  if (dialect === 'anthropic') {
    return {
      type: 'error',
      error: {type: type ?? anthropicTypes.get(status) ?? 'api_error', message},
      request_id: 'req_1',
    };
  }
  if (dialect === 'google')
    return {error: {code: status, message, status: type ?? googleStatuses.get(status) ?? 'UNKNOWN'}};
  return {error: {message, type: type ?? 'server_error', param: null, code: type ?? null}};
}

const anthropicTypes = new Map([
  [400, 'invalid_request_error'],
  [401, 'authentication_error'],
  [402, 'billing_error'],
  [403, 'permission_error'],
  [404, 'not_found_error'],
  [413, 'request_too_large'],
  [429, 'rate_limit_error'],
  [529, 'overloaded_error'],
]);

const googleStatuses = new Map([
  [400, 'INVALID_ARGUMENT'],
  [403, 'PERMISSION_DENIED'],
  [404, 'NOT_FOUND'],
  [429, 'RESOURCE_EXHAUSTED'],
  [500, 'INTERNAL'],
  [503, 'UNAVAILABLE'],
]);
