import type {IncomingMessage} from 'node:http';

type Headers = Record<string, string[]>;

/** Speak of one connection, or to the proxy, and are not passed on. */
const ofOneHop = new Set([
  ...['connection', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'http2-settings', 'expect'],
]);

/** What is passed on of the headers of a message: nothing that is for one hop, nor that it names as such, nor for a proxy. */
export function passedHeaders({rawHeaders, headers}: Pick<IncomingMessage, 'rawHeaders' | 'headers'>): Headers {
  const named = new Set((headers.connection ?? '').split(',').map(name => name.trim().toLowerCase()));
  const passed: Headers = Object.create(null) as Headers;
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!.toLowerCase();
    if (ofOneHop.has(name) || named.has(name) || name.startsWith('proxy-')) continue;
    passed[name] = [...(passed[name] ?? []), rawHeaders[index + 1]!];
  }
  return passed;
}

/** All values of a header, as they were sent. */
export function valuesOf(rawHeaders: readonly string[], name: string): string[] {
  return rawHeaders.flatMap((text, index) =>
    index % 2 === 0 && text.toLowerCase() === name ? [rawHeaders[index + 1] ?? ''] : [],
  );
}
