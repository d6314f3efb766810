import {OrchestratorError} from '../../domain/errors.ts';
import {openLedger} from '../../orchestrator/open-ledger.ts';
import {countOf} from '../../util/count-of.ts';
import type {Io} from '../io.ts';
import {packageVersion} from '../package-version.ts';
import {type Check, failure, ok, warning} from './check.ts';

/** Whether the queue answers, and who takes jobs from it; nothing where none is named. */
export async function checkQueue(io: Io): Promise<Check[]> {
  if (io.queue === undefined) return [];
  const ledger = openLedger(io.stateDir, io.queue);
  try {
    const workers = await ledger.workers();
    const going = (await ledger.runs({state: 'running'})).length;
    const own = packageVersion();
    const others = workers.filter(({version}) => version !== own);
    return [
      workers.length === 0
        ? warning('queue', `answers; no worker is alive, ${countOf(going, 'run')} going on`, 'orchestrator worker')
        : ok('queue', `${countOf(workers.length, 'worker')} alive, ${countOf(going, 'run')} going on`),
      ...others.map(({id, version}) =>
        warning('worker', `${id} has version ${version}, and this is ${own}`, 'run the same version on every machine'),
      ),
      ...workers.flatMap(({id, troubles}) =>
        troubles.map(({runId, message}) =>
          warning('worker', `${id} cannot execute ${runId}: ${message}`, 'see its log'),
        ),
      ),
    ];
  } catch (error) {
    if (!(error instanceof OrchestratorError)) throw error;
    return [failure('queue', error.message, error.hint ?? 'correct --queue or ORCHESTRATOR_QUEUE')];
  } finally {
    await ledger.close();
  }
}
