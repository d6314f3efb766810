import {hostname} from 'node:os';
import {defined} from '../config/resolve-settings.ts';
import {dueFirst} from '../dispatch/tend-run.ts';
import {OrchestratorError} from '../domain/errors.ts';
import type {Job} from '../domain/job.ts';
import {type JobRecord, noControl, queueHolder, type RunControl, type RunRecord} from '../domain/run.ts';
import type {Skill} from '../domain/skill.ts';
import type {RunSettings} from '../run/run-settings.ts';
import {packSkill} from '../skills/skill-content.ts';
import {systemClock} from '../util/clock.ts';
import {localZone, nextTime} from '../util/zoned-time.ts';
import {followRun} from './follow-run.ts';
import type {Io} from './io.ts';
import {packageVersion} from './package-version.ts';
import {placesHere} from './places-here.ts';
import {queueFlag} from './queue-flag.ts';
import {withQueue} from './with-queue.ts';

export interface QueueRunOptions {
  /** A record of the run for this moment; asked again when its id or results file is taken. */
  readonly recordAt: (now: Date) => RunRecord;
  readonly jobs: readonly Job[];
  readonly skills: ReadonlyMap<string, Skill>;
  readonly notes: readonly string[];
  readonly detach: boolean;
  readonly json: boolean;
}

/** Hands the jobs to the workers of the queue, and follows them unless that is not wanted. The exit code of the run. */
export async function startQueuedRun(io: Io, url: string, options: QueueRunOptions): Promise<number> {
  const {jobs, skills, json} = options;
  return await withQueue(io, url, async opened => {
    const contents = [...skills.values()].map(packSkill);
    let now = new Date();
    for (;;) {
      const run = queued(options.recordAt(now));
      const enqueue = await opened.queue.enqueue(run.id, dueFirst(run.settings as RunSettings, jobs));
      const {heldBy, nameTaken} = await opened.ledger.startSharedRun(run, jobs, contents, enqueue);
      if (heldBy !== undefined) {
        const since = new Date(heldBy.startedAt).toISOString();
        io.err(
          `orchestrator: this configuration is running already: ${heldBy.id}, since ${since}; see: orchestrator status\n`,
        );
        return 0;
      }
      if (nameTaken === undefined) {
        if (options.detach) return tellLaunch(io, run, json);
        const records = jobs.map((job): JobRecord => ({job, state: 'pending'}));
        return await followRun(io, {...opened, run, records, notes: options.notes, resumed: false, json});
      }
      await systemClock.sleep(50);
      now = new Date();
    }
  });
}

/** Puts the chosen jobs of an ended run back into the queue; a run that goes on is followed. */
export async function goOnQueued(
  io: Io,
  url: string,
  id: string,
  options: {
    readonly chosen: (record: JobRecord) => boolean;
    readonly resultsDir: string | undefined;
    readonly json: boolean;
    readonly notes: readonly string[];
    readonly control: Partial<RunControl>;
  },
): Promise<number> {
  return await withQueue(io, url, async opened => {
    const {ledger, queue} = opened;
    const records = await ledger.jobs(id);
    const again = records.filter(options.chosen).map(({job}) => job);
    const before = await ledger.run(id);
    // A follower that could not write what it is told would leave the jobs in the queue to nobody who looks.
    if (before !== undefined) placesHere(io, before, options.resultsDir);
    if (before?.state !== 'running') {
      if (again.length === 0) {
        io.out(`${id}: nothing to do; every job has ended\n`);
        return before?.exitCode ?? 0;
      }
      const settings = before?.settings as RunSettings;
      const enqueue = await queue.enqueue(id, dueFirst(settings, again));
      const ids = again.map(job => job.id);
      const {deadlineAt} = deadlineOf(settings, systemClock.now());
      const control = {...before?.control, ...noControl, ...options.control};
      const isReopened = await ledger.reopenSharedRun(id, ids, enqueue, {control, ...defined({deadlineAt})});
      // When it was reopened by somebody else in this moment, their choice is followed.
      if (!isReopened && (await ledger.run(id))?.state !== 'running') {
        throw new OrchestratorError('run-held', `another run of the configuration of ${id} goes on`, {
          hint: 'see: orchestrator status',
        });
      }
    } else await ledger.control(id, options.control);
    const {run, notes} = placesHere(io, (await ledger.run(id))!, options.resultsDir);
    return await followRun(io, {
      ...opened,
      run,
      records: await ledger.jobs(id),
      notes: [...options.notes, ...notes],
      resumed: true,
      json: options.json,
    });
  });
}

/** No process holds it: any worker may end it. What depends on where a clock stands is settled here, once for all of them. */
function queued(run: RunRecord): RunRecord {
  const settings: RunSettings = {
    ...(run.settings as RunSettings),
    plannedOn: hostname(),
    plannedBy: packageVersion(),
    zone: localZone(),
  };
  return {...run, holder: queueHolder, settings, ...deadlineOf(settings, run.startedAt)};
}

function deadlineOf({deadline, zone}: RunSettings, fromMs: number): Pick<RunRecord, 'deadlineAt'> {
  return deadline === undefined ? {} : {deadlineAt: nextTime(deadline, fromMs, zone)};
}

function tellLaunch(io: Io, run: RunRecord, json: boolean): number {
  const flag = queueFlag(io);
  const launch = {event: 'launch', run: run.id, results_file: run.resultsFile, log_file: run.logFile ?? null};
  io.out(
    json
      ? `${JSON.stringify(launch)}\n`
      : `${run.id} is in the queue; watch: orchestrator status --watch${flag}; stop: orchestrator stop ${run.id}${flag}\n`,
  );
  return 0;
}
