import {setImmediate} from 'node:timers/promises';

/** What others wait at most before they get a turn, milliseconds. */
const longestMs = 15;

/** For long work that is not waiting for anything: to be awaited at every step, it lets others have a turn every now and then, and throws when the signal has aborted. */
export function takeRests(signal?: AbortSignal): () => Promise<void> | undefined {
  let since = performance.now();
  return () => {
    if (performance.now() - since < longestMs) return undefined;
    return setImmediate().then(() => {
      signal?.throwIfAborted();
      since = performance.now();
    });
  };
}
