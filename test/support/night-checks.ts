import {copyFileSync, existsSync, mkdtempSync, rmSync} from 'node:fs';
import {readdir, readFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {DatabaseSync} from 'node:sqlite';
import type {RecordedRequest, ScriptedAnswer} from '../../src/testing/scripted-model-server.ts';
import {type Ended, type Night, processesOf, repoOf} from './night-rig.ts';

export function answerJob(request: RecordedRequest): ScriptedAnswer {
  const [repo = '', skill = ''] = jobOf(request).split(' ');
  return `# ${repo}\n\n${`The ${skill} says of ${repo} what it says each time it is asked. `.repeat(12)}\n\n## Use\n\nRun \`node index.js\`.\n`;
}

function jobOf(request: RecordedRequest): string {
  return `${repoOf(request)} ${request.system.includes('PROJECT.md') ? 'repo-summarizer' : 'readme-generator'}`;
}

export function countCalls(requests: readonly RecordedRequest[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const request of requests) counts.set(jobOf(request), (counts.get(jobOf(request)) ?? 0) + 1);
  return counts;
}

export interface LedgerState {
  readonly runs: readonly string[];
  /** `repo skill` of jobs whose reply is recorded. */
  readonly recordedJobs: ReadonlySet<string>;
  readonly endedJobs: ReadonlySet<string>;
  readonly openRuns: number;
  readonly openCalls: number;
  readonly claims: number;
  readonly unconfirmed: number;
  readonly memories: number;
}

export function readLedger(night: Night): LedgerState {
  return readLedgerCopy(night, database => {
    const hasTables = database.prepare(`SELECT 1 FROM sqlite_master WHERE name = 'runs'`).get() !== undefined;
    const all = (sql: string): Record<string, unknown>[] => (hasTables ? database.prepare(sql).all() : []);
    const count = (sql: string): number => Number(all(`SELECT COUNT(*) AS count FROM ${sql}`)[0]?.['count'] ?? 0);
    return {
      runs: all('SELECT id FROM runs').map(row => String(row['id'])),
      recordedJobs: new Set(
        all('SELECT DISTINCT jobs.repo, jobs.skill FROM replies JOIN jobs ON jobs.id = replies.job_id').map(
          row => `${row['repo']} ${row['skill']}`,
        ),
      ),
      endedJobs: new Set(
        all(`SELECT repo, skill FROM jobs WHERE state = 'ended'`).map(row => `${row['repo']} ${row['skill']}`),
      ),
      openRuns: count(`runs WHERE state = 'running'`),
      openCalls: count(`spending WHERE state = 'reserved'`),
      claims: count('claims'),
      unconfirmed: count(`deliveries WHERE state <> 'confirmed'`),
      memories: count('memories'),
    };
  });
}

/** Opening the ledger itself would repair it before the product does. */
export function readLedgerCopy<Result>(night: Night, read: (database: DatabaseSync) => Result): Result {
  const copy = mkdtempSync(path.join(tmpdir(), 'orchestrator-test-ledger-'));
  for (const suffix of ['', '-wal']) {
    const file = path.join(night.directory, 'state', `state.db${suffix}`);
    if (existsSync(file)) copyFileSync(file, path.join(copy, `state.db${suffix}`));
  }
  const database = new DatabaseSync(path.join(copy, 'state.db'));
  try {
    return read(database);
  } finally {
    database.close();
    rmSync(copy, {recursive: true, force: true});
  }
}

export function judgeLedger(state: LedgerState, jobs: number): string[] {
  const {openRuns, openCalls, claims, unconfirmed, memories} = state;
  const found = {openRuns, openCalls, claims, unconfirmed, memories};
  const wanted = {openRuns: 0, openCalls: 0, claims: 0, unconfirmed: 0, memories: jobs};
  return JSON.stringify(found) === JSON.stringify(wanted) ? [] : [`the ledger ends with ${JSON.stringify(found)}`];
}

/** Every file of every repo, its `.git` included: index, HEAD and objects may not be touched either. */
export async function readFleetBytes(night: Night): Promise<Map<string, string>> {
  const fleet = path.join(night.directory, 'fleet');
  const files = new Map<string, string>();
  for (const entry of await readdir(fleet, {recursive: true, withFileTypes: true})) {
    const file = path.join(entry.parentPath, entry.name);
    if (!entry.isDirectory()) files.set(path.relative(fleet, file), (await readFile(file)).toString('latin1'));
  }
  return files;
}

export function difference(wanted: ReadonlyMap<string, string>, found: ReadonlyMap<string, string>): string[] {
  const names = [...new Set([...wanted.keys(), ...found.keys()])].filter(name => wanted.get(name) !== found.get(name));
  return names.length === 0 ? [] : [`other files than undisturbed: ${names.slice(0, 5).join(', ')} (${names.length})`];
}

/** Children end when their pipes do; none may be there a second later. */
export async function survivors(night: Night): Promise<string[]> {
  for (let tries = 0; ; tries++) {
    const found = await processesOf(night);
    if (found.length === 0) return [];
    if (tries === 20) return found.map(name => `still runs: ${name}`);
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}

export function describeEnd({code, signal, stdout, stderr}: Ended): string {
  return `exit ${code ?? signal}: ${stderr.slice(-400)} ${stdout.split('\n').slice(-3).join(' | ').slice(-400)}`;
}
