import type {RunEvent} from '../domain/event.ts';
import type {RunRecord} from '../domain/run.ts';
import type {Ledger} from '../ledger/ledger.ts';
import {formatLogLine} from '../report/log-line.ts';
import {summarizeRun} from '../run/summarize-run.ts';
import {systemClock} from '../util/clock.ts';

const pollMs = 1_000;

/** The log of a run that workers execute, from what they recorded: its own log is on the machine that follows it, if one does. */
export async function* readQueueLog(ledger: Ledger, run: RunRecord, follow: boolean): AsyncGenerator<string> {
  const told = new Set<string>();
  for (;;) {
    const current = (await ledger.run(run.id)) ?? run;
    for (const {key, event} of await eventsOf(ledger, current)) {
      if (told.has(key)) continue;
      told.add(key);
      yield* formatLogLine(run.id, event).split('\n');
    }
    if (!follow || !ledger.isHeld(current)) return;
    await systemClock.sleep(pollMs);
  }
}

async function eventsOf(ledger: Ledger, run: RunRecord): Promise<{key: string; event: RunEvent}[]> {
  const records = await ledger.jobs(run.id);
  const events: {key: string; event: RunEvent}[] = [];
  for (const {job, detail, startedAt, endedAt} of records) {
    if (startedAt !== undefined)
      events.push({key: `${job.id} started`, event: {type: 'job.started', at: startedAt, job}});
    if (detail === undefined || endedAt === undefined) continue;
    const event: RunEvent = {type: 'job.finished', at: endedAt, job, detail, startedAt: startedAt ?? endedAt};
    events.push({key: `${job.id} finished`, event});
  }
  events.sort((a, b) => a.event.at - b.event.at);
  const begin: RunEvent = {type: 'run.started', at: run.startedAt, run, jobs: records.length, resumed: false};
  events.unshift({key: 'started', event: begin});
  if (run.endedAt !== undefined) {
    const summary = summarizeRun(records.flatMap(({detail}) => detail?.outcome ?? []));
    const event: RunEvent = {type: 'run.finished', at: run.endedAt, run, exitCode: run.exitCode ?? 1, summary};
    events.push({key: 'finished', event});
  }
  return events;
}
