import path from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {startScriptedModelServer} from '../../src/testing/scripted-model-server.ts';
import {
  answerJob,
  countCalls,
  describeEnd,
  difference,
  judgeLedger,
  readFleetBytes,
  readLedger,
  survivors,
} from './night-checks.ts';
import {
  cli,
  configurationOf,
  copyNight,
  leftovers,
  makeNight,
  type Night,
  readResults,
  resultsFiles,
  startCli,
} from './night-rig.ts';

const workers = 4;
const latencyMs = 100;

export interface KillRig {
  readonly template: Night;
  readonly endState: ReadonlyMap<string, string>;
}

export async function makeKillRig(directory: string, repos: number): Promise<KillRig> {
  const template = await makeNight(path.join(directory, 'template'), {repos, settings: {max_workers: workers}});
  const night = await copyNight(template, path.join(directory, 'undisturbed'));
  await using server = await startScriptedModelServer();
  server.reply(answerJob);
  const ended = await cli(night, ['--config', configurationOf(night)], {server});
  if (ended.code !== 0) throw new Error(`the undisturbed run failed: ${describeEnd(ended)}`);
  return {template, endState: await readFleetBytes(night)};
}

/** Kills one night again and again at random moments until `kills` have hit, then lets it end. */
export async function killAtRandom(
  rig: KillRig,
  kills: number,
  random: () => number,
  directory: string,
): Promise<{kills: number; repeatedCalls: number; problems: string[]}> {
  const night = await copyNight(rig.template, path.join(directory, 'night'));
  await using server = await startScriptedModelServer({strict: false, latencyMs});
  server.reply(answerJob);
  const problems: string[] = [];
  const start = ['--config', configurationOf(night)];
  let hits = 0;
  for (;;) {
    const known = readLedger(night);
    const callsBefore = countCalls(server.requests);
    const args = known.openRuns > 0 && random() < 0.5 ? ['resume'] : start;
    const {child, ended} = startCli(night, args, {server});
    let mayKill = hits < kills;
    if (mayKill) {
      void ended.then(() => {
        mayKill = false;
      });
      await sleep(150 + random() * 400);
      if (mayKill) child.kill('SIGKILL');
    }
    const end = await ended;
    if (end.signal === 'SIGKILL') hits++;
    else if (end.code !== 0) problems.push(`ended by itself: ${describeEnd(end)}`);
    problems.push(...(await survivors(night)));
    for (const [job, count] of countCalls(server.requests)) {
      if (known.recordedJobs.has(job) && count > (callsBefore.get(job) ?? 0)) problems.push(`${job} was paid again`);
    }
    if (end.signal !== 'SIGKILL') break;
  }
  const jobs = rig.template.repos.length;
  const repeatedCalls = server.requestCount - jobs;
  if (repeatedCalls < 0 || repeatedCalls > hits * workers) problems.push(`${repeatedCalls} calls more than ${jobs}`);
  problems.push(...difference(rig.endState, await readFleetBytes(night)));
  for (const row of await readResults(night)) {
    if (!['changed', 'up-to-date'].includes(row.outcome)) problems.push(`${row.repo} ended as ${row.outcome}`);
  }
  for (const file of await leftovers(night)) problems.push(`left behind: ${file}`);
  problems.push(...judgeLedger(readLedger(night), jobs));
  return {kills: hits, repeatedCalls, problems};
}

/** Sends one signal at a random moment and lets the run end within its grace, then resumes it. */
export async function stopAtRandom(
  rig: KillRig,
  signal: 'SIGINT' | 'SIGTERM',
  random: () => number,
  directory: string,
): Promise<{stopped: boolean; problems: string[]}> {
  const night = await copyNight(rig.template, path.join(directory, 'night'));
  await using server = await startScriptedModelServer({strict: false, latencyMs});
  server.reply(answerJob);
  const problems: string[] = [];
  const {child, ended} = startCli(night, ['--config', configurationOf(night)], {server});
  await sleep(100 + random() * 600);
  child.kill(signal);
  const sentAt = Date.now();
  const end = await ended;
  // Only calls that were on their way already may still arrive.
  const late = server.requests.filter(request => request.at > sentAt).map(request => request.at - sentAt);
  if (late.length > workers || late.some(ms => ms > 500)) problems.push(`calls ${late.join(', ')} ms after ${signal}`);
  const jobs = rig.template.repos.length;
  const code = signal === 'SIGINT' ? 130 : 143;
  const rows = (await resultsFiles(night)).length === 0 ? [] : await readResults(night);
  const isDone = rows.length > 0 && rows.every(row => row.outcome === 'changed');
  // Before the run has begun the signal does what it does to any program; after its end it comes too late.
  const isExpected = end.code === code || end.signal === signal || (end.code === 0 && isDone);
  if (!isExpected) problems.push(`${signal} gave ${describeEnd(end)}`);
  const isResumable = readLedger(night).runs.length > 0 && !isDone;
  if (end.code === code) {
    const outcomes = rows.map(row => `${row.status} ${row.outcome}`);
    const odd = outcomes.filter(outcome => !['success changed', 'cancelled not-started'].includes(outcome));
    if (outcomes.length !== jobs || odd.length > 0) problems.push(`rows after ${signal}: ${odd.join(', ')}`);
  }
  const finished = await cli(night, isResumable ? ['resume'] : ['--config', configurationOf(night)], {server});
  if (finished.code !== 0) problems.push(`was not finished: ${describeEnd(finished)}`);
  if (server.requestCount !== jobs && end.code === code) problems.push(`${server.requestCount} calls for ${jobs} jobs`);
  problems.push(...difference(rig.endState, await readFleetBytes(night)));
  problems.push(...judgeLedger(readLedger(night), jobs), ...(await survivors(night)));
  return {stopped: end.code === code && !isDone, problems};
}
