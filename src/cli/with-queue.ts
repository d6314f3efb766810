import {type OpenQueue, openQueue} from '../orchestrator/queue.ts';
import type {Io} from './io.ts';
import {queueTimes} from './queue-times.ts';

/** Opens the queue for one who takes no jobs from it, and closes it when `use` has ended. */
export async function withQueue<Result>(
  io: Io,
  url: string,
  use: (opened: OpenQueue) => Promise<Result>,
): Promise<Result> {
  // What goes wrong in the background of one who only looks is nothing that anybody could act on.
  const opened = await openQueue(url, {isWorker: false, times: queueTimes(io), onError: () => {}});
  try {
    return await use(opened);
  } finally {
    await opened.close();
  }
}
