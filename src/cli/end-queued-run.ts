import {endWhatWaits} from '../dispatch/tend-run.ts';
import type {Reporter} from '../domain/event.ts';
import {exitCodeOf} from '../domain/outcome.ts';
import type {RunRecord} from '../domain/run.ts';
import type {SharedLedger} from '../ledger/shared-ledger.ts';
import type {RunSettings} from '../run/run-settings.ts';
import {summarizeRun} from '../run/summarize-run.ts';
import type {Io} from './io.ts';
import {notifyEnd} from './notify-end.ts';
import {stopReasonOf} from './stop-reason.ts';

/** Records the end of a run whose jobs have all ended; whoever was first tells those who want to know. */
export async function endQueuedRun(
  io: Io,
  ledger: SharedLedger,
  runId: string,
  reporterFor: (run: RunRecord) => Reporter,
): Promise<void> {
  const run = await ledger.run(runId);
  if (run?.state !== 'running') return;
  const outcomes = (await ledger.jobs(runId, {state: 'ended'})).flatMap(({detail}) => detail?.outcome ?? []);
  const reason = stopReasonOf(outcomes);
  const exitCode = exitCodeOf(outcomes);
  const state = reason === 'stopped' || reason === 'deadline' ? 'stopped' : 'finished';
  if (!(await ledger.endSharedRun(runId, {state, exitCode, ...(reason === undefined ? {} : {reason})}))) return;
  const reporter = reporterFor(run);
  const summary = summarizeRun(outcomes);
  reporter.report({type: 'run.finished', at: Date.now(), run, exitCode, summary});
  await notifyEnd(io, {run, settings: run.settings as RunSettings, ledger, reporter, exitCode, summary});
}

/**
 * For one who takes no jobs: ends what of the run nobody is at when it was stopped or its deadline has passed, and the run itself
 * where no worker is alive that would.
 */
export async function endWithoutWorkers(
  io: Io,
  ledger: SharedLedger,
  run: RunRecord,
  {nowMs, reporterFor}: {readonly nowMs: number; readonly reporterFor: (run: RunRecord) => Reporter},
): Promise<void> {
  await endWhatWaits(run, ledger, nowMs);
  if ((await ledger.workers()).length > 0 || (await ledger.hasOpenJobs(run.id))) return;
  await endQueuedRun(io, ledger, run.id, reporterFor);
}
