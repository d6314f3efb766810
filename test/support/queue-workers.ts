import type {JobQueue} from '../../src/dispatch/job-queue.ts';
import type {WorkerSession} from '../../src/dispatch/run-sessions.ts';
import {dueFirst} from '../../src/dispatch/tend-run.ts';
import {QueueWorker} from '../../src/dispatch/worker.ts';
import type {Job} from '../../src/domain/job.ts';
import {queueHolder, type RunRecord} from '../../src/domain/run.ts';
import {noUsage} from '../../src/domain/usage.ts';
import type {JobEnd} from '../../src/ledger/ledger.ts';
import type {TakenJob} from '../../src/ledger/shared-ledger.ts';
import {type OpenQueue, openQueue} from '../../src/orchestrator/queue.ts';
import type {RunSettings} from '../../src/run/run-settings.ts';
import {makeRun} from './make-run.ts';

const times = {heartbeatSeconds: 10, monitorSeconds: 1};

export const unchangedEnd: JobEnd = {
  detail: {
    outcome: {status: 'unchanged', files: [], usage: noUsage, cost: {usd: 0}},
    heldBack: [],
    leftOut: {},
    replayed: false,
    attempts: 0,
  },
};

export interface WorkerRigOptions {
  readonly name: string;
  readonly labels?: readonly string[];
  readonly maxWorkers?: number;
  /** Default: there is nothing to open. */
  readonly open?: (runId: string) => Promise<void>;
  /** Default: the job ends unchanged. */
  readonly execute?: (taken: TakenJob, signal: AbortSignal) => Promise<void>;
  readonly patienceMs?: number;
  /** What is done before the end of a run is recorded. */
  readonly beforeEnd?: () => Promise<void>;
}

export interface WorkerRig extends AsyncDisposable {
  readonly notes: readonly string[];
  /** How it ended by itself; pending while it goes on. */
  readonly ended: Promise<unknown>;
}

/** The worker itself on a real queue, with jobs that take no repo and no model. */
export async function openWorkerRig(url: string, options: WorkerRigOptions): Promise<WorkerRig> {
  const notes: string[] = [];
  const opened = await openQueue(url, {
    isWorker: true,
    times,
    onError: error => notes.push(`queue: ${error.message}`),
    ...(options.patienceMs === undefined ? {} : {patienceMs: options.patienceMs}),
  });
  const {ledger} = opened;
  const worker = new QueueWorker({
    ...opened,
    identity: {id: options.name, host: 'host', pid: 1, version: '0.1.0'},
    maxWorkers: options.maxWorkers ?? 2,
    labels: options.labels ?? [],
    times,
    graceMs: 1_000,
    note: (_level, text) => notes.push(text),
    openSession: async (runId): Promise<WorkerSession> => {
      await options.open?.(runId);
      const run = await ledger.run(runId);
      return {
        parallel: (run!.settings as RunSettings).parallel,
        async execute(taken, _answered, signal) {
          await options.execute?.(taken, signal);
          await ledger.heldBy(taken.lease).finishJob(runId, taken.job, unchangedEnd);
        },
        close: async () => {},
      };
    },
    endRun: async runId => {
      await options.beforeEnd?.();
      await ledger.endSharedRun(runId, {state: 'finished', exitCode: 0});
    },
  });
  const ended = worker.run().then(
    () => undefined,
    error => error as unknown,
  );
  return {
    notes,
    ended,
    async [Symbol.asyncDispose]() {
      worker.giveUp();
      await ended;
      await opened.close();
    },
  };
}

/** Who puts runs into the queue and looks at them. */
export async function openCoordinator(url: string): Promise<OpenQueue & AsyncDisposable> {
  const opened = await openQueue(url, {isWorker: false, times, onError: () => {}});
  return {...opened, [Symbol.asyncDispose]: () => opened.close()};
}

export async function startQueued(
  {ledger, queue}: {ledger: OpenQueue['ledger']; queue: Pick<JobQueue, 'enqueue'>},
  id: string,
  jobs: readonly Job[],
  fields: Partial<RunRecord> & {readonly parallel?: boolean} = {},
): Promise<RunRecord> {
  const {parallel = true, ...rest} = fields;
  const settings = {version: 1, parallel} as Partial<RunSettings>;
  const run = makeRun(id, {claim: id, holder: queueHolder, startedAt: Date.now(), settings, ...rest});
  const enqueue = await queue.enqueue(id, dueFirst({parallel}, jobs));
  await ledger.startSharedRun(run, jobs, [], enqueue);
  return run;
}

export async function untilSo(isSo: () => boolean | Promise<boolean>, ms = 30_000): Promise<void> {
  for (const end = Date.now() + ms; !(await isSo()); ) {
    if (Date.now() > end) throw new Error('it never came');
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}
