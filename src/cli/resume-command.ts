import type {RunRecord} from '../domain/run.ts';
import {knownUsd} from '../domain/usage.ts';
import type {Ledger} from '../ledger/ledger.ts';
import {budgetThatWouldDo} from '../run/budget-that-would-do.ts';

/** How an ended run is gone on with: with a budget that would do, where its own has stopped it. */
export async function resumeCommand(ledger: Ledger, run: Pick<RunRecord, 'id'>): Promise<string> {
  const command = `orchestrator resume ${run.id}`;
  const left = await ledger.jobs(run.id, {status: 'not-started'});
  const shortfalls = left.flatMap(({detail}) =>
    detail?.outcome.status === 'not-started' ? (detail.outcome.shortfall ?? []) : [],
  );
  const ofRun = shortfalls.filter(({scope}) => scope === 'run');
  if (ofRun.length === 0) return command;
  const ended = await ledger.jobs(run.id, {state: 'ended'});
  const {spentUsd} = await ledger.costOfRun(run.id);
  const enough = budgetThatWouldDo({
    spentUsd,
    paidJobs: ended.filter(({detail}) => detail !== undefined && knownUsd(detail.outcome.cost) > 0).length,
    leftJobs: left.length,
    worstUsd: Math.max(...ofRun.map(({worstUsd}) => worstUsd)),
  });
  return `${command} --budget ${enough.toFixed(2)}`;
}
