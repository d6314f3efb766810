import {closeSync, fstatSync, openSync, readSync, writeSync} from 'node:fs';
import path from 'node:path';
import {OrchestratorError} from '../domain/errors.ts';
import type {Reporter, RunEvent} from '../domain/event.ts';
import {makeFolder} from '../util/make-folder.ts';
import {formatLogLine} from './log-line.ts';

/** Appends one line per event as it happens, so that `tail -f` shows a run going on. Several runs may share the file. */
export class LogFile implements Reporter {
  readonly #runId: string;
  readonly #descriptor: number;
  #broken = false;

  /** @throws OrchestratorError when the file cannot be opened. */
  constructor(file: string, runId: string) {
    this.#runId = runId;
    try {
      makeFolder(path.dirname(file));
      this.#descriptor = openSync(file, 'a+', 0o600);
      endTornLine(this.#descriptor);
    } catch (error) {
      throw new OrchestratorError(
        'log-unwritable',
        `${file} cannot be opened for the log (${(error as NodeJS.ErrnoException).code})`,
        {
          hint: 'choose another --log-file',
          cause: error,
        },
      );
    }
  }

  report(event: RunEvent): void {
    const stack =
      event.type === 'job.finished' && event.detail.outcome.status === 'failed'
        ? event.detail.outcome.failure.stack
        : undefined;
    const lines = [
      formatLogLine(this.#runId, event),
      ...(stack === undefined ? [] : stack.split('\n').map(line => `    ${line}`)),
    ];
    try {
      // One write per event: lines of runs that share the file never mix.
      writeSync(this.#descriptor, `${lines.join('\n')}\n`);
    } catch {
      // A full disk must not stop the run: results and ledger say the same, and `close` reports it.
      this.#broken = true;
    }
  }

  async flush(): Promise<boolean> {
    return !this.#broken;
  }

  async close(): Promise<void> {
    closeSync(this.#descriptor);
    if (this.#broken)
      throw new OrchestratorError('log-incomplete', 'some lines could not be written to the log', {
        hint: 'see: orchestrator logs',
      });
  }
}

/** A process that was killed may have left half a line; what follows must not be read as its rest. */
function endTornLine(descriptor: number): void {
  const {size} = fstatSync(descriptor);
  const last = Buffer.alloc(1);
  if (size > 0 && readSync(descriptor, last, 0, 1, size - 1) === 1 && last[0] !== 0x0a) writeSync(descriptor, '\n');
}
