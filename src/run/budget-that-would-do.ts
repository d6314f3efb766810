/** What a run has spent, what is left to do, and what calls cost. US dollars. */
interface BudgetNeeds {
  readonly spentUsd: number;
  /** Jobs that were paid for. */
  readonly paidJobs: number;
  /** Jobs that the budget had no room for. */
  readonly leftJobs: number;
  /** Of the call that did not fit. */
  readonly worstUsd: number;
}

/** A budget for the whole run under which the rest would be done, in cents. A call is reserved at its worst case, and mostly costs far less. */
export function budgetThatWouldDo({spentUsd, paidJobs, leftJobs, worstUsd}: BudgetNeeds): number {
  const each = paidJobs === 0 ? worstUsd : Math.min(worstUsd, (2 * spentUsd) / paidJobs);
  return Math.ceil((spentUsd + leftJobs * each + worstUsd) * 100) / 100;
}
