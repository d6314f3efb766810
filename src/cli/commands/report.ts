import {existsSync} from 'node:fs';
import path from 'node:path';
import {OrchestratorError} from '../../domain/errors.ts';
import {jobId} from '../../domain/job.ts';
import type {RunRecord} from '../../domain/run.ts';
import type {Ledger} from '../../ledger/ledger.ts';
import type {ReportChange} from '../../report/html-report.ts';
import {findOtherPaths, mergeRows} from '../../report/merge-rows.ts';
import {toResultRow} from '../../report/result-row.ts';
import {renderResults} from '../../report/results-file.ts';
import type {ResultRow} from '../../report/results-schema.ts';
import {escapeBlock, escapeLine} from '../../util/escape-text.ts';
import {expandPath} from '../../util/expand-path.ts';
import {readBoundedFile} from '../../util/read-bounded-file.ts';
import {writeAtomically} from '../../util/write-atomically.ts';
import {noRunsYet, noSuchRun, withLedger} from '../existing-ledger.ts';
import {findRun} from '../find-run.ts';
import type {Io} from '../io.ts';
import {renderReport} from '../report-text.ts';

export interface ReportOptions {
  readonly json?: true;
  readonly md?: string;
  readonly junit?: string;
  readonly html?: string;
}

/** The rows of runs and of results files, merged; the last run when nothing is named. */
export async function report(io: Io, sources: readonly string[], options: ReportOptions): Promise<number> {
  const toStdout = [
    options.json ? '--json' : '',
    options.md === '-' ? '--md -' : '',
    options.junit === '-' ? '--junit -' : '',
    options.html === '-' ? '--html -' : '',
  ];
  const taken = toStdout.filter(flag => flag !== '');
  if (taken.length > 1) {
    throw new OrchestratorError('bad-flag', `${taken.join(' and ')} both write to stdout`, {
      hint: 'give a file for one of them',
    });
  }
  const rows = await collectRows(io, sources);
  if (rows === undefined) {
    if (options.json) io.out('[]\n');
    else io.err(noRunsYet);
    return 0;
  }
  const title =
    sources.length === 0 ? (rows[0]?.run ?? 'orchestrator') : sources.map(source => path.basename(source)).join(', ');
  if (options.md !== undefined) {
    const {renderMarkdown} = await import('../../report/markdown-report.ts');
    await write(io, options.md, renderMarkdown(rows, title));
  }
  if (options.junit !== undefined) {
    const {renderJunit} = await import('../../report/junit-report.ts');
    await write(io, options.junit, renderJunit(rows));
  }
  if (options.html !== undefined) {
    const {renderHtml} = await import('../../report/html-report.ts');
    const changeOf = await readChanges(io, rows);
    await write(io, options.html, renderHtml({title, rows, changeOf, madeAt: Date.now()}));
  }
  if (options.json) io.out(`${JSON.stringify(rows, undefined, 2)}\n`);
  else if (taken.length === 0) {
    const {cacheText} = await import('../cache-text.ts');
    const width = io.outIsTerminal ? {columns: io.size().columns} : {};
    const withNext = await areOfHere(io, rows);
    io.out(`${renderReport(rows, {...width, withNext})}${await cacheText(rows)}`);
  }
  return 0;
}

/** A person reads no more of one change in a report. */
const maxLinesOfChange = 1_500;

/** The changes that the ledger of this machine keeps of these rows; rows of another machine have none. */
async function readChanges(io: Io, rows: readonly ResultRow[]): Promise<(row: ResultRow) => ReportChange | undefined> {
  const [{readPatch}, {maskPatch}] = await Promise.all([
    import('../../report/patch-view.ts'),
    import('../../context/mask-patch.ts'),
  ]);
  const key = (run: string, job: string): string => `${run} ${job}`;
  const found = new Map<string, ReportChange>();
  await withLedger(
    io,
    async ledger => {
      for (const run of new Set(rows.map(row => row.run))) {
        for (const {jobId: id} of await ledger.changes({runId: run})) {
          const record = await ledger.change(run, id);
          if (record === undefined) continue;
          const {change, findings, verified, decision} = record;
          const summary = change.summary === undefined ? {} : {summary: change.summary};
          // The file is made to be sent around.
          const files = readPatch(await maskPatch(change.patch), maxLinesOfChange);
          found.set(key(run, id), {files, findings, verified, decision, ...summary});
        }
      }
    },
    () => {},
  );
  return row => found.get(key(row.run, jobId(row.task, row.skill, row.repo)));
}

/** Undefined when there is no run at all. */
async function collectRows(io: Io, sources: readonly string[]): Promise<ResultRow[] | undefined> {
  const files = new Map(sources.flatMap(source => (isFile(io, source) ? [[source, resolve(io, source)]] : [])));
  const needsLedger = sources.length === 0 || sources.some(source => !files.has(source));
  const fromFile = async (source: string, file: string): Promise<ResultRow[]> => {
    const {readResults} = await import('../../report/read-results.ts');
    return readResults(file, source);
  };
  if (!needsLedger) return merge(io, await Promise.all([...files].map(([source, file]) => fromFile(source, file))));
  return await withLedger(
    io,
    async ledger => {
      if (sources.length === 0) {
        const [last] = await ledger.runs({limit: 1});
        return last === undefined ? undefined : await rowsOfRun(io, ledger, last);
      }
      const lists: ResultRow[][] = [];
      for (const source of sources) {
        const file = files.get(source);
        if (file !== undefined) lists.push(await fromFile(source, file));
        else lists.push(await rowsOfRun(io, ledger, await findRun(ledger, source, () => false, '')));
      }
      return merge(io, lists);
    },
    () => {
      const [run] = sources.filter(source => !files.has(source));
      if (run !== undefined) throw noSuchRun(run);
      return undefined;
    },
  );
}

const shownPaths = 5;

function merge(io: Io, lists: readonly (readonly ResultRow[])[]): ResultRow[] {
  const others = findOtherPaths(lists);
  for (const {job, paths} of others.slice(0, shownPaths)) {
    io.err(escapeBlock(`${job} stands for ${paths.join(' and ')}; the row that ended last is kept\n`));
  }
  if (others.length > shownPaths) io.err(`and ${others.length - shownPaths} more jobs at different paths\n`);
  return mergeRows(lists);
}

/** Whether a command on this machine could go on with what the rows tell of. */
async function areOfHere(io: Io, rows: readonly ResultRow[]): Promise<boolean> {
  const runs = [...new Set(rows.map(({run}) => run))];
  return await withLedger(
    io,
    async ledger => (await Promise.all(runs.map(run => ledger.run(run)))).some(run => run !== undefined),
    () => false,
  );
}

/** Rows as the ledger has them; a results file that is gone, or that a crash left behind, is written again. */
async function rowsOfRun(io: Io, ledger: Ledger, run: RunRecord): Promise<ResultRow[]> {
  const changes = new Map((await ledger.changes({runId: run.id})).map(change => [change.jobId, change]));
  const costs = await ledger.costOfJobs(run.id);
  const rows = (await ledger.jobs(run.id)).map(record => {
    const row = toResultRow(run.id, record, changes.get(record.job.id));
    const spentUsd = costs.get(record.job.id);
    // Paid for a job that has not come to its end.
    return record.detail === undefined && spentUsd !== undefined ? {...row, cost_usd: spentUsd} : row;
  });
  // A run that goes on keeps its file itself.
  if (!ledger.isHeld(run) && !saysTheSame(run.resultsFile, rows)) await restoreResults(io, run.resultsFile, rows);
  return rows;
}

/** Outcome by outcome; times may differ by the moment between an event and its record. */
function saysTheSame(file: string, rows: readonly ResultRow[]): boolean {
  const {text} = readBoundedFile(file, 512 * 1024 * 1024);
  if (text === undefined) return false;
  const digest = (list: readonly Partial<ResultRow>[]): string =>
    JSON.stringify(list.map(row => [row.run, row.job, row.task, row.status, row.outcome]));
  try {
    return digest(JSON.parse(text) as ResultRow[]) === digest(rows);
  } catch {
    // Torn, or not ours: it is replaced.
    return false;
  }
}

async function restoreResults(io: Io, file: string, rows: readonly ResultRow[]): Promise<void> {
  try {
    // The file is the record of the run; what was decided since is not in it.
    const lines = rows.map(({review: _review, ...row}) => JSON.stringify(row));
    await writeAtomically(file, renderResults(lines), {durable: true});
    io.err(`wrote ${escapeLine(file)} again from the ledger\n`);
  } catch (error) {
    io.err(
      `orchestrator: ${escapeLine(file)} cannot be written (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})\n`,
    );
  }
}

function isFile(io: Io, source: string): boolean {
  return source.endsWith('.json') || source.includes(path.sep) || existsSync(resolve(io, source));
}

function resolve(io: Io, written: string): string {
  return expandPath(written, {base: io.cwd, home: io.home, env: {}}).path ?? path.resolve(io.cwd, written);
}

async function write(io: Io, target: string, text: string): Promise<void> {
  if (target === '-') {
    io.out(text);
    return;
  }
  const file = path.resolve(io.cwd, target);
  try {
    await writeAtomically(file, text, {durable: false});
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new OrchestratorError('report-unwritable', `${escapeLine(target)} cannot be written (${code})`, {
      cause: error,
    });
  }
  io.err(`wrote ${escapeLine(target)}\n`);
}
