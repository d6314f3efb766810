import {OrchestratorError} from '../domain/errors.ts';
import type {RunRecord} from '../domain/run.ts';
import type {Ledger} from '../ledger/ledger.ts';
import {didYouMean} from '../util/nearest-name.ts';

/** The run with this id, or the newest that `fits` when none is named. Throws when there is none. */
export async function findRun(
  ledger: Ledger,
  id: string | undefined,
  fits: (run: RunRecord) => boolean,
  what: string,
): Promise<RunRecord> {
  if (id !== undefined) {
    const found = await ledger.run(id);
    if (found !== undefined) return found;
    const known = (await ledger.runs({limit: 200})).map(run => run.id);
    throw new OrchestratorError('unknown-run', `no run "${id}"`, {
      hint: didYouMean(id, known) ?? 'see: orchestrator history',
    });
  }
  for (const run of await ledger.runs({limit: 200})) if (fits(run)) return run;
  throw new OrchestratorError('no-run', `there is no run ${what}`, {hint: 'see: orchestrator history'});
}
