import type {ChangeSummary} from '../../domain/change.ts';
import {OrchestratorError} from '../../domain/errors.ts';
import {jobLabel} from '../../domain/job.ts';
import {type JobRecord, runTime} from '../../domain/run.ts';
import type {Ledger} from '../../ledger/ledger.ts';
import {describeStanding, formatCost} from '../../report/log-line.ts';
import {toResultRow} from '../../report/result-row.ts';
import {reviewOf} from '../../report/review-state.ts';
import {type RunView, readRunView} from '../../run/read-run-view.ts';
import {duration} from '../../util/duration.ts';
import {formatUsd} from '../../util/format-usd.ts';
import {didYouMean} from '../../util/nearest-name.ts';
import {quoteText} from '../../util/quote-text.ts';
import {noRunsYet, withLedger} from '../existing-ledger.ts';
import type {Io} from '../io.ts';
import {parseCount} from '../parse-count.ts';
import {countsText, toRunJson} from '../run-view.ts';
import {type Column, renderTable, type TableOptions} from '../table.ts';
import {localTime} from '../time-text.ts';

export interface HistoryOptions {
  readonly limit?: string;
  readonly json?: true;
}

/** Past runs newest first, or everything that happened to one repo. */
export async function history(io: Io, repo: string | undefined, options: HistoryOptions): Promise<number> {
  const limit = parseCount('--limit', options.limit ?? '20');
  return await withLedger(
    io,
    async ledger =>
      repo === undefined
        ? await printRuns(io, ledger, limit, options)
        : await printRepo(io, ledger, repo, limit, options),
    () => {
      if (repo !== undefined) throw unknownRepo(repo, []);
      return nothing(io, options);
    },
  );
}

async function printRuns(io: Io, ledger: Ledger, limit: number, options: HistoryOptions): Promise<number> {
  const views = await Promise.all((await ledger.runs({limit})).map(run => readRunView(ledger, run)));
  if (views.length === 0) return nothing(io, options);
  if (options.json) io.out(`${JSON.stringify(views.map(toRunJson), undefined, 2)}\n`);
  else io.out(runTable(views, tableOptions(io)));
  return 0;
}

/** Below this many cells what matters least is left out; `--json` has it. */
const wideEnough = 110;

function runTable(views: readonly RunView[], options: TableOptions): string {
  const isNarrow = options.columns !== undefined && options.columns < wideEnough;
  const shown = runColumns.flatMap((column, index) => (isNarrow && column.leftOutWhenNarrow ? [] : [index]));
  return renderTable(
    shown.map(index => runColumns[index]!),
    views.map(view => {
      const cells = runCells(view);
      return shown.map(index => cells[index]!);
    }),
    options,
  );
}

const runColumns: readonly (Column & {leftOutWhenNarrow?: true})[] = [
  {title: 'RUN', whole: true},
  {title: 'STARTED', whole: true},
  {title: 'TOOK', align: 'right', leftOutWhenNarrow: true},
  {title: 'STATE', whole: true},
  {title: 'JOBS'},
  {title: 'USD', align: 'right'},
  {title: 'COMMAND', leftOutWhenNarrow: true},
];

function runCells({run, state, counts, spentUsd}: RunView): string[] {
  const end = run.endedAt ?? run.heartbeatAt;
  return [
    run.id,
    localTime(run.startedAt),
    duration(runTime(run, end)),
    state,
    countsText(counts),
    formatUsd(spentUsd),
    run.command.length === 0 ? 'run' : run.command.join(' '),
  ];
}

async function printRepo(
  io: Io,
  ledger: Ledger,
  repo: string,
  limit: number,
  options: HistoryOptions,
): Promise<number> {
  const records = await ledger.jobsOfRepo(repo, limit);
  if (records.length === 0) throw unknownRepo(repo, await ledger.repoNames());
  const past = await Promise.all(records.map(async record => ({record, change: await changeOf(ledger, record)})));
  if (options.json) {
    const rows = past.map(({record, change}) => toResultRow(record.runId, record, change));
    io.out(`${JSON.stringify(rows, undefined, 2)}\n`);
  } else io.out(renderTable(jobColumns, past.map(jobCells), tableOptions(io)));
  return 0;
}

const jobColumns = [
  {title: 'RUN', whole: true},
  {title: 'ENDED', whole: true},
  {title: 'JOB'},
  {title: 'COST', whole: true},
  {title: 'OUTCOME'},
] as const;

interface PastJob {
  readonly record: JobRecord & {readonly runId: string};
  readonly change: ChangeSummary | undefined;
}

async function changeOf(ledger: Ledger, {runId, job}: PastJob['record']): Promise<ChangeSummary | undefined> {
  return (await ledger.changes({runId, jobId: job.id}))[0];
}

function jobCells({record, change}: PastJob): string[] {
  const {job, detail, state} = record;
  return [
    record.runId,
    record.endedAt === undefined ? '' : localTime(record.endedAt),
    jobLabel(job),
    detail === undefined ? '' : formatCost(detail.outcome.cost),
    detail === undefined
      ? state === 'running'
        ? 'not ended'
        : 'not started'
      : describeStanding(detail.outcome, reviewOf(change)),
  ];
}

function unknownRepo(repo: string, known: readonly string[]): OrchestratorError {
  return new OrchestratorError('unknown-repo', `no run has had a repo ${quoteText(repo)}`, {
    hint: didYouMean(repo, known) ?? 'see: orchestrator list repos',
  });
}

function nothing(io: Io, options: HistoryOptions): number {
  if (options.json) io.out('[]\n');
  else io.err(noRunsYet);
  return 0;
}

function tableOptions(io: Io): TableOptions {
  return io.outIsTerminal ? {columns: io.size().columns} : {};
}
