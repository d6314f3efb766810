import type {HttpAnswer} from '../util/post-once.ts';

/**
 * An answer that was read to its end, as far as the SDK looks at a `Response`. A real one wraps the text into a stream, out of which
 * the SDK then collects it again.
 */
export function toResponse({status, headers, text}: HttpAnswer): Response {
  const chunks = [new TextEncoder().encode(text)];
  const reader = {
    read: async () => ({done: chunks.length === 0, value: chunks.shift()}),
    cancel: async () => {},
    releaseLock: () => {},
  };
  const response = {
    ok: status >= 200 && status < 300,
    status,
    statusText: '',
    headers: new Map(Object.entries(headers)),
    body: {getReader: () => reader, cancel: reader.cancel},
  };
  return response as unknown as Response;
}
