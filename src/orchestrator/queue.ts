import path from 'node:path';
import type {QueueSchedule, QueueTimes} from '../dispatch/job-queue.ts';
import type {PostgresQueue} from '../dispatch/postgres-queue.ts';
import type {QueueWorker, WorkerOptions} from '../dispatch/worker.ts';
import type {Reporter} from '../domain/event.ts';
import type {RunRecord} from '../domain/run.ts';
import type {Skill} from '../domain/skill.ts';
import type {SharedLedger} from '../ledger/shared-ledger.ts';
import {type Clock, systemClock} from '../util/clock.ts';
import type {Env} from './env.ts';
import {openRunSession} from './run-session.ts';

/** The queue that several machines share, and its ledger. */
export interface OpenQueue {
  readonly ledger: SharedLedger;
  readonly queue: PostgresQueue;
  /** In the time of the database server, which all machines share. */
  readonly clock: Clock;
  /** @throws OrchestratorError when another version has changed the database since. */
  checkVersion(): Promise<void>;
  /** Not for those who gave the queue to a worker. */
  close(): Promise<void>;
}

export interface OpenQueueOptions {
  readonly isWorker: boolean;
  readonly times: QueueTimes;
  readonly onError: (error: Error) => void;
  /** As that of the database. */
  readonly patienceMs?: number;
}

export async function openQueue(url: string, options: OpenQueueOptions): Promise<OpenQueue> {
  const [{openPostgres}, {createSharedLedger}, {openPostgresQueue}] = await Promise.all([
    import('../ledger/postgres.ts'),
    import('../ledger/sql-shared-ledger.ts'),
    import('../dispatch/postgres-queue.ts'),
  ]);
  const {isWorker, times, onError, patienceMs} = options;
  const database = await openPostgres(url, {clock: systemClock, ...(patienceMs === undefined ? {} : {patienceMs})});
  try {
    const offsetMs = await database.clockOffsetMs();
    const clock: Clock = {now: () => Math.round(systemClock.now() + offsetMs), sleep: systemClock.sleep};
    const queue = await openPostgresQueue({database, isWorker, onError, ...times});
    return {
      ledger: createSharedLedger(database, clock),
      queue,
      clock,
      checkVersion: () => database.checkVersion(),
      async close() {
        try {
          await queue.close();
        } finally {
          await database.close();
        }
      },
    };
  } catch (error) {
    await database.close();
    throw database.explain(error);
  }
}

/** The schedules of a queue, for one who only looks. */
export async function readQueueSchedules(url: string): Promise<QueueSchedule[]> {
  const [{openPostgres}, {readSchedules}] = await Promise.all([
    import('../ledger/postgres.ts'),
    import('../dispatch/read-schedules.ts'),
  ]);
  const database = await openPostgres(url, {clock: systemClock});
  try {
    return await readSchedules(sql => database.query(sql));
  } finally {
    await database.close();
  }
}

export interface OpenWorkerOptions
  extends OpenQueue,
    Pick<WorkerOptions, 'identity' | 'maxWorkers' | 'labels' | 'times' | 'note' | 'graceMs'> {
  readonly stateDir: string;
  readonly env: Env;
  /** Paths of repos on this machine, by name. */
  readonly paths: ReadonlyMap<string, string>;
  /** Listens to the jobs of a run that this worker executes. */
  readonly reporterFor: (run: RunRecord) => Reporter;
  readonly endRun: (runId: string) => Promise<void>;
}

/** Executes jobs of whatever runs the queue has, as `executeRun` does for one. */
export async function openWorker(options: OpenWorkerOptions): Promise<QueueWorker> {
  const {ledger, stateDir, env, paths, maxWorkers, clock} = options;
  const [{QueueWorker}, {createWorkerSession, assertReadable, localJob}, {unpackSkill}] = await Promise.all([
    import('../dispatch/worker.ts'),
    import('../dispatch/worker-session.ts'),
    import('../skills/skill-content.ts'),
  ]);
  return new QueueWorker({
    ...options,
    async openSession(runId) {
      const run = await ledger.run(runId);
      if (run === undefined) throw new Error(`${runId} is gone`);
      const settings = assertReadable(run, options.identity.version);
      const skills = new Map<string, Skill>();
      for (const {name, digest} of settings.skills) {
        const content = await ledger.skill(digest);
        if (content === undefined) throw new Error(`the queue does not hold its skill "${name}"`);
        skills.set(name, unpackSkill(content, path.join(stateDir, 'skills')));
      }
      const reporter = options.reporterFor(run);
      const parts = await openRunSession({
        ledger,
        run,
        settings,
        // What is read together is planned together, whoever gets which job.
        jobs: (await ledger.jobs(run.id)).map(({job}) => localJob(job, run, paths)),
        skills,
        stateDir,
        env,
        reporter,
        onChange: () => {},
        maxWorkers,
        isShared: true,
        clock,
      });
      return createWorkerSession({run, ledger, parts, reporter, paths});
    },
  });
}
