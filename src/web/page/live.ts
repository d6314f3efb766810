import {createContext} from 'preact';
import {useContext, useEffect, useRef} from 'preact/hooks';
import type {LiveEvent} from '../api.ts';
import type {Client} from './client.ts';

const retryMs = 2_000;
const pollMs = 2_000;
/** Streams that fail so often in a row are given up for polling. */
const maxFailures = 3;

/** What changes while the page is open: by server-sent events, else by asking every two seconds. */
export class Live {
  readonly #client: Client;
  readonly #listeners = new Set<(event: LiveEvent) => void>();
  #last: string | undefined;
  #failures = 0;

  constructor(client: Client) {
    this.#client = client;
  }

  start(): void {
    void this.#listen();
  }

  listen(listener: (event: LiveEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async #listen(): Promise<void> {
    while (this.#failures < maxFailures) {
      await untilVisible();
      try {
        await this.#readStream();
        this.#failures = 0;
      } catch {
        // A stream that ends because nobody looks is no failure.
        if (!document.hidden) this.#failures++;
      }
      await wait(retryMs);
    }
    for (;;) {
      await untilVisible();
      await this.#poll().catch(() => {});
      await wait(pollMs);
    }
  }

  /** While the tab is hidden there is no stream: a browser keeps six connections to one place, and each would hold one. */
  async #readStream(): Promise<void> {
    const hidden = new AbortController();
    const look = (): void => {
      if (document.hidden) hidden.abort();
    };
    document.addEventListener('visibilitychange', look);
    try {
      const headers: Record<string, string> = this.#last === undefined ? {} : {'last-event-id': this.#last};
      const response = await this.#client.open('/api/live', headers, hidden.signal);
      if (!response.ok || response.body === null) throw new Error(`status ${response.status}`);
      let rest = '';
      for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
        const parts = (rest + text).split('\n\n');
        rest = parts.pop() ?? '';
        for (const part of parts) this.#take(part);
      }
    } finally {
      document.removeEventListener('visibilitychange', look);
    }
  }

  #take(part: string): void {
    for (const line of part.split('\n')) {
      if (line.startsWith('id: ')) this.#last = line.slice(4);
      else if (line.startsWith('data: ')) this.#tell(JSON.parse(line.slice(6)) as LiveEvent);
    }
  }

  async #poll(): Promise<void> {
    const query = this.#last === undefined ? '' : `?since=${this.#last}`;
    const {last, events} = await this.#client.get<{last: number; events: {event: LiveEvent}[]}>(`/api/changes${query}`);
    this.#last = String(last);
    for (const {event} of events) this.#tell(event);
  }

  #tell(event: LiveEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}

function untilVisible(): Promise<void> {
  return new Promise(resolve => {
    if (!document.hidden) return resolve();
    document.addEventListener('visibilitychange', () => resolve(), {once: true});
  });
}

function wait(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms));
}

export const LiveContext = createContext<Live | undefined>(undefined);

/** Calls the newest `listener` for each event while the component is shown. */
export function useLive(listener: (event: LiveEvent) => void): void {
  const live = useContext(LiveContext);
  const newest = useRef(listener);
  newest.current = listener;
  useEffect(() => live?.listen(event => newest.current(event)), [live]);
}
