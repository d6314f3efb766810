import {existsSync} from 'node:fs';
import {OrchestratorError} from '../../domain/errors.ts';
import {jobLabel} from '../../domain/job.ts';
import {isQueued, type JobRecord, type RunRecord} from '../../domain/run.ts';
import type {Ledger} from '../../ledger/ledger.ts';
import {systemClock} from '../../util/clock.ts';
import {escapeBlock, escapeLine} from '../../util/escape-text.ts';
import {noRunsYet, noSuchRun, withLedger} from '../existing-ledger.ts';
import {findJobs} from '../find-jobs.ts';
import {findRun} from '../find-run.ts';
import type {Io} from '../io.ts';
import {jobLineFilter, type LineFilter} from '../job-line-filter.ts';
import {LogReader} from '../log-reader.ts';
import {runLogFile} from '../reporters.ts';
import {transcriptText} from '../transcript-text.ts';

export interface LogsOptions {
  readonly follow?: true;
  readonly job?: string;
  readonly reply?: true;
  readonly transcript?: true;
}

/** The log of a run: the named one, else the one that goes on, else the last. */
export async function logs(io: Io, id: string | undefined, options: LogsOptions): Promise<number> {
  if ((options.reply || options.transcript) && options.job === undefined) {
    throw new OrchestratorError('bad-flag', `${options.reply ? '--reply' : '--transcript'} needs --job`, {
      hint: 'for example --job readme-generator/mcp-fleet',
    });
  }
  return await withLedger(
    io,
    async ledger => {
      const [newest] = await ledger.runs({limit: 1});
      if (newest === undefined && id === undefined) return noRuns(io);
      const run = await findRun(ledger, id, () => true, 'that has a log');
      const jobs = options.job === undefined ? [] : await findJobs(ledger, run, options.job);
      const wanted = jobLineFilter(jobs.map(({job}) => jobLabel(job)));
      await printLog(io, ledger, run, wanted, options.follow === true);
      if (options.reply) for (const record of jobs) await printReply(io, ledger, run, record);
      if (options.transcript) for (const record of jobs) printTranscript(io, run, record);
      return 0;
    },
    () => {
      if (id !== undefined) throw noSuchRun(id);
      return noRuns(io);
    },
  );
}

function printTranscript(io: Io, run: RunRecord, {job, worker}: JobRecord): void {
  const text = transcriptText(io.stateDir, run.id, job);
  if (text !== undefined) {
    io.out(text);
    return;
  }
  const why =
    job.mode === 'agent' && worker !== undefined
      ? `its transcript is in the state folder of the worker that executed it, ${worker}`
      : 'no transcript; agent mode writes one';
  io.err(`${escapeLine(`${jobLabel(job)}: ${why}`)}\n`);
}

function noRuns(io: Io): number {
  io.err(noRunsYet);
  return 0;
}

const pollMs = 300;

async function printLog(io: Io, ledger: Ledger, run: RunRecord, wanted: LineFilter, follow: boolean): Promise<void> {
  const file = runLogFile(io.stateDir, run.id);
  if (isQueued(run) && !existsSync(file)) {
    const {readQueueLog} = await import('../queue-log.ts');
    for await (const line of readQueueLog(ledger, run, follow)) if (wanted(line)) io.out(`${escapeLine(line)}\n`);
    return;
  }
  const reader = new LogReader(file);
  const print = (): void => {
    for (const line of reader.readLines()) if (wanted(line)) io.out(`${escapeLine(line)}\n`);
  };
  try {
    for (;;) {
      // Asked before reading, so that what was written last is read once more after the end.
      const current = await ledger.run(run.id);
      const goesOn = current !== undefined && ledger.isHeld(current);
      print();
      if (!follow || !goesOn) break;
      await systemClock.sleep(pollMs);
    }
    for (const line of reader.rest()) if (wanted(line)) io.out(`${escapeLine(line)}\n`);
  } finally {
    reader.close();
  }
  if (reader.isMissing) {
    throw new OrchestratorError('log-missing', `${escapeLine(file)} does not exist`, {
      hint: `its outcomes are in the ledger: orchestrator report ${run.id}`,
    });
  }
}

async function printReply(io: Io, ledger: Ledger, run: RunRecord, {job}: JobRecord): Promise<void> {
  const label = escapeLine(jobLabel(job));
  const recorded = await ledger.replyOfJob(run.id, job.id);
  if (recorded === undefined) {
    io.err(`${label}: no reply is recorded\n`);
    return;
  }
  const from = recorded.runId === run.id ? '' : `, recorded in ${recorded.runId}`;
  const rejected = recorded.usable ? '' : ', rejected: it is not what the skill asks for';
  io.err(
    `${label}: reply of ${escapeLine(recorded.model)}, finish reason ${recorded.reply.finishReason}${from}${rejected}\n`,
  );
  const text = escapeBlock(recorded.reply.text);
  io.out(text.endsWith('\n') ? text : `${text}\n`);
}
