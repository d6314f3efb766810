import {jobLabel} from '../../domain/job.ts';
import type {Ledger} from '../../ledger/ledger.ts';
import {planRetry, retryText} from '../../run/plan-retry.ts';
import {escapeLine} from '../../util/escape-text.ts';
import {noRunsYet, noSuchRun, withLedger} from '../existing-ledger.ts';
import {exampleOf, type FailureGroup, readFailureGroups} from '../failure-groups.ts';
import {findRun} from '../find-run.ts';
import type {Io} from '../io.ts';
import {renderTable} from '../table.ts';

export interface FailuresOptions {
  readonly json?: true;
}

const retryWords = {yes: 'yes', 'after-fix': 'after a fix', no: 'no'} as const;

/** Why jobs of a run failed, cause by cause, and what to do about each. */
export async function failures(io: Io, id: string | undefined, options: FailuresOptions): Promise<number> {
  return await withLedger(
    io,
    async ledger => {
      const [newest] = await ledger.runs({limit: 1});
      if (newest === undefined && id === undefined) return none(io, options);
      const run = await findRun(ledger, id, () => true, 'that could have failed');
      const groups = await readFailureGroups(ledger, run);
      if (options.json) {
        io.out(
          `${JSON.stringify(
            groups.map(group => toJson(run.id, group)),
            undefined,
            2,
          )}\n`,
        );
        return 0;
      }
      if (groups.length === 0) {
        io.out(`${run.id}: nothing failed${await heldText(ledger, run.id)}\n`);
        return 0;
      }
      io.out(
        renderTable(
          [
            {title: 'CAUSE', whole: true},
            {title: 'REPOS', align: 'right'},
            {title: 'RETRY HELPS', whole: true},
            {title: 'FOR EXAMPLE'},
            {title: 'WHAT TO DO'},
          ],
          groups.map(group => [
            group.reason,
            String(new Set(group.jobs.map(({job}) => job.repo)).size),
            retryWords[group.retry],
            exampleOf(group),
            group.next,
          ]),
          io.outIsTerminal ? {columns: io.size().columns} : {},
        ),
      );
      const plan = await planRetry(ledger, run.id, await ledger.jobs(run.id));
      if (plan.again.length > 0) {
        const first = groups.every(({retry}) => retry === 'after-fix') ? 'Once mended' : 'Run again';
        io.out(`${first}: orchestrator retry ${escapeLine(run.id)}\n  ${retryText(plan)}\n`);
      }
      return 0;
    },
    () => {
      if (id !== undefined) throw noSuchRun(id);
      return none(io, options);
    },
  );
}

/** What waits for a person did not fail; it is not done either. */
async function heldText(ledger: Ledger, runId: string): Promise<string> {
  const held = (await ledger.countJobs(runId)).get('held') ?? 0;
  return held === 0 ? '' : `; ${held === 1 ? '1 change is' : `${held} changes are`} held: orchestrator review`;
}

function none(io: Io, {json}: FailuresOptions): number {
  if (json) io.out('[]\n');
  else io.err(noRunsYet);
  return 0;
}

function toJson(run: string, {reason, cause, retry, next, jobs}: FailureGroup): Record<string, unknown> {
  return {run, reason, cause, retry_helps: retry, next, jobs: jobs.map(({job}) => jobLabel(job))};
}
