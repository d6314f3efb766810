import type {Reporter, RunSummary} from '../domain/event.ts';
import type {RunRecord} from '../domain/run.ts';
import type {Ledger} from '../ledger/ledger.ts';
import type {RunSettings} from '../run/run-settings.ts';
import {summarizeRun} from '../run/summarize-run.ts';
import {systemClock} from '../util/clock.ts';
import type {Io} from './io.ts';
import {stopReasonOf} from './stop-reason.ts';

export interface EndedRun {
  readonly run: RunRecord;
  readonly settings: RunSettings;
  readonly ledger: Ledger;
  readonly reporter: Reporter;
  readonly exitCode: number;
  readonly summary?: RunSummary;
  /** Code of the error that broke it off. */
  readonly brokenOff?: string;
}

const listedFailures = 100;

/** Tells those whom the configuration names that the run has ended. What could not be sent is a line of the log, and no more. */
export async function notifyEnd(io: Io, {run, settings, ledger, reporter, exitCode, ...end}: EndedRun): Promise<void> {
  const {notify: addresses = [], deadManUrl} = settings;
  if (addresses.length === 0 && deadManUrl === undefined) return;
  const [{sendNotifications}, {composeNotification}] = await Promise.all([
    import('../report/notify/notify.ts'),
    import('../report/notify/notification-text.ts'),
  ]);
  const found = await look(ledger, run, end.summary).catch(() => undefined);
  const budgetUsd = found?.budgetUsd ?? settings.budgetUsd;
  const summary = found?.summary ?? end.summary ?? summarizeRun([]);
  const notification = composeNotification({
    runId: run.id,
    exitCode,
    summary,
    ...(found?.stopped === undefined ? {} : {stopped: found.stopped}),
    ...(end.brokenOff === undefined ? {} : {brokenOff: end.brokenOff}),
    failures: found?.failures ?? [],
    toReview: found?.toReview ?? 0,
    spentUsd: found?.spentUsd ?? summary.costUsd,
    ...(budgetUsd === undefined ? {} : {budgetUsd}),
    startedAt: run.startedAt,
    endedAt: systemClock.now(),
    resultsFile: run.resultsFile,
  });
  const problems = await sendNotifications({
    addresses,
    notification,
    ...(deadManUrl === undefined ? {} : {deadManUrl}),
    exitCode,
    env: io.env,
    clock: systemClock,
  });
  for (const text of problems) reporter.report({type: 'run.noted', at: systemClock.now(), level: 'warn', text});
}

async function look(ledger: Ledger, {id}: RunRecord, known: RunSummary | undefined) {
  const [record, failed, open, {spentUsd}, changes] = await Promise.all([
    ledger.run(id),
    ledger.jobs(id, {status: 'failed', newest: listedFailures}),
    ledger.jobs(id, {status: 'not-started', newest: 1_000}),
    ledger.costOfRun(id),
    ledger.countChanges(id),
  ]);
  const summary =
    known ?? summarizeRun((await ledger.jobs(id, {state: 'ended'})).flatMap(({detail}) => detail?.outcome ?? []));
  return {
    summary,
    budgetUsd: record?.control.budgetUsd,
    spentUsd,
    toReview: changes.get('to-review') ?? 0,
    failures: failed.flatMap(({job, detail}) =>
      detail?.outcome.status === 'failed' ? [{repo: job.repo, reason: detail.outcome.failure.reason}] : [],
    ),
    stopped: stopReasonOf(open.flatMap(({detail}) => detail?.outcome ?? [])),
  };
}
