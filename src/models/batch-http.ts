import type {Clock} from '../util/clock.ts';
import {maskSecret} from '../util/mask-secret.ts';
import {type HttpPost, type Post, PostError} from '../util/post-once.ts';
import type {ListedBatch} from './batch-provider.ts';
import {ModelCallError} from './model-call-error.ts';
import type {Provider} from './providers.ts';
import {refusalError} from './refusal-error.ts';

export interface Asking {
  readonly provider: Provider;
  readonly post: Post;
  readonly clock: Pick<Clock, 'now'>;
}

type Call = Pick<HttpPost, 'signal'> & {
  readonly method?: 'GET';
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
};

/** Of whole files too, which can be large. */
const timeoutMs = 10 * 60_000;

/** One request to a path below the provider's address. @throws ModelCallError */
export async function askText({provider, post, clock}: Asking, path: string, call: Call): Promise<string> {
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const answer = await post({
      url: `${provider.baseUrl}${path}`,
      ...(call.method === undefined ? {} : {method: call.method}),
      headers: {'content-type': 'application/json', ...call.headers, ...provider.headers},
      body: call.body ?? '',
      signal: AbortSignal.any([call.signal, timeout]),
    });
    if (answer.status >= 200 && answer.status < 300) return answer.text;
    throw refusalError(provider.name, answer, clock.now());
  } catch (error) {
    if (call.signal.aborted) throw new ModelCallError('aborted', 'the call was stopped');
    if (timeout.aborted) {
      throw new ModelCallError('timeout', `${provider.name} did not answer within ${timeoutMs / 60_000} minutes`);
    }
    if (error instanceof PostError) throw new ModelCallError(error.kind, `${provider.name}: ${error.message}`);
    // A server may answer with what it was sent.
    if (error instanceof ModelCallError) error.message = maskSecret(error.message, provider.key, '[key]');
    throw error;
  }
}

/** @throws ModelCallError */
export async function askJson(asking: Asking, path: string, call: Call): Promise<Json> {
  const json = new Json(parse(await askText(asking, path, call)));
  if (json.isObject) return json;
  throw new ModelCallError('malformed', `the answer of ${asking.provider.name} is not a JSON object`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Lines of a JSONL text, one after the other; what is no object is left out. */
export function* parseLines(text: string): Iterable<Json> {
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf('\n', start);
    const line = new Json(parse(text.slice(start, end === -1 ? undefined : end)));
    if (line.isObject) yield line;
    start = end === -1 ? text.length : end + 1;
  }
}

/** Reads single fields of what a vendor sent; whatever is missing or of another type is undefined. */
export class Json {
  readonly value: unknown;

  constructor(value: unknown) {
    this.value = value;
  }

  get isObject(): boolean {
    return typeof this.value === 'object' && this.value !== null;
  }

  at(...names: string[]): Json {
    let value = this.value;
    for (const name of names) {
      value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
    }
    return new Json(value);
  }

  get text(): string | undefined {
    return typeof this.value === 'string' ? this.value : undefined;
  }

  get number(): number {
    return typeof this.value === 'number' && Number.isFinite(this.value) ? this.value : 0;
  }

  get list(): Json[] {
    return Array.isArray(this.value) ? this.value.map(item => new Json(item)) : [];
  }
}

/** The batches that were made since then, from pages that begin with the newest. */
export async function listSince(
  since: number,
  readPage: (afterId: string | undefined) => Promise<Json>,
  toListed: (batch: Json) => ListedBatch,
): Promise<ListedBatch[]> {
  const found: ListedBatch[] = [];
  for (let after: string | undefined; ; ) {
    const page = await readPage(after);
    const listed = page.at('data').list.map(toListed);
    found.push(...listed.filter(({createdAt}) => createdAt >= since));
    const last = listed.at(-1);
    if (page.at('has_more').value !== true || last === undefined || last.createdAt < since) return found;
    after = last.id;
  }
}

/** An id that a provider gave, checked before it becomes part of an address. */
export function checkId(id: string | undefined, provider: string): string {
  if (id !== undefined && /^[\w-]{1,128}$/.test(id)) return id;
  throw new ModelCallError('malformed', `the answer of ${provider} holds no usable id`);
}
