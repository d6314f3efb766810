import type {IncomingHttpHeaders} from 'node:http';

/** What becomes of a request of a batch. `lose`: it is processed, and its result is not there. */
export type BatchFate = 'answer' | 'expire' | 'cancel' | 'lose' | {readonly status: number; readonly type: string};

/** What becomes of the sending of a batch. `take-and-reset`: it is taken, and the connection ends before the answer. */
export type BatchSending = 'take' | 'take-and-reset' | 'reset' | {readonly status: number; readonly type: string};

export interface BatchItem {
  readonly customId: string;
  readonly endpoint: string;
  readonly body: string;
}

/** The batch interfaces of Anthropic and OpenAI on a scripted server: batches go on until they are let go. */
export interface ScriptedBatches {
  /** While true, batches go on. Default false: they have ended when they are first asked about. */
  hold: boolean;
  /** Default: every request is answered as an ordinary call would be. */
  fate: (item: BatchItem) => BatchFate;
  /** Asked with the number of the sending, from 1. Default: taken. */
  sending: (count: number) => BatchSending;
  /** A status other than 200 for whatever is asked about batches that are there. */
  looking: () => number;
  /** Ids and requests of all batches that were taken, in order. */
  readonly taken: readonly {readonly id: string; readonly items: readonly BatchItem[]; readonly isCanceled: boolean}[];
  /** Custom ids of what was processed and so has to be paid, as often as it was. */
  readonly billed: readonly string[];
  /** The provider forgets a batch and its results. */
  forget(id: string): void;
}

interface Batch {
  readonly id: string;
  readonly dialect: 'anthropic' | 'openai';
  readonly items: readonly BatchItem[];
  readonly createdAt: number;
  readonly metadata: unknown;
  results: readonly {item: BatchItem; fate: BatchFate; status: number; text: string}[] | undefined;
  isCanceled: boolean;
}

export interface BatchAnswer {
  readonly status: number;
  readonly body: string;
  readonly reset?: true;
}

interface Question {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** `call` answers one request as the ordinary interface does. */
export function createScriptedBatches(
  call: (path: string, body: string) => Promise<{status: number; text: string}>,
): ScriptedBatches & {handle(question: Question): Promise<BatchAnswer | undefined>} {
  const batches: Batch[] = [];
  const files = new Map<string, string>();
  const billed: string[] = [];
  let sendings = 0;
  const scripted = {
    hold: false,
    fate: (_item: BatchItem): BatchFate => 'answer',
    sending: (_count: number): BatchSending => 'take',
    looking: () => 200,
    taken: batches,
    billed,
    forget: (id: string) => {
      batches.splice(0, batches.length, ...batches.filter(batch => batch.id !== id));
    },
  };

  const take = (dialect: Batch['dialect'], items: readonly BatchItem[], metadata: unknown): BatchAnswer => {
    const wanted = scripted.sending(++sendings);
    if (typeof wanted === 'object') return error(wanted.status, wanted.type);
    if (wanted === 'reset') return {status: 0, body: '', reset: true};
    const ids = new Set(items.map(({customId}) => customId));
    const isWellFormed = items.every(({customId}) => /^[a-zA-Z0-9_-]{1,64}$/.test(customId));
    if (items.length === 0 || ids.size !== items.length || !isWellFormed) return error(400, 'invalid_request_error');
    const id = `${dialect === 'anthropic' ? 'msgbatch' : 'batch'}_${batches.length + 1}`;
    const createdAt = Math.floor(Date.now() / 1000) * 1000;
    const batch: Batch = {id, dialect, items, createdAt, metadata, results: undefined, isCanceled: false};
    batches.push(batch);
    return {...json(render(batch)), ...(wanted === 'take-and-reset' ? {reset: true as const} : {})};
  };

  const processed = new Map<Batch, Promise<void>>();
  const process = async (batch: Batch): Promise<void> => {
    if (scripted.hold && !batch.isCanceled) return;
    const work = processed.get(batch) ?? processAll(batch);
    processed.set(batch, work);
    await work;
  };

  const processAll = async (batch: Batch): Promise<void> => {
    const results: Result[] = [];
    for (const item of batch.items) {
      const fate = batch.isCanceled ? 'cancel' : scripted.fate(item);
      const isProcessed = fate === 'answer' || fate === 'lose';
      if (isProcessed) billed.push(item.customId);
      const answer =
        typeof fate === 'object'
          ? {status: fate.status, text: error(fate.status, fate.type).body}
          : isProcessed
            ? await call(item.endpoint, item.body)
            : {status: 0, text: ''};
      results.push({item, fate, ...answer});
    }
    batch.results = results;
  };

  const find = async (dialect: Batch['dialect'], id: string | undefined): Promise<Batch | undefined> => {
    const batch = batches.find(candidate => candidate.dialect === dialect && candidate.id === id);
    if (batch !== undefined) await process(batch);
    return batch;
  };

  return Object.assign(scripted, {
    async handle({method, path: whole, headers, body}: Question): Promise<BatchAnswer | undefined> {
      const path = whole.split('?')[0]!;
      const [, dialect, id, act] =
        /^\/v1\/(messages\/batches|batches|files)(?:\/([\w-]+))?(?:\/(results|content|cancel))?$/.exec(path) ?? [];
      if (dialect === undefined) return undefined;
      const kind = dialect === 'messages/batches' ? 'anthropic' : 'openai';
      if (kind === 'anthropic' && headers['anthropic-version'] === undefined) return error(400, 'no version');
      if (dialect === 'files') {
        if (method === 'GET')
          return files.has(id ?? '') ? {status: 200, body: files.get(id ?? '')!} : error(404, 'gone');
        const fileId = `file-${files.size + 1}`;
        files.set(fileId, /\r\n\r\n(\{[\s\S]*?\n)\r\n--/.exec(body)?.[1] ?? '');
        return json({id: fileId});
      }
      if (method === 'POST' && id === undefined) {
        return kind === 'anthropic'
          ? take(kind, anthropicItems(body), null)
          : takeFile(JSON.parse(body) as OpenAiBatch);
      }
      const status = scripted.looking();
      if (status !== 200) return error(status, 'api_error');
      if (id === undefined) {
        const listed = batches.filter(batch => batch.dialect === kind).reverse();
        for (const batch of listed) await process(batch);
        return json({data: listed.map(render), has_more: false});
      }
      const batch = await find(kind, id);
      if (batch === undefined) return error(404, 'not_found_error');
      if (act === 'cancel') batch.isCanceled = true;
      if (act === 'results') {
        return {
          status: 200,
          body: (batch.results ?? [])
            .filter(({fate}) => fate !== 'lose')
            .map(anthropicLine)
            .join(''),
        };
      }
      return json(render(batch));
    },
  });

  function takeFile({input_file_id, endpoint, metadata}: OpenAiBatch): BatchAnswer {
    const lines = (files.get(input_file_id) ?? '').split('\n').filter(line => line !== '');
    const parsed = lines.map(line => JSON.parse(line) as {custom_id: string; url: string; body: {model: string}});
    const isOneKind = new Set(parsed.map(({url, body}) => `${url} ${body.model}`)).size === 1;
    if (!isOneKind || parsed[0]?.url !== endpoint) return error(400, 'mixed_batch');
    const items = parsed.map(({custom_id, url, body}) => ({
      customId: custom_id,
      endpoint: url,
      body: JSON.stringify(body),
    }));
    return take('openai', items, metadata);
  }

  function render(batch: Batch): unknown {
    return batch.dialect === 'anthropic' ? renderAnthropic(batch) : renderOpenAi(batch, files);
  }
}

interface OpenAiBatch {
  readonly input_file_id: string;
  readonly endpoint: string;
  readonly metadata: unknown;
}

function anthropicItems(body: string): BatchItem[] {
  const {requests} = JSON.parse(body) as {requests: readonly {custom_id: string; params: unknown}[]};
  return requests.map(({custom_id, params}) => ({
    customId: custom_id,
    endpoint: '/v1/messages',
    body: JSON.stringify(params),
  }));
}

function renderAnthropic({id, items, createdAt, results, isCanceled}: Batch): unknown {
  const count = (kind: string): number => (results ?? []).filter(result => anthropicKind(result) === kind).length;
  return {
    id,
    type: 'message_batch',
    processing_status: results === undefined ? (isCanceled ? 'canceling' : 'in_progress') : 'ended',
    created_at: new Date(createdAt).toISOString(),
    request_counts: {
      processing: results === undefined ? items.length : 0,
      succeeded: count('succeeded'),
      errored: count('errored'),
      canceled: count('canceled'),
      expired: count('expired'),
    },
    // Nobody should follow it with a key.
    results_url: 'http://127.0.0.1:1/results',
  };
}

type Result = NonNullable<Batch['results']>[number];

function anthropicKind({fate, status}: Result): string {
  if (fate === 'expire') return 'expired';
  if (fate === 'cancel') return 'canceled';
  return status === 200 ? 'succeeded' : 'errored';
}

function anthropicLine(result: Result): string {
  const kind = anthropicKind(result);
  const body = result.text === '' ? {} : (JSON.parse(result.text) as unknown);
  const what = kind === 'succeeded' ? {message: body} : kind === 'errored' ? {error: body} : {};
  return `${JSON.stringify({custom_id: result.item.customId, result: {type: kind, ...what}})}\n`;
}

function renderOpenAi(
  {id, items, createdAt, metadata, results, isCanceled}: Batch,
  files: Map<string, string>,
): unknown {
  const isExpired = results?.some(({fate}) => fate === 'expire') === true;
  const ended = isCanceled ? 'cancelled' : isExpired ? 'expired' : 'completed';
  const put = (name: string, lines: readonly unknown[]): string | undefined => {
    if (lines.length === 0) return undefined;
    files.set(`${id}-${name}`, lines.map(line => `${JSON.stringify(line)}\n`).join(''));
    return `${id}-${name}`;
  };
  const found = (results ?? []).filter(({fate}) => fate !== 'lose');
  const line = ({item, status, text}: Result): unknown => ({
    custom_id: item.customId,
    response: {status_code: status, body: JSON.parse(text) as unknown},
    error: null,
  });
  const errors = found.filter(({status}) => status !== 200);
  return {
    id,
    object: 'batch',
    status: results === undefined ? 'in_progress' : ended,
    created_at: createdAt / 1000,
    metadata,
    request_counts: {total: items.length, completed: found.length - errors.length, failed: errors.length},
    output_file_id: put('output', found.filter(({status}) => status === 200).map(line)),
    error_file_id: put(
      'errors',
      errors.map(result =>
        result.text === ''
          ? {custom_id: result.item.customId, response: null, error: {code: `batch_${ended}`, message: ended}}
          : line(result),
      ),
    ),
  };
}

function json(value: unknown): BatchAnswer {
  return {status: 200, body: JSON.stringify(value)};
}

function error(status: number, type: string): BatchAnswer {
  return {
    status,
    body: JSON.stringify({type: 'error', error: {type, code: type, message: `status ${status}`}}),
  };
}
