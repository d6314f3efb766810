import type {ChangeRecord, Decision} from '../domain/change.ts';
import type {Ledger} from '../ledger/ledger.ts';

/** Records the decision on changes of any runs. Those that are gone, or can be decided on no more, are left out of the answer. */
export async function decideChanges<Named extends Pick<ChangeRecord, 'runId' | 'jobId'>>(
  ledger: Pick<Ledger, 'decide'>,
  changes: readonly Named[],
  decision: Decision,
): Promise<Named[]> {
  const decided: Named[] = [];
  for (const [runId, ofRun] of Map.groupBy(changes, change => change.runId)) {
    const jobIds = ofRun.map(({jobId}) => jobId);
    const ids = new Set(await ledger.decide(runId, jobIds, decision));
    decided.push(...ofRun.filter(({jobId}) => ids.has(jobId)));
  }
  return decided;
}
