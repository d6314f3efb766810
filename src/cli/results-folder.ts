import {accessSync, constants} from 'node:fs';
import {OrchestratorError} from '../domain/errors.ts';
import {escapeLine} from '../util/escape-text.ts';
import {makeFolder} from '../util/make-folder.ts';

/** @throws OrchestratorError when the folder cannot be made or written. */
export function makeResultsFolder(directory: string): void {
  try {
    makeFolder(directory);
    accessSync(directory, constants.W_OK | constants.X_OK);
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException;
    throw new OrchestratorError('results-unwritable', `${escapeLine(directory)} cannot be used for results (${code})`, {
      hint: 'choose another --results-dir',
      cause: error,
    });
  }
}
