import {type ChangeSummary, changeStateOf, failsVerify} from '../../domain/change.ts';
import {jobLabel} from '../../domain/job.ts';
import {orderForReview, reviewGroup} from '../../domain/review-order.ts';
import type {Ledger} from '../../ledger/ledger.ts';
import {planRetry, retryText} from '../../run/plan-retry.ts';
import {escapeLine} from '../../util/escape-text.ts';
import {findingText, sizeText, toChangeJson, verifyText} from '../change-text.ts';
import {noSuchRun, withLedger} from '../existing-ledger.ts';
import {readFailureGroups} from '../failure-groups.ts';
import {findRun} from '../find-run.ts';
import type {Io} from '../io.ts';
import type {ReviewQueue} from '../review/review-queue.ts';
import {summaryLines} from '../review/review-screen.ts';
import {renderTable} from '../table.ts';
import {transcriptText} from '../transcript-text.ts';

export interface ReviewOptions {
  readonly skill?: string;
  readonly all?: true;
  readonly list?: true;
  readonly check?: true;
  readonly json?: true;
  readonly content?: true;
}

/** What waits for a decision, of one run or of all: one by one on a terminal, else as a list. */
export async function review(io: Io, run: string | undefined, options: ReviewOptions): Promise<number> {
  return await withLedger(
    io,
    async ledger => {
      if (run !== undefined) await findRun(ledger, run, () => true, '');
      const waiting = await ledger.changes({state: 'to-review', ...(run === undefined ? {} : {runId: run})});
      const listed = options.all ? await ledger.changes(run === undefined ? {} : {runId: run}) : waiting;
      const changes = orderForReview(listed).filter(
        ({skill}) => options.skill === undefined || skill === options.skill,
      );
      const open = changes.filter(change => changeStateOf(change) === 'to-review');
      const onScreen =
        io.canAsk && io.outIsTerminal && !options.list && !options.json && !options.check && !options.all;
      if (onScreen && open.length > 0) return await reviewOnScreen(io, ledger, open);
      if (options.json) {
        const json = changes.map(change => toChangeJson(change, {content: options.content === true}));
        io.out(`${JSON.stringify(json, undefined, 2)}\n`);
      } else {
        await printList(io, ledger, changes);
      }
      return options.check && open.length > 0 ? 1 : 0;
    },
    () => {
      if (run !== undefined) throw noSuchRun(run);
      if (options.json) io.out('[]\n');
      else io.out('nothing to review; no runs yet: orchestrator demo, or: orchestrator init\n');
      return 0;
    },
  );
}

async function reviewOnScreen(io: Io, ledger: Ledger, changes: readonly ChangeSummary[]): Promise<number> {
  const [{reviewChanges}, {openReviewTerminal}] = await Promise.all([
    import('../review/review-loop.ts'),
    import('../review/review-terminal.ts'),
  ]);
  const terminal = openReviewTerminal(io);
  let queue: ReviewQueue;
  try {
    queue = await reviewChanges(ledger, changes, terminal, (runId, job) => transcriptText(io.stateDir, runId, job));
  } finally {
    terminal.close();
  }
  io.out(`${summaryLines(queue, await nextSteps(ledger)).join('\n')}\n`);
  return 0;
}

/** One line a change, the same change in several repos under one head; what failed, and what to do, at the end. */
async function printList(io: Io, ledger: Ledger, changes: readonly ChangeSummary[]): Promise<void> {
  if (changes.length === 0) io.out('nothing to review\n');
  else {
    io.out(
      renderTable(
        [
          {title: 'CHANGE', whole: true},
          {title: 'SIZE', whole: true},
          {title: 'STATE', whole: true},
          {title: 'SAME AS'},
          {title: 'FLAGS'},
        ],
        changes.map((change, index) => listCells(change, changes[index - 1])),
        io.outIsTerminal ? {columns: io.size().columns} : {},
      ),
    );
    io.out('\n');
  }
  for (const step of await nextSteps(ledger)) io.out(`next  ${step}\n`);
}

function listCells(change: ChangeSummary, before: ChangeSummary | undefined): string[] {
  const isSame = before !== undefined && reviewGroup(before) === reviewGroup(change);
  const [finding] = change.findings;
  const more = change.findings.length > 1 ? ` (and ${change.findings.length - 1} more)` : '';
  const failed = change.verified.filter(failsVerify).map(verifyText);
  return [
    jobLabel(change),
    sizeText(change),
    changeStateOf(change),
    isSame ? 'the line above' : '',
    [...(finding === undefined ? [] : [`${findingText(finding)}${more}`]), ...failed].join('; '),
  ];
}

/** Deliver what is accepted, look at what failed in the newest run, decide on what is left. */
async function nextSteps(ledger: Ledger): Promise<string[]> {
  const counts = await ledger.countChanges();
  const toReview = counts.get('to-review') ?? 0;
  const toDeliver = counts.get('to-deliver') ?? 0;
  const [newest] = await ledger.runs({limit: 1});
  const groups = newest === undefined ? [] : await readFailureGroups(ledger, newest);
  const plan =
    newest === undefined || ledger.isHeld(newest)
      ? undefined
      : await planRetry(ledger, newest.id, await ledger.jobs(newest.id));
  const failed = groups.map(({reason, jobs}) => `${jobs.length} ${escapeLine(reason)}`).join(', ');
  return [
    ...(toReview > 0 ? [`orchestrator review       ${toReview} to review`] : []),
    ...(toDeliver > 0 ? [`orchestrator deliver      ${toDeliver} accepted`] : []),
    ...(groups.length > 0 ? [`orchestrator failures     ${failed}`] : []),
    ...(plan === undefined || plan.again.length === 0 ? [] : [`orchestrator retry        ${retryText(plan)}`]),
  ];
}
