import type {Hono} from 'hono';
import type {NumberedEvent} from '../live-feed.ts';
import type {PageParts} from '../server.ts';

const aliveEveryMs = 15_000;

/**
 * Server-sent events, read by the page with `fetch`: EventSource cannot send the header that carries the token, and a token
 * in the address would stand in logs and history. The same events can be asked for with `/api/changes`.
 */
export function addLiveRoutes(app: Hono, {feed, clock, signal}: PageParts): void {
  app.get('/api/live', context => {
    const since = Number(context.req.header('last-event-id') ?? Number.NaN);
    const missed = Number.isInteger(since) ? feed.since(since) : [];
    const gone = new AbortController();
    const keepAlive = async (send: (text: string) => void): Promise<void> => {
      const until = AbortSignal.any([gone.signal, signal]);
      while (!until.aborted) {
        // Rejects when the reader or the page goes.
        await clock.sleep(aliveEveryMs, until).catch(() => {});
        if (!until.aborted) send(': alive\n\n');
      }
    };
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        const send = (text: string): void => controller.enqueue(new TextEncoder().encode(text));
        send(`retry: 2000\nid: ${feed.lastId}\n\n`);
        for (const event of missed) send(format(event));
        const end = (): void => {
          stop();
          gone.abort();
          controller.close();
        };
        const stop = feed.listen(event => send(format(event)));
        signal.addEventListener('abort', end, {once: true});
        gone.signal.addEventListener('abort', () => {
          stop();
          signal.removeEventListener('abort', end);
        });
        void keepAlive(send);
      },
      cancel: () => gone.abort(),
    });
    return context.body(body, 200, {'content-type': 'text/event-stream'});
  });

  app.get('/api/changes', context => {
    const since = Number(context.req.query('since') ?? Number.NaN);
    const events = Number.isInteger(since) ? feed.since(since) : [];
    return context.json({last: feed.lastId, events});
  });
}

function format({id, event}: NumberedEvent): string {
  return `id: ${id}\ndata: ${JSON.stringify(event)}\n\n`;
}
