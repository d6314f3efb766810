import {createHash} from 'node:crypto';
import path from 'node:path';
import {OrchestratorError} from '../domain/errors.ts';
import type {Job} from '../domain/job.ts';
import {noControl, queueHolder, type RunRecord, runId} from '../domain/run.ts';
import type {SharedLedger} from '../ledger/shared-ledger.ts';
import {type PlannedTask, planRun} from '../run/plan-run.ts';
import type {RunSettings} from '../run/run-settings.ts';
import {localClock, localDate} from '../util/local-time.ts';
import {inZone, nextTime} from '../util/zoned-time.ts';
import type {JobQueue, QueuedStart} from './job-queue.ts';
import {dueFirst} from './tend-run.ts';

/** Everything that starting a configuration takes, so that any worker can start it. */
export interface ScheduledPlan {
  readonly version: 1;
  readonly id: string;
  /** Path of the task configuration on the machine that made the schedule. */
  readonly config: string;
  readonly claim: string;
  readonly description?: string;
  readonly resultsDir: string;
  /** Its dates and its deadline are those of this time zone. */
  readonly zone: string;
  /** Milliseconds since 1970, in the time of the database server. */
  readonly installedAt: number;
  /** The first moment after that; the queue also gives out the minute in which it was installed. */
  readonly firstAt: number;
  readonly settings: RunSettings;
  readonly tasks: readonly (Omit<PlannedTask, 'skill'> & {
    readonly skill: Pick<PlannedTask['skill'], 'name' | 'output' | 'outputs'>;
  })[];
}

/**
 * Starts the run of one moment of a schedule. Doing it again finds the run there. The run, unless it was there or the last one still goes on.
 *
 * @throws OrchestratorError for a plan that this version cannot read.
 */
export async function startScheduledRun(
  start: QueuedStart,
  queue: Pick<JobQueue, 'enqueue'>,
  ledger: SharedLedger,
): Promise<RunRecord | undefined> {
  const {plan, at} = start;
  if (plan.version !== 1)
    throw new OrchestratorError('plan-newer', 'it was made by a version that this one does not fit');
  const jobs: readonly Job[] = planRun(plan.tasks as readonly PlannedTask[], {date: inZone(at, plan.zone)});
  const run = recordOf(start);
  const enqueue = await queue.enqueue(run.id, dueFirst(plan.settings, jobs));
  const {heldBy, nameTaken} = await ledger.startSharedRun(run, jobs, [], enqueue);
  return heldBy === undefined && nameTaken === undefined ? run : undefined;
}

function recordOf({plan, at, ticket}: QueuedStart): RunRecord {
  // The same entry of the queue gives the same id.
  const random = createHash('sha256').update(ticket.id).digest().readUInt16BE(0) / 0x1_0000;
  const shown = inZone(at, plan.zone);
  const time = localClock(shown).replaceAll(':', '');
  const {deadline} = plan.settings;
  return {
    id: runId(shown, random),
    claim: plan.claim,
    state: 'running',
    holder: queueHolder,
    heartbeatAt: at.getTime(),
    startedAt: at.getTime(),
    ...(deadline === undefined ? {} : {deadlineAt: nextTime(deadline, at.getTime(), plan.zone)}),
    ...(plan.description === undefined ? {} : {description: plan.description}),
    command: ['schedule', plan.id],
    settings: plan.settings,
    control: noControl,
    resultsFile: path.join(plan.resultsDir, `orchestrator_batch_${localDate(shown).replaceAll('-', '')}_${time}.json`),
  };
}
