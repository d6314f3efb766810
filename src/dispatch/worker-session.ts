import {hostname} from 'node:os';
import {OrchestratorError} from '../domain/errors.ts';
import type {Reporter} from '../domain/event.ts';
import type {Job} from '../domain/job.ts';
import {JobFailure} from '../domain/outcome.ts';
import type {RunRecord} from '../domain/run.ts';
import type {Ledger} from '../ledger/ledger.ts';
import {LeaseLost, type SharedLedger, type TakenJob} from '../ledger/shared-ledger.ts';
import {executeJob} from '../run/execute-job.ts';
import type {JobTools} from '../run/job-tools.ts';
import {prepareAhead} from '../run/prepare-ahead.ts';
import type {RunGate} from '../run/run-gate.ts';
import type {RunSettings} from '../run/run-settings.ts';
import type {RunSteering} from '../run/steer-run.ts';
import type {WorkerSession} from './run-sessions.ts';

/** What a worker needs of the run session of the composition root. */
export interface RunParts {
  readonly gate: RunGate;
  readonly steering: RunSteering;
  toolsFor(ledger: Ledger): JobTools;
  close(): Promise<void>;
}

export interface WorkerSessionOptions {
  readonly run: RunRecord;
  readonly ledger: SharedLedger;
  readonly parts: RunParts;
  readonly reporter: Reporter;
  /** Paths of repos on this machine, by their names in its fleet file. */
  readonly paths: ReadonlyMap<string, string>;
}

/** A job that so many workers began and did not live to end or give back is not tried again. */
const maxTakes = 20;
const pausePollMs = 500;

/** Executes jobs of one run as a run of one machine does, with what was recorded for them; the ledger refuses what comes too late. */
export function createWorkerSession({run, ledger, parts, reporter, paths}: WorkerSessionOptions): WorkerSession {
  const {gate, steering} = parts;
  return {
    parallel: (run.settings as RunSettings).parallel,
    async execute(taken, answered, signal) {
      const {lease, job: recorded} = taken;
      const held = ledger.heldBy(lease);
      const tools = parts.toolsFor({
        ...held,
        // An end that only says that this worker had to stop is not the job's.
        finishJob: async (...end) => {
          if (signal.aborted) throw new LeaseLost(lease);
          await held.finishJob(...end);
        },
      });
      const {clock} = tools;
      while (steering.control.paused && gate.jobsClosed === undefined) await clock.sleep(pausePollMs, signal);
      const startedAt = clock.now();
      reporter.report({type: 'job.started', at: startedAt, job: recorded});
      const preparation = prepare(taken, tools);
      // A rejection belongs to whoever executes the job.
      preparation.catch(() => {});
      const detail = await executeJob(
        localJob(recorded, run, paths),
        preparation,
        tools,
        answered,
        AbortSignal.any([steering.signal, signal]),
      );
      reporter.report({type: 'job.finished', at: clock.now(), job: recorded, detail, startedAt});
    },
    close: () => parts.close(),
  };

  async function prepare({job: recorded, takes}: TakenJob, tools: JobTools): ReturnType<typeof prepareAhead> {
    gate.checkJob();
    if (takes > maxTakes) {
      throw new JobFailure('crashed', `It was begun ${maxTakes} times, and no worker that began it came to its end`);
    }
    const job = localJob(recorded, run, paths);
    if (job.path === undefined && job.url === undefined) {
      throw new JobFailure('no-work-tree', `${recorded.repo} is not on this worker (${hostname()})`, {
        next: 'Give it a "url", add it to the fleet file of the workers, or let "needs" choose workers that have it.',
      });
    }
    return await prepareAhead(job, tools).catch(error => {
      throw namePlace(error, job);
    });
  }
}

/** A path of this machine says nothing to whoever reads the results elsewhere, unless both are named. */
function namePlace(error: unknown, {path}: Job): unknown {
  if (!(error instanceof JobFailure) || error.failure.reason !== 'path-missing') return error;
  return new JobFailure('path-missing', `${error.message}: ${path} on ${hostname()}`, {cause: error});
}

/** The path that this machine knows the repo by; that of the planning machine only where it is this one. */
export function localJob(job: Job, run: RunRecord, paths: ReadonlyMap<string, string>): Job {
  const {path: planned, ...rest} = job;
  const known = paths.get(job.repo);
  if (known !== undefined) return {...rest, path: known};
  const {plannedOn} = run.settings as RunSettings;
  return planned !== undefined && plannedOn === hostname() ? job : rest;
}

/** @throws OrchestratorError for a run that another version planned: what it means by a setting may not be what this one does. */
export function assertReadable(run: RunRecord, version: string): RunSettings {
  const settings = run.settings as Partial<RunSettings> | null;
  const planned = settings?.plannedBy ?? version;
  if (settings?.version !== 1 || lineOf(planned) !== lineOf(version)) {
    throw new OrchestratorError('run-other-version', `it was planned by version ${planned}, and this is ${version}`, {
      hint: 'run the same version of orchestrator on every machine',
    });
  }
  return settings as RunSettings;
}

/** Versions of one line fit together: major and minor. */
function lineOf(version: string): string {
  return version.split('.').slice(0, 2).join('.');
}
