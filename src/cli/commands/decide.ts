import {type ChangeSummary, changeStateOf, type Decision, rejectReasons} from '../../domain/change.ts';
import {OrchestratorError} from '../../domain/errors.ts';
import {jobLabel} from '../../domain/job.ts';
import {isFlagged} from '../../domain/review-order.ts';
import type {Ledger} from '../../ledger/ledger.ts';
import {decideChanges} from '../../run/decide-changes.ts';
import {systemClock} from '../../util/clock.ts';
import {escapeLine} from '../../util/escape-text.ts';
import {quoteText} from '../../util/quote-text.ts';
import {sizeText, toChangeJson} from '../change-text.ts';
import {withLedger} from '../existing-ledger.ts';
import type {Io} from '../io.ts';
import {openPrompts} from '../prompts.ts';
import {selectChanges} from '../select-changes.ts';

export interface DecideOptions {
  readonly all?: true;
  readonly run?: string;
  readonly skill?: string;
  readonly yes?: true;
  readonly json?: true;
  /** Also those that have findings, where a pattern means many. */
  readonly flagged?: true;
}

export interface RejectOptions extends DecideOptions {
  readonly why?: string;
  readonly text?: string;
}

/** Says that changes may leave; nothing leaves before `deliver`. */
export async function accept(io: Io, names: readonly string[], options: DecideOptions): Promise<number> {
  return await decide(io, names, options, 'accept', () => ({kind: 'accepted', at: systemClock.now()}));
}

/** Says that changes may not leave; the same change is not proposed to the same repo again. */
export async function reject(io: Io, names: readonly string[], options: RejectOptions): Promise<number> {
  const why = rejectReasons.find(reason => reason === (options.why ?? 'unwanted'));
  if (why === undefined) {
    throw new OrchestratorError('bad-flag', `--why ${quoteText(options.why ?? '')} is not a reason`, {
      hint: `one of ${rejectReasons.join(', ')}`,
    });
  }
  const {text} = options;
  return await decide(io, names, options, 'reject', () => ({
    kind: 'rejected',
    at: systemClock.now(),
    why,
    ...(text === undefined ? {} : {text}),
  }));
}

async function decide(
  io: Io,
  names: readonly string[],
  options: DecideOptions,
  verb: 'accept' | 'reject',
  decision: () => Decision,
): Promise<number> {
  if (names.length === 0 && !options.all) {
    throw new OrchestratorError('nothing-named', `${verb} what?`, {
      hint: `name a repo or skill/repo, or say --all; what waits: orchestrator review`,
    });
  }
  return await withLedger(
    io,
    async ledger => {
      const {run, skill} = options;
      const selection = {names, ...(run === undefined ? {} : {run}), ...(skill === undefined ? {} : {skill})};
      const selected = await selectChanges(ledger, selection, ['to-review', 'to-deliver', 'rejected']);
      const leavesFlagged = verb === 'accept' && !selected.isExact && !options.flagged;
      const meant = leavesFlagged ? selected.changes.filter(change => !isFlagged(change)) : selected.changes;
      const left = selected.changes.length - meant.length;
      if (left > 0) {
        io.err(
          `${left === 1 ? '1 change with findings is' : `${left} changes with findings are`} left to be looked at: orchestrator review; or add --flagged\n`,
        );
      }
      if (!selected.isExact && meant.length > 0 && !options.yes) await confirm(io, verb, meant);
      const decided = await record(ledger, meant, decision());
      if (options.json) {
        io.out(
          `${JSON.stringify(
            decided.map(change => toChangeJson(change, {content: false})),
            undefined,
            2,
          )}\n`,
        );
      } else {
        const word = verb === 'accept' ? 'accepted' : 'rejected';
        for (const change of decided) io.out(`${word}  ${escapeLine(jobLabel(change))}  ${sizeText(change)}\n`);
        if (decided.length === 0 && left === 0) io.err('nothing waits for a decision\n');
        else if (decided.length > 0 && verb === 'accept') io.err('next     orchestrator deliver\n');
      }
      return 0;
    },
    () => {
      if (names.length > 0) {
        throw new OrchestratorError('unknown-change', `no change fits ${quoteText(names[0]!)}`, {
          hint: 'there are no runs on this machine yet',
        });
      }
      if (options.json) io.out('[]\n');
      else io.err('nothing waits for a decision\n');
      return 0;
    },
  );
}

async function confirm(io: Io, verb: string, changes: readonly ChangeSummary[]): Promise<void> {
  if (!io.canAsk) {
    throw new OrchestratorError('needs-yes', `${verb} ${changes.length} changes? Nobody can be asked here`, {
      hint: 'add --yes',
    });
  }
  const prompts = await openPrompts();
  for (const change of changes.slice(0, 20)) prompts.note(`${escapeLine(jobLabel(change))}  ${sizeText(change)}`);
  if (changes.length > 20) prompts.note(`and ${changes.length - 20} more`);
  if (!(await prompts.confirm(`${verb} ${changes.length} changes?`))) {
    throw new OrchestratorError('cancelled', 'nothing was decided');
  }
}

/** Those that were decided, as they are now. */
async function record(ledger: Ledger, changes: readonly ChangeSummary[], decision: Decision): Promise<ChangeSummary[]> {
  const decided = await decideChanges(ledger, changes, decision);
  return decided.map(change => ({...change, decision})).filter(change => changeStateOf(change) !== 'delivered');
}
