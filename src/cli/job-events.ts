import {type Job, jobLabel} from '../domain/job.ts';
import {escapeLine} from '../util/escape-text.ts';
import {jobLineFilter} from './job-line-filter.ts';
import {LogReader} from './log-reader.ts';
import {runLogFile} from './reporters.ts';

const maxLines = 500;

/** The lines of a run's log that are about one job, escaped; the last of many. */
export async function readJobEvents(stateDir: string, runId: string, job: Job): Promise<string[]> {
  const reader = new LogReader(runLogFile(stateDir, runId));
  const wanted = jobLineFilter([jobLabel(job)]);
  const lines: string[] = [];
  try {
    for (const line of reader.readLines()) {
      if (wanted(line)) lines.push(escapeLine(line));
    }
  } finally {
    reader.close();
  }
  return lines.slice(-maxLines);
}
