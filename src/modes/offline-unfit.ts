import {JobFailure} from '../domain/outcome.ts';

/** What is read off a repo is the same every time, so a fault in it is no reply that may turn out better. */
export function offlineUnfit(error: unknown): unknown {
  if (!(error instanceof JobFailure)) return error;
  return new JobFailure('offline-unfit', `Without a model it cannot be written: ${error.failure.message}`, {
    cause: error,
  });
}
