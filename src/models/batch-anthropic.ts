import {type Asking, askJson, askText, checkId, type Json, listSince, parseLines} from './batch-http.ts';
import type {BatchProvider, BatchResult, ListedBatch} from './batch-provider.ts';

const headers = {'anthropic-version': '2023-06-01'};
const path = '/messages/batches';
const pageSize = 1000;

/** Message Batches. They keep no name of ours, so that one whose id was lost is told by its size, its time and its results. */
export function openAnthropicBatches(asking: Asking): BatchProvider {
  const {name} = asking.provider;
  return {
    limits: {requests: 100_000, bytes: 256_000_000},
    keepsNames: false,
    async submit(_name, requests, signal) {
      const items = requests.map(({id, body}) => `{"custom_id":${JSON.stringify(id)},"params":${body}}`);
      const answer = await askJson(asking, path, {headers, body: `{"requests":[${items.join(',')}]}`, signal});
      return checkId(answer.at('id').text, name);
    },
    async status(id, signal) {
      return toListed(await askJson(asking, `${path}/${checkId(id, name)}`, {method: 'GET', headers, signal}), name);
    },
    async results(id, signal) {
      // The address that stands in the answer could be another host's, and the key goes with the request.
      const text = await askText(asking, `${path}/${checkId(id, name)}/results`, {method: 'GET', headers, signal});
      return {results: readResults(text), rest: 'unknown'};
    },
    async list(since, signal) {
      const readPage = (afterId = ''): Promise<Json> => {
        const query = `limit=${pageSize}${afterId === '' ? '' : `&after_id=${afterId}`}`;
        return askJson(asking, `${path}?${query}`, {method: 'GET', headers, signal});
      };
      return await listSince(since, readPage, batch => toListed(batch, name));
    },
    async cancel(id, signal) {
      await askText(asking, `${path}/${checkId(id, name)}/cancel`, {headers, signal});
    },
  };
}

function toListed(batch: Json, provider: string): ListedBatch {
  const count = (...names: string[]): number =>
    names.reduce((sum, name) => sum + batch.at('request_counts', name).number, 0);
  const processed = count('succeeded', 'errored', 'canceled', 'expired');
  return {
    id: checkId(batch.at('id').text, provider),
    ended: batch.at('processing_status').text === 'ended',
    processed,
    requests: processed + count('processing'),
    createdAt: Date.parse(batch.at('created_at').text ?? '') || 0,
  };
}

function* readResults(text: string): Iterable<BatchResult> {
  for (const line of parseLines(text)) {
    const id = line.at('custom_id').text;
    const result = line.at('result');
    const type = result.at('type').text;
    if (id === undefined) continue;
    if (type === 'succeeded') {
      yield {id, kind: 'answered', status: 200, text: JSON.stringify(result.at('message').value ?? null)};
    } else if (type === 'errored') {
      const error = result.at('error').value ?? null;
      yield {id, kind: 'answered', status: statusOf(result.at('error')), text: JSON.stringify(error)};
    } else if (type === 'expired' || type === 'canceled') yield {id, kind: type};
  }
}

/** The status that an ordinary call would have had. */
function statusOf(error: Json): number {
  const type = error.at('error', 'type').text ?? error.at('type').text;
  return type === 'invalid_request_error' ? 400 : type === 'request_too_large' ? 413 : 500;
}
