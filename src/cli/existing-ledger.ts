import {existsSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {OrchestratorError} from '../domain/errors.ts';
import type {Ledger} from '../ledger/ledger.ts';
import {openLedger} from '../orchestrator/open-ledger.ts';
import type {Io} from './io.ts';

/** What `look` finds in the ledger of this machine, or of the queue; `without` when there is none yet. Looking never makes one on this machine. */
export async function withLedger<Result>(
  io: Io,
  look: (ledger: Ledger) => Promise<Result>,
  without: () => Result | Promise<Result>,
): Promise<Result> {
  if (io.queue === undefined && !existsSync(path.join(io.stateDir, 'state.db'))) return await without();
  const ledger = openLedger(io.stateDir, io.queue);
  try {
    return await look(ledger);
  } finally {
    await ledger.close();
  }
}

/** As `withLedger`, with an empty ledger where there is none yet; it is gone afterwards. */
export async function withAnyLedger<Result>(io: Io, look: (ledger: Ledger) => Promise<Result>): Promise<Result> {
  return await withLedger(io, look, async () => {
    const scratch = mkdtempSync(path.join(tmpdir(), 'orchestrator-ledger-'));
    const empty = openLedger(scratch);
    try {
      return await look(empty);
    } finally {
      await empty.close();
      rmSync(scratch, {recursive: true, force: true});
    }
  });
}

export const noRunsYet = 'no runs yet; try: orchestrator demo, or: orchestrator init\n';

/** For a run that was named where there is no ledger. */
export function noSuchRun(id: string): OrchestratorError {
  return new OrchestratorError('unknown-run', `no run "${id}"`, {hint: 'there are no runs on this machine yet'});
}
