import picomatch from 'picomatch';
import {type ChangeState, type ChangeSummary, changeStateOf} from '../domain/change.ts';
import {OrchestratorError} from '../domain/errors.ts';
import {jobLabel} from '../domain/job.ts';
import {reviewGroup} from '../domain/review-order.ts';
import type {Ledger} from '../ledger/ledger.ts';
import {didYouMean} from '../util/nearest-name.ts';
import {quoteText} from '../util/quote-text.ts';

export interface ChangeSelection {
  /** Labels, repos, globs of repos, runs, `run/label`, or the first 8 or more digits of a patch id. */
  readonly names: readonly string[];
  readonly run?: string;
  readonly skill?: string;
}

export interface SelectedChanges {
  readonly changes: readonly ChangeSummary[];
  /** Each was named by itself, or by a patch that is judged alike wherever it is: nothing came along that the person did not think of. */
  readonly isExact: boolean;
}

/** Run by run, in each by repo and skill: the same order however fast the jobs were. */
export function inOrder(changes: readonly ChangeSummary[]): ChangeSummary[] {
  const key = ({runId, repo, skill}: ChangeSummary): string => `${runId}\n${repo}\n${skill}`;
  return [...changes].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

/**
 * The changes that are meant: without names all in the first of `states`, as with a pattern; what is named by itself
 * may be in any of them. Throws when a name fits none.
 */
export async function selectChanges(
  ledger: Ledger,
  selection: ChangeSelection,
  states: readonly ChangeState[],
): Promise<SelectedChanges> {
  const {names, run, skill} = selection;
  const known: ChangeSummary[] = [];
  for (const state of states)
    known.push(...(await ledger.changes({state, ...(run === undefined ? {} : {runId: run})})));
  const pool = known.filter(change => skill === undefined || change.skill === skill);
  const inFirst = (change: ChangeSummary): boolean => changeStateOf(change) === states[0];
  if (names.length === 0) return {changes: inOrder(pool.filter(inFirst)), isExact: false};
  const found = new Set<ChangeSummary>();
  let isExact = true;
  for (const name of names) {
    const exact = pool.filter(change => isNamed(change, name));
    const fitting = exact.length > 0 ? exact : pool.filter(change => inFirst(change) && fits(change, name));
    if (fitting.length === 0) throw await unknownChange(ledger, name, pool, states);
    if (exact.length === 0 || isJudgedApart(exact, name)) isExact = false;
    for (const change of fitting) found.add(change);
  }
  return {changes: inOrder([...found]), isExact};
}

function isNamed(change: ChangeSummary, typed: string): boolean {
  const name = withoutRun(change, typed);
  if (name === undefined) return false;
  return name === jobLabel(change) || name === change.repo || name === change.jobId || isPatchId(change, name);
}

/** A patch has one name for all repos, though a test may fail with it in one of them. */
function isJudgedApart(named: readonly ChangeSummary[], typed: string): boolean {
  const byPatch = named.filter(change => isPatchId(change, withoutRun(change, typed) ?? ''));
  return new Set(byPatch.map(reviewGroup)).size > 1;
}

function isPatchId({change}: ChangeSummary, name: string): boolean {
  return /^[0-9a-f]{8,64}$/.test(name) && change.patchId.startsWith(name);
}

function fits(change: ChangeSummary, typed: string): boolean {
  if (typed === change.runId) return true;
  const name = withoutRun(change, typed);
  if (name === undefined || !picomatch.scan(name).isGlob) return false;
  const matches = picomatch(name, {dot: true, nonegate: true});
  return matches(change.repo) || matches(jobLabel(change));
}

/** What is behind the run in `r-20251201-020000-7f3a/skill/repo`; undefined when that is another run. */
function withoutRun({runId}: ChangeSummary, typed: string): string | undefined {
  if (!/^r-\d{8}-\d{6}-[0-9a-f]{4}\//.test(typed)) return typed;
  return typed.startsWith(`${runId}/`) ? typed.slice(runId.length + 1) : undefined;
}

const stateWords: Readonly<Record<ChangeState, string>> = {
  'to-review': 'waits for a decision',
  'to-deliver': 'was accepted and waits to be delivered',
  rejected: 'was rejected',
  delivered: 'was delivered',
  superseded: 'was replaced by a later one',
};

async function unknownChange(
  ledger: Ledger,
  name: string,
  pool: readonly ChangeSummary[],
  states: readonly ChangeState[],
): Promise<OrchestratorError> {
  const [other] = (await ledger.changes()).filter(change => isNamed(change, name)).reverse();
  if (other !== undefined && !states.includes(changeStateOf(other))) {
    const at = changeStateOf(other);
    return new OrchestratorError('change-elsewhere', `the change of ${quoteText(name)} ${stateWords[at]}`, {
      hint: `see it with: orchestrator diff ${other.runId}/${other.jobId}`,
    });
  }
  return new OrchestratorError('unknown-change', `no change fits ${quoteText(name)}`, {
    hint: didYouMean(name, [...pool.map(jobLabel), ...pool.map(({repo}) => repo)]) ?? 'see: orchestrator review',
  });
}
