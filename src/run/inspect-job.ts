import type {Job} from '../domain/job.ts';
import type {InputParts} from '../ledger/ledger.ts';
import {changedParts, comparedParts} from './inputs.ts';
import {type PrepareTools, prepareJob} from './prepare-job.ts';

/** Why a job would run or be skipped now. */
export interface Inspection {
  readonly upToDate: boolean;
  /** Run whose result still holds, or was the last to be remembered. */
  readonly since?: string;
  /** Names of the inputs that differ from those of the remembered result. */
  readonly changed: readonly string[];
  readonly same: readonly string[];
  /** Files that the remembered result left in the repo and that are not as they were left. */
  readonly touched: readonly string[];
}

/** Asks exactly what a run asks, and then for the names of what differs. Calls no model and writes nothing. */
export async function inspectJob(job: Job, tools: PrepareTools): Promise<Inspection> {
  const preparation = await prepareJob(job, tools);
  if (preparation.kind === 'ended') {
    const {outcome} = preparation;
    return {
      upToDate: true,
      ...(outcome.status === 'up-to-date' ? {since: outcome.since} : {}),
      changed: [],
      same: comparedParts,
      touched: [],
    };
  }
  const {repo, inputs, built} = preparation.prepared;
  try {
    const memory = await tools.ledger.memory(repo.key, job.skill, job.outputPattern);
    if (memory === undefined) return {upToDate: false, changed: [], same: [], touched: []};
    const touched: string[] = [];
    for (const [path, blob] of Object.entries(memory.files)) {
      const inPlace =
        repo.workTree === undefined
          ? built.entries.get(path)?.id === blob
          : await tools.holdsBlob(repo.workTree, path, blob);
      if (!inPlace) touched.push(path);
    }
    return {upToDate: false, since: memory.runId, ...compare(memory.inputs, inputs), touched};
  } finally {
    repo.release();
  }
}

function compare(before: InputParts, after: InputParts): {changed: readonly string[]; same: readonly string[]} {
  const changed = changedParts(before, after);
  return {changed, same: comparedParts.filter(name => !changed.includes(name))};
}
