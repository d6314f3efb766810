import {noControl, type RunRecord} from '../../src/domain/run.ts';
import {ownProcess} from '../../src/util/process-identity.ts';

/** A run that this process holds, for tests that care about a few of its fields. */
export function makeRun(id: string, fields: Partial<RunRecord> = {}): RunRecord {
  return {
    id,
    claim: 'claim',
    state: 'running',
    holder: ownProcess(),
    heartbeatAt: 0,
    startedAt: 0,
    command: [],
    settings: {},
    control: noControl,
    resultsFile: `/${id}.json`,
    ...fields,
  };
}
