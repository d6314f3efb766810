// What the page asks for about a run of 10,000 jobs, beside the floor: the same rows read from the same file and written as JSON.
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {DatabaseSync} from 'node:sqlite';
import {createLedger} from '../src/ledger/sql-ledger.ts';
import {openSqlite} from '../src/ledger/sqlite.ts';
import {systemClock} from '../src/util/clock.ts';
import {openPage} from '../src/web/server.ts';
import {noOperator} from '../test/support/open-test-page.ts';
import {seedManyJobs} from '../test/support/seed-many-jobs.ts';
import {median} from './measure.ts';

const jobs = Number(process.argv[2] ?? 10_000);
const rounds = 7;
const home = mkdtempSync(path.join(tmpdir(), 'orchestrator-bench-page-'));
const file = path.join(home, 'state.db');
try {
  const {id} = await seedManyJobs(home, jobs);
  const floor = await repeat(async () => {
    const database = new DatabaseSync(file);
    const rows = database
      .prepare('SELECT spec, state, detail, started_at, ended_at FROM jobs WHERE run_id = ?')
      .all(id);
    JSON.stringify(rows.map(row => [JSON.parse(String(row['spec'])), JSON.parse(String(row['detail'] ?? 'null'))]));
    database.close();
  });
  console.log(`${jobs} jobs; floor, every row read and written as JSON | ${floor.toFixed(0)} ms`);
  const cold = await repeat(() => withPage(page => ask(page, `/api/runs/${id}/jobs?limit=100`)));
  console.log(`first 100 rows, server just started | ${cold.toFixed(0)} ms | ${(cold / floor).toFixed(2)} x floor`);
  await withPage(async page => {
    await ask(page, `/api/runs/${id}/jobs?limit=100`);
    for (const [name, address] of [
      ['first 100 rows', `/api/runs/${id}/jobs?limit=100`],
      ['filter and text', `/api/runs/${id}/jobs?filter=failed&text=overloaded&limit=100`],
      ['the run', `/api/runs/${id}`],
      ['tonight', '/api/tonight'],
      ['retry costs', `/api/runs/${id}/retry`],
      ['timeline', `/api/runs/${id}/timeline`],
      ['fleet', '/api/fleet'],
      ['costs by repo', '/api/costs?by=repo&days=3650'],
      ['review queue', '/api/review'],
    ] as const) {
      const took = await repeat(() => ask(page, address));
      console.log(`${name} | ${took.toFixed(1)} ms${took > 300 ? ' | over 300' : ''}`);
    }
  });
} finally {
  rmSync(home, {recursive: true});
}

type Page = Awaited<ReturnType<typeof openPage>>;

async function withPage<Result>(use: (page: Page) => Promise<Result>): Promise<Result> {
  const ledger = createLedger(openSqlite(file), systemClock);
  const page = await openPage({
    ledger,
    clock: systemClock,
    port: 0,
    jobEvents: async () => [],
    start: () => {},
    operator: noOperator,
  });
  try {
    return await use(page);
  } finally {
    await page.close();
    await ledger.close();
  }
}

async function ask({origin, token}: Page, address: string): Promise<void> {
  const response = await fetch(origin + address, {headers: {authorization: `Bearer ${token}`}});
  if (!response.ok) throw new Error(`${address}: ${response.status}`);
  await response.text();
}

async function repeat(act: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const started = performance.now();
    await act();
    times.push(performance.now() - started);
  }
  return median(times);
}
