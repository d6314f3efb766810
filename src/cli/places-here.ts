import {accessSync, constants} from 'node:fs';
import {hostname} from 'node:os';
import path from 'node:path';
import type {RunRecord} from '../domain/run.ts';
import type {RunSettings} from '../run/run-settings.ts';
import {escapeLine} from '../util/escape-text.ts';
import {expandPath} from '../util/expand-path.ts';
import {makeFolder} from '../util/make-folder.ts';
import type {Io} from './io.ts';
import {makeResultsFolder} from './results-folder.ts';

export interface PlacesHere {
  readonly run: RunRecord;
  readonly notes: readonly string[];
}

/** Where results and log of a run go on this machine: where its settings say if that can be written here, else to the home folder. @throws OrchestratorError */
export function placesHere(io: Io, run: RunRecord, resultsDir: string | undefined): PlacesHere {
  const notes: string[] = [];
  const {logFile, ...rest} = run;
  const resultsFile = resultsFileHere(io, run, resultsDir, notes);
  if (logFile === undefined) return {run: {...rest, resultsFile}, notes};
  if (isWritable(run, path.dirname(logFile))) return {run: {...rest, resultsFile, logFile}, notes};
  notes.push(
    `${escapeLine(logFile)} cannot be written on this machine; the log is told by: orchestrator logs ${run.id}`,
  );
  return {run: {...rest, resultsFile}, notes};
}

function resultsFileHere(io: Io, run: RunRecord, resultsDir: string | undefined, notes: string[]): string {
  const name = path.basename(run.resultsFile);
  if (resultsDir !== undefined) {
    const {path: expanded} = expandPath(resultsDir, {base: io.cwd, home: io.home, env: io.env});
    const directory = expanded ?? path.resolve(io.cwd, resultsDir);
    makeResultsFolder(directory);
    return path.join(directory, name);
  }
  if (isWritable(run, path.dirname(run.resultsFile))) return run.resultsFile;
  const file = path.join(io.home, name);
  makeResultsFolder(io.home);
  notes.push(`results go to ${escapeLine(file)}: ${escapeLine(path.dirname(run.resultsFile))} cannot be written here`);
  return file;
}

/** A folder that another machine named is not made on this one. */
function isWritable(run: RunRecord, folder: string): boolean {
  const {plannedOn} = run.settings as RunSettings;
  try {
    if (plannedOn === undefined || plannedOn === hostname()) makeFolder(folder);
    accessSync(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
