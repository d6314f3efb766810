import {mkdirSync, readFileSync, rmSync} from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {type ScriptedModelServer, startScriptedModelServer} from '../../src/testing/scripted-model-server.ts';
import {mapConcurrently} from '../../src/util/map-concurrently.ts';
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
  type Ended,
  leftovers,
  makeNight,
  type Night,
  type Row,
  readResults,
  resultsFiles,
  type StartOptions,
} from './night-rig.ts';

/** Node's options for a program whose durable operations are counted. */
export const withPreload = ['--require', fileURLToPath(new URL('crash-preload.cjs', import.meta.url))];

export type CrashMode = 'before' | 'torn' | 'after';
export const crashModes: readonly CrashMode[] = ['before', 'torn', 'after'];

/** A night, how it ends when nothing disturbs it, and how many durable operations that takes. */
export interface CrashRig {
  readonly template: Night;
  readonly operations: number;
  readonly endState: ReadonlyMap<string, string>;
  readonly rows: readonly ComparableRow[];
}

interface ComparableRow {
  /** `repo skill` */
  readonly job: string;
  readonly text: string;
}

export interface CrashPoint {
  readonly at: number;
  readonly mode: CrashMode;
  readonly recovery: 'resume' | 'again';
}

export interface PointResult {
  /** What is not as it must be; empty when all is well. */
  readonly problems: readonly string[];
  /** False when the run ended before it reached the point. */
  readonly crashed: boolean;
  readonly operation: string;
  readonly repeatedCalls: number;
}

const workers = 4;

/** Every repo gets its README, the first four in ten a PROJECT.md as well. */
export async function makeCrashRig(directory: string, repos: number): Promise<CrashRig> {
  const withTwoJobs = Math.ceil(repos * 0.4);
  const template = await makeNight(path.join(directory, 'template'), {
    repos,
    settings: {max_workers: workers},
    tasks: [
      {name: 'READMEs', skill: 'readme-generator', group: 'all'},
      {
        name: 'Projects',
        skill: 'repo-summarizer',
        repo_names: Array.from({length: withTwoJobs}, (_, index) => `repo-${String(index + 1).padStart(2, '0')}`),
      },
    ],
  });
  const {night, operations, requestCount} = await runUndisturbed(template, directory);
  if (requestCount !== repos + withTwoJobs) throw new Error(`the undisturbed run made ${requestCount} calls`);
  return {
    template,
    operations,
    endState: await readFleetBytes(night),
    rows: (await readResults(night)).map(toComparable),
  };
}

/** Lets a copy of the night end by itself, and counts its durable operations. */
export async function runUndisturbed(
  template: Night,
  directory: string,
  optionsFor = (server: ScriptedModelServer): StartOptions => ({server}),
): Promise<{readonly night: Night; readonly operations: number; readonly requestCount: number}> {
  const night = await copyNight(template, path.join(directory, 'undisturbed'));
  const log = path.join(directory, 'undisturbed.log');
  await using server = await startScriptedModelServer();
  server.reply(answerJob);
  const ended = await runWithCrash(night, log, undefined, optionsFor(server));
  if (ended.code !== 0) throw new Error(`the undisturbed run failed: ${describeEnd(ended)}`);
  return {night, operations: Number(readFileSync(log, 'utf8')), requestCount: server.requestCount};
}

/** Runs a night to its end, or to the operation at which it is killed; `log` then says which one that was. */
export function runWithCrash(
  night: Night,
  log: string,
  point: Pick<CrashPoint, 'at' | 'mode'> | undefined,
  options: StartOptions,
): Promise<Ended> {
  return cli(night, ['--config', configurationOf(night)], {
    ...options,
    node: withPreload,
    env: {...options.env, ...crashVariables(night.directory, log, point)},
  });
}

/** Without a point the operations below `root` are counted only. */
export function crashVariables(
  root: string,
  log: string,
  point?: Pick<CrashPoint, 'at' | 'mode'>,
): Record<string, string> {
  const counting = {CRASH_ROOT: root, CRASH_LOG: log};
  return point === undefined ? counting : {...counting, CRASH_AT: String(point.at), CRASH_MODE: point.mode};
}

/** Goes on with a night that was killed. A run that was not recorded yet, or had ended, is not one to resume. */
export async function recover(night: Night, recovery: CrashPoint['recovery'], options: StartOptions): Promise<Ended> {
  const resumed = recovery === 'resume' ? await cli(night, ['resume'], options) : undefined;
  if (resumed !== undefined && resumed.code !== 2) return resumed;
  return await cli(night, ['--config', configurationOf(night)], options);
}

/** Crashes a run at one point, lets it recover, and compares it with the undisturbed one. */
export async function tryCrashPoint(rig: CrashRig, point: CrashPoint, directory: string): Promise<PointResult> {
  const night = await copyNight(rig.template, path.join(directory, 'night'));
  const log = path.join(directory, 'operation.log');
  await using server = await startScriptedModelServer({strict: false});
  server.reply(answerJob);
  const start = ['--config', configurationOf(night)];
  const problems: string[] = [];
  const crashed = await runWithCrash(night, log, point, {server});
  if (crashed.signal !== 'SIGKILL') {
    if (crashed.code !== 0) problems.push(`ended by itself: ${describeEnd(crashed)}`);
    return {problems, crashed: false, operation: '', repeatedCalls: 0};
  }
  problems.push(...(await survivors(night)));

  const before = readLedger(night);
  const callsBefore = countCalls(server.requests);
  // A run that was not recorded yet, or that had ended, cannot be resumed.
  const isResume = point.recovery === 'resume' && before.openRuns > 0;
  const recovered = await cli(night, isResume ? ['resume'] : start, {server});
  if (recovered.code !== 0) problems.push(`recovery failed: ${describeEnd(recovered)}`);

  problems.push(...difference(rig.endState, await readFleetBytes(night)));
  const rows = (await readResults(night)).map(toComparable);
  // A new run finds what had ended before the crash as it was left; a resumed one is the same run.
  const wanted = rig.rows.map(row => (!isResume && before.endedJobs.has(row.job) ? upToDate(row) : row.text));
  if (rows.map(row => row.text).join('\n') !== wanted.join('\n')) {
    problems.push(
      `results differ: ${firstDifference(
        rows.map(row => row.text),
        wanted,
      )}`,
    );
  }
  for (const file of await leftovers(night)) problems.push(`left behind: ${file}`);
  for (const name of await resultsFiles(night)) await readResults(night, name);

  const glued = /^.+\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (?:INFO|WARN|ERROR) run=.*$/m;
  const [line] = glued.exec(readFileSync(path.join(night.directory, 'night.log'), 'utf8')) ?? [];
  if (line !== undefined) problems.push(`half a line and the next one in the log: ${line}`);

  const calls = countCalls(server.requests);
  let repeatedCalls = 0;
  for (const [job, count] of calls) {
    repeatedCalls += count - 1;
    const recordedBefore = before.recordedJobs.has(job);
    if (recordedBefore && count > (callsBefore.get(job) ?? 0))
      problems.push(`${job} was paid again, its reply was recorded`);
    if (count > 2) problems.push(`${job} was called ${count} times`);
  }
  if (calls.size !== rig.rows.length) problems.push(`${calls.size} jobs of ${rig.rows.length} were called`);
  if (repeatedCalls > workers) problems.push(`${repeatedCalls} calls were repeated by ${workers} workers`);

  problems.push(...judgeLedger(readLedger(night), rig.rows.length));
  if (point.at % 4 === 0) problems.push(...(await trySecondNight(night, start, server)));
  problems.push(...difference(rig.endState, await readFleetBytes(night)));
  return {problems, crashed: true, operation: readFileSync(log, 'utf8').trim(), repeatedCalls};
}

async function trySecondNight(night: Night, start: readonly string[], server: ScriptedModelServer): Promise<string[]> {
  const requests = server.requestCount;
  const secondNight = await cli(night, start, {server});
  if (secondNight.code !== 0 || server.requestCount !== requests) {
    return [`the second night made ${server.requestCount - requests} calls: ${describeEnd(secondNight)}`];
  }
  return [];
}

/** Runs points two at a time in folders of their own, which are removed when all is well. */
export async function tryCrashPoints(
  rig: CrashRig,
  points: readonly CrashPoint[],
  directory: string,
): Promise<{crashed: number; repeatedCalls: number; problems: string[]}> {
  const total = {crashed: 0, repeatedCalls: 0, problems: [] as string[]};
  await mapConcurrently([...points.entries()], 2, async ([index, point]) => {
    const folder = path.join(directory, `point-${index}`);
    mkdirSync(folder);
    const result = await tryCrashPoint(rig, point, folder);
    total.crashed += result.crashed ? 1 : 0;
    total.repeatedCalls += result.repeatedCalls;
    const where = `${point.mode} operation ${point.at} (${result.operation}), then ${point.recovery}`;
    total.problems.push(...result.problems.map(problem => `${where}: ${problem}`));
    if (result.problems.length === 0) rmSync(folder, {recursive: true});
  });
  return total;
}

function firstDifference(found: readonly string[], wanted: readonly string[]): string {
  const index = wanted.findIndex((row, at) => row !== found[at]);
  return `${found[index]} instead of ${wanted[index]}`;
}

/** What must not depend on whether a run was disturbed. */
function toComparable({repo, skill, status, outcome, files, delivered}: Row): ComparableRow {
  return {job: `${repo} ${skill}`, text: JSON.stringify({repo, skill, status, outcome, files, delivered})};
}

function upToDate({job}: ComparableRow): string {
  const [repo, skill] = job.split(' ');
  return JSON.stringify({repo, skill, status: 'skipped', outcome: 'up-to-date'});
}
