/** How a run waits for its batches, milliseconds. */
export interface BatchTimes {
  /** First wait between two questions whether a batch has ended; grows by half each time nothing is new. */
  readonly pollMs: number;
  readonly maxPollMs: number;
  /** A batch that was sent and is not listed after so long was never taken. */
  readonly settleMs: number;
}

export const defaultBatchTimes: BatchTimes = {pollMs: 5_000, maxPollMs: 120_000, settleMs: 60_000};

/** What a batch may hold beside the provider's limits, so that requests and answers of one fit into memory. */
export interface GroupLimits {
  readonly requests: number;
  readonly bytes: number;
}

export const defaultGroupLimits: GroupLimits = {requests: 2_000, bytes: 32_000_000};
