import {createHash} from 'node:crypto';
import {chmodSync, closeSync, constants, openSync, writeSync} from 'node:fs';
import path from 'node:path';
import type {Job} from '../domain/job.ts';
import {makeFolder} from '../util/make-folder.ts';

/** `<state>/runs/<run>/transcripts/<skill>-<repo>-<job>.jsonl` */
export function transcriptFile(stateDir: string, runId: string, job: Pick<Job, 'id' | 'skill' | 'repo'>): string {
  const name = `${toName(job.skill)}-${toName(job.repo)}-${job.id}.jsonl`;
  return path.join(stateDir, 'runs', runId, 'transcripts', name);
}

/** Names of repos come from people and may hold anything. */
function toName(text: string): string {
  const plain = text.replaceAll(/[^A-Za-z0-9._-]+/g, '-').replace(/^[.-]+/, '');
  if (plain === text && plain.length <= 60) return plain;
  return `${plain.slice(0, 50)}-${createHash('sha256').update(text).digest('hex').slice(0, 8)}`;
}

/** What was said in a job, one JSON object a line, for people and programs. The ledger is the record that counts. */
export interface Transcript {
  /** The line is in the file when this returns. */
  write(line: object): void;
  close(): void;
}

/** Begins the file anew: a job that goes on writes its recorded turns again. */
export function openTranscript(file: string): Transcript {
  makeFolder(path.dirname(file), 0o700);
  chmodSync(path.dirname(file), 0o700);
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW;
  const descriptor = openSync(file, flags, 0o600);
  return {
    write: line => void writeSync(descriptor, `${JSON.stringify(line)}\n`),
    close: () => closeSync(descriptor),
  };
}
