import {OrchestratorError} from '../domain/errors.ts';
import {jobLabel} from '../domain/job.ts';
import type {JobRecord, RunRecord} from '../domain/run.ts';
import type {Ledger} from '../ledger/ledger.ts';
import {escapeLine} from '../util/escape-text.ts';
import {didYouMean} from '../util/nearest-name.ts';

/** Jobs by id, by skill/repo, or by repo alone. */
export async function findJobs(ledger: Pick<Ledger, 'jobs'>, run: RunRecord, typed: string): Promise<JobRecord[]> {
  const records = await ledger.jobs(run.id);
  const name = typed.startsWith(`${run.id}/`) ? typed.slice(run.id.length + 1) : typed;
  const exact = records.filter(({job}) => [job.id, jobLabel(job), `${job.skill}/${job.repo}`].includes(name));
  const found = exact.length > 0 ? exact : records.filter(({job}) => job.repo === name);
  if (found.length > 0) return found;
  throw new OrchestratorError('unknown-job', `${run.id} has no job "${escapeLine(typed)}"`, {
    hint:
      didYouMean(
        name,
        records.map(({job}) => jobLabel(job)),
      ) ?? `see them with: orchestrator report ${run.id}`,
  });
}
