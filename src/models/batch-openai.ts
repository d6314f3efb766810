import {randomUUID} from 'node:crypto';
import {type Asking, askJson, askText, checkId, Json, listSince, parseLines} from './batch-http.ts';
import type {BatchProvider, BatchResult, BatchResults, ListedBatch} from './batch-provider.ts';

const nameKey = 'orchestrator_batch';
const pageSize = 100;

/** Batch API: a file of requests goes up, a file of answers and a file of errors come down. */
export function openOpenAiBatches(asking: Asking): BatchProvider {
  const {name: provider} = asking.provider;
  const get = (path: string, signal: AbortSignal): Promise<Json> => askJson(asking, path, {method: 'GET', signal});
  return {
    limits: {requests: 50_000, bytes: 200_000_000},
    keepsNames: true,
    async submit(name, requests, signal) {
      const lines = requests.map(
        ({id, endpoint, body}) =>
          `{"custom_id":${JSON.stringify(id)},"method":"POST","url":${JSON.stringify(endpoint)},"body":${body}}\n`,
      );
      const file = await askJson(asking, '/files', {...multipart(lines.join('')), signal});
      const body = JSON.stringify({
        input_file_id: checkId(file.at('id').text, provider),
        endpoint: requests[0]?.endpoint,
        completion_window: '24h',
        metadata: {[nameKey]: name},
      });
      return checkId((await askJson(asking, '/batches', {body, signal})).at('id').text, provider);
    },
    status: async (id, signal) => toListed(await get(`/batches/${checkId(id, provider)}`, signal), provider),
    async results(id, signal) {
      const batch = await get(`/batches/${checkId(id, provider)}`, signal);
      const texts: string[] = [];
      for (const field of ['output_file_id', 'error_file_id']) {
        const file = batch.at(field).text;
        if (file !== undefined) {
          texts.push(await askText(asking, `/files/${checkId(file, provider)}/content`, {method: 'GET', signal}));
        }
      }
      return {results: readResults(texts), rest: restOf(batch)};
    },
    async list(since, signal) {
      const readPage = (afterId = ''): Promise<Json> =>
        get(`/batches?limit=${pageSize}${afterId === '' ? '' : `&after=${afterId}`}`, signal);
      return await listSince(since, readPage, batch => toListed(batch, provider));
    },
    async cancel(id, signal) {
      await askText(asking, `/batches/${checkId(id, provider)}/cancel`, {signal});
    },
  };
}

function multipart(file: string): {headers: Record<string, string>; body: string} {
  const boundary = `orchestrator-${randomUUID()}`;
  const part = (head: string, content: string): string => `--${boundary}\r\n${head}\r\n\r\n${content}\r\n`;
  return {
    headers: {'content-type': `multipart/form-data; boundary=${boundary}`},
    body: [
      part('content-disposition: form-data; name="purpose"', 'batch'),
      part(
        'content-disposition: form-data; name="file"; filename="requests.jsonl"\r\ncontent-type: application/jsonl',
        file,
      ),
      `--${boundary}--\r\n`,
    ].join(''),
  };
}

const ends = ['completed', 'failed', 'expired', 'cancelled'];

function toListed(batch: Json, provider: string): ListedBatch {
  const name = batch.at('metadata', nameKey).text;
  return {
    id: checkId(batch.at('id').text, provider),
    ended: ends.includes(batch.at('status').text ?? ''),
    processed: batch.at('request_counts', 'completed').number + batch.at('request_counts', 'failed').number,
    requests: batch.at('request_counts', 'total').number,
    createdAt: batch.at('created_at').number * 1000,
    ...(name === undefined ? {} : {name}),
  };
}

function* readResults(texts: readonly string[]): Iterable<BatchResult> {
  for (const text of texts) {
    for (const line of parseLines(text)) {
      const id = line.at('custom_id').text;
      if (id === undefined) continue;
      const response = line.at('response');
      const code = line.at('error', 'code').text;
      if (response.isObject) {
        const status = response.at('status_code').number;
        yield {id, kind: 'answered', status, text: JSON.stringify(response.at('body').value ?? null)};
      } else if (code === 'batch_expired') yield {id, kind: 'expired'};
      else if (code === 'batch_cancelled') yield {id, kind: 'canceled'};
      else yield {id, kind: 'answered', status: 500, text: JSON.stringify({error: line.at('error').value ?? null})};
    }
  }
}

/** A batch that did not pass the check of its file was not begun, and has no files. */
function restOf(batch: Json): BatchResults['rest'] {
  switch (batch.at('status').text) {
    case 'expired':
      return 'expired';
    case 'cancelled':
      return 'canceled';
    case 'failed': {
      const first = batch.at('errors', 'data').list[0] ?? new Json(undefined);
      return {status: 400, text: JSON.stringify({error: first.value ?? null})};
    }
    default:
      return 'unknown';
  }
}
