import {setImmediate} from 'node:timers/promises';
import {parentPort, workerData} from 'node:worker_threads';
import {OrchestratorError} from '../../domain/errors.ts';
import {JobFailure} from '../../domain/outcome.ts';
import {type ObjectStore, openObjectStore} from '../../workspace/object-store.ts';
import {buildRepoContext, type ContextRequest, type PackedContext} from './build-repo-context.ts';

export interface ThreadQuestion {
  readonly id: number;
  readonly request: ContextRequest;
}

export type ThreadAnswer = {readonly id: number} & (
  | {readonly kind: 'built'; readonly built: PackedContext}
  | {readonly kind: 'failure'; readonly failure: JobFailure['failure']}
  | {readonly kind: 'error'; readonly code: string; readonly message: string; readonly hint: string | undefined}
  | {readonly kind: 'crash'; readonly message: string; readonly stack: string | undefined}
);

/** The whole of a thread that makes contexts: it answers each question, and ends when its port is closed. */
export function answerQuestions(): void {
  const port = parentPort!;
  const {gitDirectory} = workerData as {gitDirectory: string};
  // Not before it is asked: until then nobody knows whether there is a run, and whose the folder is.
  let opened: Promise<ObjectStore> | undefined;
  const openStore = (): Promise<ObjectStore> => {
    opened ??= openObjectStore({directory: gitDirectory});
    return opened;
  };
  port.on('message', async ({id, request}: ThreadQuestion) => {
    port.postMessage({id, ...(await answer(request))} as ThreadAnswer);
  });

  async function answer(request: ContextRequest): Promise<object> {
    try {
      const store = await openStore();
      // One after the other where nothing has to be waited for: the first is ready before the last is begun.
      await setImmediate();
      const reader = store.openFound(request.found);
      try {
        return {kind: 'built', built: await buildRepoContext(reader, request)};
      } finally {
        reader.release();
      }
    } catch (error) {
      return describe(error);
    }
  }
}

function describe(error: unknown): object {
  if (error instanceof JobFailure) return {kind: 'failure', failure: error.failure};
  if (error instanceof OrchestratorError)
    return {kind: 'error', code: error.code, message: error.message, hint: error.hint};
  const {message, stack} = error instanceof Error ? error : {message: String(error), stack: undefined};
  return {kind: 'crash', message, stack};
}

answerQuestions();
