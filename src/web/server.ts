import {randomBytes} from 'node:crypto';
import {createServer, type IncomingMessage, type ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import {getRequestListener} from '@hono/node-server';
import {Hono} from 'hono';
import {OrchestratorError} from '../domain/errors.ts';
import type {JobRecord, RunRecord} from '../domain/run.ts';
import type {Ledger} from '../ledger/ledger.ts';
import type {Clock} from '../util/clock.ts';
import {loadAssets} from './assets.ts';
import {Commands, type StartProgram} from './commands.ts';
import {refuse} from './guard.ts';
import {LiveFeed} from './live-feed.ts';
import type {Operator} from './operator.ts';
import {addActionRoutes} from './routes/actions.ts';
import {addJobRoutes} from './routes/jobs.ts';
import {addLiveRoutes} from './routes/live.ts';
import {addLookRoutes} from './routes/look.ts';
import {addMetricsRoute} from './routes/metrics.ts';
import {addOperatorRoutes} from './routes/operator.ts';
import {addReviewRoutes} from './routes/review.ts';
import {addRunRoutes} from './routes/runs.ts';
import {RunBook} from './run-book.ts';
import {renderShell, securityHeaders} from './shell.ts';

export interface PageOptions {
  readonly ledger: Ledger;
  readonly clock: Clock;
  /** 0 for any that is free. */
  readonly port: number;
  /** Opens the metrics, beside the token of this start; none when it is absent. */
  readonly metricsToken?: string;
  /** Lines of the log of a run about one job. */
  readonly jobEvents: (run: RunRecord, record: JobRecord) => Promise<readonly string[]>;
  readonly operator: Operator;
  /** Starts a command line of this program as a process of its own. */
  readonly start: StartProgram;
}

export interface OpenPage {
  /** Address without the token. */
  readonly origin: string;
  readonly token: string;
  /** Ends open streams too. */
  close(): Promise<void>;
}

/** What the routes of the page share. */
export interface PageParts extends PageOptions {
  readonly book: RunBook;
  readonly feed: LiveFeed;
  readonly commands: Commands;
  readonly signal: AbortSignal;
}

const host = '127.0.0.1';

/** Opens the page on loopback. @throws OrchestratorError when the port is taken. */
export async function openPage(options: PageOptions): Promise<OpenPage> {
  const closing = new AbortController();
  const {signal} = closing;
  const {ledger, clock} = options;
  const book = new RunBook(ledger);
  const feed = new LiveFeed({ledger, book, clock, signal});
  const commands = new Commands(options.start, command => feed.tell({type: 'command', command}));
  const app = createApp({...options, book, feed, commands, signal}, await loadAssets());
  const token = randomBytes(32).toString('base64url');
  const answer = getRequestListener(app.fetch, {overrideGlobalObjects: false});
  const server = createServer((request, response) => {
    const own = `${host}:${(server.address() as AddressInfo | null)?.port}`;
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    const refusal = refuse(request, {host: own, token, metricsToken: options.metricsToken});
    if (refusal === undefined) return void answer(request, response);
    refuseWith(request, response, refusal);
  });
  const headers = securityHeaders();
  server.headersTimeout = 10_000;
  server.requestTimeout = 20_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', error => reject(explain(error as NodeJS.ErrnoException, options.port)));
    server.listen(options.port, host, resolve);
  });
  void warm(ledger, book);
  return {
    origin: `http://${host}:${(server.address() as AddressInfo).port}`,
    token,
    async close() {
      closing.abort(new Error('the page is closed'));
      const closed = new Promise(resolve => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Reads the newest run before it is asked for: what a large one needs is there when the browser is. */
async function warm(ledger: Ledger, book: RunBook): Promise<void> {
  try {
    const [newest] = await ledger.runs({limit: 1});
    if (newest !== undefined) await book.open(newest.id);
  } catch {
    // Whoever asks for it is told what is wrong.
  }
}

const pages = ['/', '/review', '/fleet', '/trends', '/costs', '/settings', '/skills/:name', '/r/:run', '/r/:run/:job'];

function createApp(parts: PageParts, assets: Awaited<ReturnType<typeof loadAssets>>): Hono {
  const app = new Hono();
  const shell = renderShell(assets);
  for (const address of pages) app.get(address, context => context.html(shell));
  app.get('/assets/*', context => {
    const asset = assets.get(context.req.path);
    return asset === undefined ? context.notFound() : context.body(asset.body, 200, {'content-type': asset.type});
  });
  addLookRoutes(app, parts);
  addOperatorRoutes(app, parts);
  addMetricsRoute(app, parts);
  addRunRoutes(app, parts);
  addJobRoutes(app, parts);
  addReviewRoutes(app, parts);
  addActionRoutes(app, parts);
  addLiveRoutes(app, parts);
  app.notFound(context =>
    // Somebody may have typed it: the page says so, with its ways on. What scripts ask for has no page.
    context.req.header('sec-fetch-dest') === 'document'
      ? context.html(shell, 404)
      : context.json({error: 'there is no such place'}, 404),
  );
  app.onError((error, context) => {
    if (error instanceof OrchestratorError) {
      return context.json({error: error.message, ...(error.hint === undefined ? {} : {hint: error.hint})}, 409);
    }
    return context.json({error: `the page met an error of its own: ${error.message}`}, 500);
  });
  return app;
}

function refuseWith(
  request: IncomingMessage,
  response: ServerResponse,
  {status, text}: {status: number; text: string},
): void {
  response.writeHead(status, {'content-type': 'text/plain; charset=utf-8', connection: 'close'});
  response.end(`${text}\n`);
  // What it goes on to send is not read.
  request.resume();
  response.on('finish', () => request.socket.destroySoon());
}

function explain(error: NodeJS.ErrnoException, port: number): unknown {
  if (error.code === 'EADDRINUSE') {
    return new OrchestratorError('port-taken', `port ${port} is taken by another program`, {
      hint: 'leave --port out to get a free one',
    });
  }
  if (error.code === 'EACCES') {
    return new OrchestratorError('port-refused', `port ${port} may not be used by this user`, {
      hint: 'choose one above 1023, or leave --port out',
    });
  }
  return error;
}
