import type {Change, PolicyFinding} from '../domain/change.ts';
import {JobFailure} from '../domain/outcome.ts';
import type {Ledger} from '../ledger/ledger.ts';
import {quoteText} from '../util/quote-text.ts';

/** @throws JobFailure `held-for-review` when there are findings, and no person has let this very change through. */
export async function assertApproved(
  {patchId}: Pick<Change, 'patchId'>,
  repoKey: string,
  findings: readonly PolicyFinding[],
  ledger: Pick<Ledger, 'isAccepted'>,
): Promise<void> {
  if (findings.length === 0 || (await ledger.isAccepted(repoKey, patchId))) return;
  throw new JobFailure('held-for-review', describeFindings(findings));
}

function describeFindings(findings: readonly PolicyFinding[]): string {
  const [first] = findings;
  const more = findings.length === 1 ? '' : `, and ${findings.length - 1} more`;
  return `${first!.path === undefined ? '' : `${quoteText(first!.path)}: `}${first!.detail}${more}`;
}
