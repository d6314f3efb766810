import {availableParallelism} from 'node:os';
import {Worker} from 'node:worker_threads';
import {OrchestratorError} from '../../domain/errors.ts';
import {JobFailure} from '../../domain/outcome.ts';
import type {ContextRequest, PackedContext} from './build-repo-context.ts';
import type {ThreadAnswer, ThreadQuestion} from './context-thread.ts';

/** Makes contexts beside the thread that calls models and keeps the ledger, so that neither waits for the other. */
export interface ContextThreads {
  build(request: ContextRequest): Promise<PackedContext>;
  close(): Promise<void>;
}

interface ThreadLimits {
  /** What one thread may keep, default 1 GB. */
  readonly heapMb?: number;
}

export function openContextThreads(gitDirectory: string, {heapMb = 1024}: ThreadLimits = {}): ContextThreads {
  const open = (): ContextThread => new ContextThread(gitDirectory, heapMb);
  const count = Math.min(4, Math.max(1, availableParallelism() - 1));
  const threads = Array.from({length: count}, open);
  let closed = false;
  let suspects: Promise<unknown> = Promise.resolve();

  /** One of several questions has ended a thread. Alone in a thread of its own each shows whether it was that one. */
  const buildAlone = async (request: ContextRequest): Promise<PackedContext> => {
    const thread = open();
    try {
      return await thread.build(request);
    } finally {
      await thread.close();
    }
  };

  return {
    async build(request) {
      const index = threads.reduce((best, thread, at) => (thread.waiting < threads[best]!.waiting ? at : best), 0);
      try {
        return await threads[index]!.build(request);
      } catch (error) {
        if (!(error instanceof ThreadEnded) || closed) throw error;
        if (threads[index]!.hasEnded) threads[index] = open();
        const built = suspects.then(() => buildAlone(request));
        suspects = built.catch(() => {});
        return await built;
      }
    },
    async close() {
      closed = true;
      await Promise.all(threads.map(thread => thread.close()));
    },
  };
}

/** The thread is no more, for a reason that lies in one of the questions it was asked: out of memory, mostly. */
class ThreadEnded extends Error {}

interface Waiting {
  resolve(built: PackedContext): void;
  reject(error: unknown): void;
}

class ContextThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #end: ThreadEnded | undefined;

  constructor(gitDirectory: string, heapMb: number) {
    const file = new URL(
      import.meta.url.endsWith('.ts') ? './context-thread.ts' : './context-thread.js',
      import.meta.url,
    );
    this.#worker = new Worker(file, {
      workerData: {gitDirectory},
      // Texts come and go by the megabyte; without a bound the heap grows to several times what is alive.
      resourceLimits: {maxYoungGenerationSizeMb: 8, maxOldGenerationSizeMb: heapMb},
    });
    this.#worker.on('message', (answer: ThreadAnswer) => this.#settle(answer));
    this.#worker.on('error', error => this.#fail(`the thread that makes contexts ended: ${String(error)}`));
    this.#worker.on('exit', () => this.#fail('the thread that makes contexts ended'));
    // What it is asked for keeps the process alive, the thread does not. After the listeners, since one for messages does.
    this.#worker.unref();
  }

  get hasEnded(): boolean {
    return this.#end !== undefined;
  }

  /** Questions that wait for their answer. */
  get waiting(): number {
    return this.#waiting.size;
  }

  build(request: ContextRequest): Promise<PackedContext> {
    if (this.#end !== undefined) return Promise.reject(this.#end);
    return new Promise((resolve, reject) => {
      const id = ++this.#lastId;
      if (this.#waiting.size === 0) this.#worker.ref();
      this.#waiting.set(id, {resolve, reject});
      this.#worker.postMessage({id, request} satisfies ThreadQuestion);
    });
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
    this.#fail('the thread that makes contexts was closed');
  }

  #settle(answer: ThreadAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (this.#waiting.size === 0) this.#worker.unref();
    if (answer.kind === 'built') waiting?.resolve(answer.built);
    else waiting?.reject(errorOf(answer));
  }

  #fail(message: string): void {
    this.#end ??= new ThreadEnded(message);
    for (const {reject} of this.#waiting.values()) reject(this.#end);
    this.#waiting.clear();
  }
}

function errorOf(answer: Exclude<ThreadAnswer, {kind: 'built'}>): Error {
  switch (answer.kind) {
    case 'failure': {
      const {reason, message, next} = answer.failure;
      return new JobFailure(reason, message, next === undefined ? {} : {next});
    }
    case 'error':
      return new OrchestratorError(answer.code, answer.message, answer.hint === undefined ? {} : {hint: answer.hint});
    case 'crash':
      return Object.assign(new Error(answer.message), {stack: answer.stack ?? answer.message});
    default:
      return answer satisfies never;
  }
}
