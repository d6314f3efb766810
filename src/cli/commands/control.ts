import {OrchestratorError} from '../../domain/errors.ts';
import type {Reporter} from '../../domain/event.ts';
import {isQueued, type RunControl, type RunRecord} from '../../domain/run.ts';
import {openLedger} from '../../orchestrator/open-ledger.ts';
import {escapeLine} from '../../util/escape-text.ts';
import {didYouMean} from '../../util/nearest-name.ts';
import {findRun} from '../find-run.ts';
import type {Io} from '../io.ts';
import {queueFlag} from '../queue-flag.ts';

export async function stop(io: Io, id: string | undefined, options: {now?: true}): Promise<number> {
  return await change(
    io,
    id,
    {stop: options.now ? 'now' : 'gracefully'},
    options.now
      ? 'is asked to stop at once'
      : `is asked to stop: no new job, calls in flight may end; then: orchestrator resume${queueFlag(io)}`,
  );
}

export async function pause(io: Io, id: string | undefined): Promise<number> {
  return await change(io, id, {paused: true}, 'starts no new job until: orchestrator resume');
}

export async function set(io: Io, settings: readonly string[], options: {run?: string}): Promise<number> {
  const changes: {maxWorkers?: number; budgetUsd?: number} = {};
  for (const setting of settings) {
    const [name = '', text = ''] = setting.split('=');
    const value = Number(text);
    if (name === 'max_workers' && Number.isInteger(value) && value >= 1) changes.maxWorkers = value;
    else if (name === 'budget' && text !== '' && Number.isFinite(value) && value >= 0) changes.budgetUsd = value;
    else {
      throw new OrchestratorError('bad-setting', `"${setting}" is not a setting of a run`, {
        hint: didYouMean(name, ['max_workers', 'budget']) ?? 'max_workers=N (at least 1) or budget=USD',
      });
    }
  }
  return await change(io, options.run, changes, `gets ${settings.join(', ')}`);
}

async function change(io: Io, id: string | undefined, control: Partial<RunControl>, text: string): Promise<number> {
  const ledger = openLedger(io.stateDir, io.queue);
  try {
    const run = await findRun(ledger, id, candidate => ledger.isHeld(candidate), 'that goes on');
    if (!ledger.isHeld(run))
      throw new OrchestratorError('run-ended', `${run.id} is not running`, {hint: 'see: orchestrator status'});
    if (control.maxWorkers !== undefined && isQueued(run)) {
      throw new OrchestratorError('bad-setting', `max_workers has no effect on ${run.id}: its workers have their own`, {
        hint: 'start more of them, or with another --max-workers',
      });
    }
    await ledger.control(run.id, control);
    io.out(`${run.id} ${text}\n`);
    if (control.stop !== undefined && isQueued(run)) await stopWaiting(io, run);
    return 0;
  } finally {
    await ledger.close();
  }
}

/** Jobs in the queue that nobody is at need no worker to end. */
async function stopWaiting(io: Io, {id}: RunRecord): Promise<void> {
  if (io.queue === undefined) return;
  const [{withQueue}, {endWithoutWorkers}] = await Promise.all([
    import('../with-queue.ts'),
    import('../end-queued-run.ts'),
  ]);
  await withQueue(io, io.queue, async ({ledger, clock}) => {
    const run = await ledger.run(id);
    if (run === undefined) return;
    await endWithoutWorkers(io, ledger, run, {nowMs: clock.now(), reporterFor: () => errorReporter(io)});
    const {state} = (await ledger.run(id)) ?? run;
    if (state !== 'running') io.out(`${id} has stopped; no worker was at it\n`);
  });
}

/** What could not be sent to those who want to know of the end. */
function errorReporter(io: Io): Reporter {
  return {
    report(event) {
      if (event.type === 'run.noted') io.err(`${escapeLine(event.text)}\n`);
    },
    close: async () => {},
  };
}
