import {randomBytes} from 'node:crypto';
import {hostname} from 'node:os';
import path from 'node:path';
import {findFleetFile} from '../../config/find-files.ts';
import {ConfigurationError, OrchestratorError} from '../../domain/errors.ts';
import type {Reporter} from '../../domain/event.ts';
import type {RunRecord} from '../../domain/run.ts';
import {openQueue, openWorker} from '../../orchestrator/queue.ts';
import {formatLogLine} from '../../report/log-line.ts';
import {openFleet} from '../../run/open-fleet.ts';
import {countOf} from '../../util/count-of.ts';
import {escapeLine} from '../../util/escape-text.ts';
import {makeFolder} from '../../util/make-folder.ts';
import {endQueuedRun} from '../end-queued-run.ts';
import type {Io} from '../io.ts';
import {packageVersion} from '../package-version.ts';
import {parseCount} from '../parse-count.ts';
import {queueTimes} from '../queue-times.ts';

export interface WorkerCommandOptions {
  readonly maxWorkers?: string;
  readonly labels?: string;
  readonly fleet?: string;
  readonly grace?: string;
}

const defaultMaxWorkers = '5';
const defaultGrace = '60';

/** Executes jobs of the queue until it is told to end: SIGTERM or SIGINT lets jobs under way end, the second gives them back. */
export async function worker(io: Io, options: WorkerCommandOptions): Promise<number> {
  if (io.queue === undefined) {
    throw new OrchestratorError('no-queue', 'a worker needs the queue that it takes jobs from', {
      hint: 'give --queue postgres://user:password@host:5432/database, or set ORCHESTRATOR_QUEUE',
    });
  }
  const maxWorkers = parseCount('--max-workers', options.maxWorkers ?? defaultMaxWorkers);
  const graceMs = parseCount('--grace', options.grace ?? defaultGrace) * 1000;
  const labels = parseLabels(options.labels);
  const paths = repoPaths(io, options.fleet);
  const times = queueTimes(io);
  makeFolder(io.stateDir, 0o700);
  const say = (level: 'info' | 'warn', text: string): void =>
    io.out(`${new Date().toISOString()} ${level.toUpperCase().padEnd(4)} ${escapeLine(text)}\n`);
  const opened = await openQueue(io.queue, {
    isWorker: true,
    times,
    onError: error => say('warn', `queue: ${error.message}`),
  });
  const id = `${hostname()}-${process.pid}-${randomBytes(3).toString('hex')}`;
  const queueWorker = await openWorker({
    ...opened,
    identity: {id, host: hostname(), pid: process.pid, version: packageVersion()},
    maxWorkers,
    labels,
    times,
    graceMs,
    note: say,
    stateDir: io.stateDir,
    env: io.env,
    paths,
    reporterFor: run => lineReporter(io, run),
    endRun: runId => endQueuedRun(io, opened.ledger, runId, run => lineReporter(io, run)),
  });
  let signals = 0;
  const onSignal = (signal: NodeJS.Signals): void => {
    signals++;
    if (signals === 1) {
      say('warn', `${signal}: no new job, jobs under way may end; once more to give them back`);
      queueWorker.drain();
    } else queueWorker.giveUp();
    // Whatever hangs: other workers take over what this one leaves.
    if (signals > 1) setTimeout(() => process.exit(1), 5_000).unref();
  };
  const onHangUp = (): void => {};
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal).on('SIGHUP', onHangUp);
  say(
    'info',
    `worker ${id} takes up to ${countOf(maxWorkers, 'job')} at once${labels.length === 0 ? '' : `, labels ${labels.join(',')}`}; ${countOf(paths.size, 'repo')} by path`,
  );
  try {
    await queueWorker.run();
    say('info', `worker ${id} has ended`);
    return 0;
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal).off('SIGHUP', onHangUp);
    await opened.close().catch(() => {});
  }
}

function parseLabels(text: string | undefined): string[] {
  const labels = (text ?? '').split(',').filter(label => label !== '');
  const wrong = labels.find(label => !/^[a-z0-9][a-z0-9_-]{0,39}$/.test(label));
  if (wrong !== undefined) {
    throw new OrchestratorError('bad-flag', `--labels — ${JSON.stringify(wrong)} is not a label`, {
      hint: 'labels are small letters, digits, "-" and "_", separated by commas: --labels gpu,eu',
    });
  }
  return labels;
}

/** Repos that this machine has a path for, from its fleet file; a worker needs none when repos have a url. */
function repoPaths(io: Io, fleetFile: string | undefined): ReadonlyMap<string, string> {
  const sources = {cwd: io.cwd, home: io.home, env: io.env, orchestratorHome: io.stateDir};
  const file = fleetFile === undefined ? findFleetFile(sources) : path.resolve(io.cwd, fleetFile);
  const {fleet, problems} = openFleet(file === undefined ? {} : {fleetFile: file}, sources);
  if (problems.length > 0) throw new ConfigurationError(problems);
  return new Map(fleet.repos.flatMap(repo => (repo.path === undefined ? [] : [[repo.name, repo.path]])));
}

function lineReporter(io: Io, run: RunRecord): Reporter {
  return {report: event => io.out(`${formatLogLine(run.id, event)}\n`), close: async () => {}};
}
