import path from 'node:path';
import {createLedger} from '../../src/ledger/sql-ledger.ts';
import {openSqlite} from '../../src/ledger/sqlite.ts';
import {systemClock} from '../../src/util/clock.ts';
import type {Operator} from '../../src/web/operator.ts';
import {type OpenPage, openPage, type PageOptions} from '../../src/web/server.ts';

export interface TestPage extends OpenPage, AsyncDisposable {
  /** What to open in a browser. */
  readonly url: string;
  /** Asks with the token; `init` adds to that. */
  ask(path: string, init?: RequestInit): Promise<Response>;
}

/** The page over the ledger in `stateDir`, in this process. */
export async function openTestPage(stateDir: string, options: Partial<PageOptions> = {}): Promise<TestPage> {
  const ledger = createLedger(openSqlite(path.join(stateDir, 'state.db')), systemClock);
  const page = await openPage({
    ledger,
    clock: systemClock,
    port: 0,
    jobEvents: async () => [],
    start: () => {},
    operator: noOperator,
    ...options,
  });
  return {
    ...page,
    url: `${page.origin}/#token=${page.token}`,
    ask: (address, init = {}) =>
      fetch(page.origin + address, {
        ...init,
        headers: {
          authorization: `Bearer ${page.token}`,
          ...(init.method === 'POST' ? {origin: page.origin, 'content-type': 'application/json'} : {}),
          ...(init.headers as Record<string, string> | undefined),
        },
      }),
    async [Symbol.asyncDispose]() {
      await page.close();
      await ledger.close();
    },
  };
}

/** Nobody wrote anything. */
export const noOperator: Operator = {
  tags: () => new Map(),
  skill: name => ({problem: `no skill "${name}"`}),
  settings: async () => ({places: [], files: []}),
  checks: async () => [],
  prompt: async () => ({kind: 'none', notes: ['Nobody asked a model.'], files: [], leftOut: []}),
};
