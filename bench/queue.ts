// Runs through a queue of PostgreSQL: jobs a second and memory of the coordinator, four workers against one, and how long the
// jobs of a worker that was killed wait for another. Arguments: pace, workers, takeover; default: all.
import './built.ts';
import {type ChildProcess, spawn} from 'node:child_process';
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {openLedger} from '../src/orchestrator/open-ledger.ts';
import {startScriptedModelServer} from '../src/testing/scripted-model-server.ts';
import {postgresProblem, startPostgres} from '../test/support/postgres-server.ts';
import {makeBenchFleet} from './fleet.ts';
import {type Measured, measure, median} from './measure.ts';

const cli = fileURLToPath(new URL('../bin/orchestrator.js', import.meta.url));
const floor = fileURLToPath(new URL('./floor.mjs', import.meta.url));
const wanted = process.argv[2];
const jobs = Number(process.env['BENCH_JOBS'] ?? 10_000);
const kills = Number(process.env['BENCH_KILLS'] ?? 20);
const repos = 500;
let places = 0;
if (postgresProblem !== undefined) throw new Error(postgresProblem);
const directory = mkdtempSync(path.join(tmpdir(), 'orchestrator-bench-queue-'));
await using postgres = await startPostgres({durable: true});

try {
  const fleet = await makeBenchFleet(path.join(directory, 'fleet'), repos);
  if (wanted === undefined || wanted === 'pace') await pace(fleet);
  if (wanted === undefined || wanted === 'workers') await compareWorkers(fleet);
  if (wanted === undefined || wanted === 'takeover') await takeOver(fleet);
} finally {
  rmSync(directory, {recursive: true, force: true});
}

/** Beside the bare loop of the night over the same repos, since only the two together say something on a shared machine. */
async function pace(fleet: readonly string[]): Promise<void> {
  const maxWorkers = 50;
  const {seconds, coordinator} = await night({fleet, tasks: jobs / repos, latencyMs: 0, workers: 1, maxWorkers});
  const rate = jobs / seconds;
  console.log(
    `${jobs} jobs of 0 ms, one worker of ${maxWorkers} | ${seconds.toFixed(1)} s | ${rate.toFixed(0)} jobs/s | coordinator peak ${coordinator.peakMb.toFixed(0)} MB | exit ${coordinator.exitCode}`,
  );
  const loop = await loopRate(fleet, maxWorkers);
  console.log(
    `bare loop of ${maxWorkers}, without queue | ${loop.toFixed(0)} jobs/s | ours ${(rate / loop).toFixed(2)} times`,
  );
}

async function loopRate(fleet: readonly string[], workers: number): Promise<number> {
  await using server = await startScriptedModelServer({strict: false, latencyMs: 0, record: false});
  server.reply(readme);
  const list = path.join(directory, 'loop.txt');
  const turns = Array.from({length: 4}, () => fleet).flat();
  writeFileSync(list, turns.join('\n'));
  const {seconds} = await measure([process.execPath, floor, list, server.url, String(workers)]);
  return turns.length / seconds;
}

async function compareWorkers(fleet: readonly string[]): Promise<void> {
  const one = await night({fleet: fleet.slice(0, 400), tasks: 1, latencyMs: 1_000, workers: 1, maxWorkers: 10});
  const four = await night({fleet: fleet.slice(0, 400), tasks: 1, latencyMs: 1_000, workers: 4, maxWorkers: 10});
  console.log(
    `400 jobs of 1000 ms, workers of 10 | one ${one.seconds.toFixed(1)} s | four ${four.seconds.toFixed(1)} s | ${(one.seconds / four.seconds).toFixed(2)} x`,
  );
}

/** From `kill -9` of one worker to the moment at which another has taken each of its jobs, with the usual heartbeats. */
async function takeOver(fleet: readonly string[]): Promise<void> {
  const waits: number[] = [];
  for (let round = 0; round < kills; round++) {
    await using server = await startScriptedModelServer({strict: false, latencyMs: 5_000, record: false});
    server.reply(readme);
    const url = await postgres.newDatabase();
    const place = newPlace(fleet.slice(0, 4), 1);
    const run = start(place, ['run', '--config', place.config, '--queue', url, '--detach'], {});
    await ended(run);
    const victim = startWorker(place, 'victim', url, server.url, 4);
    while (server.inFlight < 4) await pause(20);
    const ledger = openLedger('', url);
    const [record] = await ledger.runs();
    const other = startWorker(place, 'other', url, server.url, 4);
    await pause(1_000 + Math.random() * 3_000);
    const killedAt = Date.now();
    victim.kill('SIGKILL');
    for (;;) {
      const taken = (await ledger.jobs(record!.id)).filter(({startedAt = 0}) => startedAt > killedAt);
      if (taken.length === 4) {
        waits.push((Math.max(...taken.map(({startedAt = 0}) => startedAt)) - killedAt) / 1000);
        break;
      }
      await pause(50);
    }
    await ledger.close();
    other.kill('SIGKILL');
    await ended(other);
  }
  console.log(
    `kill -9 to the last of its jobs running elsewhere, ${kills} times | median ${median(waits).toFixed(1)} s | worst ${Math.max(...waits).toFixed(1)} s`,
  );
}

interface Night {
  readonly fleet: readonly string[];
  readonly tasks: number;
  readonly latencyMs: number;
  readonly workers: number;
  readonly maxWorkers: number;
}

/** From the first call to the end of the run, as the coordinator sees it. */
async function night({
  fleet,
  tasks,
  latencyMs,
  workers,
  maxWorkers,
}: Night): Promise<{seconds: number; coordinator: Measured}> {
  await using server = await startScriptedModelServer({strict: false, latencyMs, record: false});
  server.reply(readme);
  const url = await postgres.newDatabase();
  const place = newPlace(fleet, tasks);
  const started = Array.from({length: workers}, (_, index) =>
    startWorker(place, `w${index}`, url, server.url, maxWorkers),
  );
  await pause(3_000);
  const running = measure(
    [process.execPath, cli, 'run', '--config', place.config, '--queue', url],
    environment(place, 'coordinator', {}),
    place.home,
  );
  while (server.requestCount === 0) await pause(10);
  const begun = performance.now();
  const coordinator = await running;
  const seconds = (performance.now() - begun) / 1000;
  for (const child of started) child.kill('SIGTERM');
  await Promise.all(started.map(ended));
  return {seconds, coordinator};
}

interface Place {
  readonly home: string;
  readonly config: string;
}

function newPlace(fleet: readonly string[], tasks: number): Place {
  const home = path.join(directory, `place-${++places}`);
  mkdirSync(home);
  const repositories = fleet.map(repo => ({name: path.basename(repo), path: repo}));
  writeFileSync(path.join(home, 'repos.json'), JSON.stringify({repositories}));
  const config = path.join(home, 'tasks.json');
  const task = (index: number): unknown => ({
    name: `T${index}`,
    skill: 'readme-generator',
    group: 'all',
    output: `docs/B-${places}-${index}.md`,
  });
  const settings = {fleet: './repos.json', model: 'anthropic/claude-sonnet-4-5', results_dir: '.'};
  writeFileSync(config, JSON.stringify({tasks: Array.from({length: tasks}, (_, index) => task(index)), settings}));
  return {home, config};
}

function environment({home}: Place, name: string, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return {...process.env, HOME: home, ORCHESTRATOR_HOME: path.join(home, name), ...env};
}

function start(place: Place, args: readonly string[], env: NodeJS.ProcessEnv, name = 'coordinator'): ChildProcess {
  return spawn(process.execPath, [cli, ...args], {
    cwd: place.home,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: environment(place, name, env),
  });
}

function startWorker(place: Place, name: string, url: string, server: string, maxWorkers: number): ChildProcess {
  const args = [
    'worker',
    '--queue',
    url,
    '--fleet',
    path.join(place.home, 'repos.json'),
    '--max-workers',
    String(maxWorkers),
  ];
  return start(place, args, {ANTHROPIC_API_KEY: 'test', ANTHROPIC_BASE_URL: server}, name);
}

function readme(): string {
  return '# Project\n\nA project that a scripted model server described without looking at it, at some length.\n\n## Use\n\nRead the files, then run them; nothing is installed.\n';
}

function pause(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms));
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise(resolve =>
    child.exitCode !== null || child.signalCode !== null ? resolve() : child.on('close', () => resolve()),
  );
}
