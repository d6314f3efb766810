// A night against a local model server, beside a bare loop that does the least: wall time as a ratio to the ideal, memory, jobs per second.
import './built.ts';
import {spawn} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {makeBenchFleet} from './fleet.ts';
import {type Measured, measure, median} from './measure.ts';

interface Case {
  readonly name: string;
  readonly repos: number;
  readonly latencyMs: number;
  readonly workers: number;
  readonly rounds: number;
}

const all: readonly Case[] = [
  {name: '200 repos, 1000 ms, 50 workers', repos: 200, latencyMs: 1000, workers: 50, rounds: 3},
  {name: '2000 repos, 1000 ms, 50 workers', repos: 2000, latencyMs: 1000, workers: 50, rounds: 1},
  {name: '2000 repos, 0 ms, 50 workers', repos: 2000, latencyMs: 0, workers: 50, rounds: 3},
];
const wanted = process.argv[2];
const cases = all.filter(({name}) => wanted === undefined || name.startsWith(wanted));
const root = fileURLToPath(new URL('..', import.meta.url));
const directory = mkdtempSync(path.join(tmpdir(), 'orchestrator-bench-'));

try {
  const fleet = await makeBenchFleet(path.join(directory, 'fleet'), Math.max(...cases.map(({repos}) => repos)));
  for (const one of cases) await runCase(one, fleet);
} finally {
  rmSync(directory, {recursive: true, force: true});
}

async function runCase(one: Case, fleet: readonly string[]): Promise<void> {
  const repos = fleet.slice(0, one.repos);
  const server = await startServer(one.latencyMs);
  const ideal = (Math.ceil(one.repos / one.workers) * one.latencyMs) / 1000;
  const ours: Measured[] = [];
  const floor: Measured[] = [];
  try {
    for (let round = 0; round < one.rounds; round++) {
      floor.push(await runFloor(repos, server.url, one.workers));
      ours.push(await runOurs(repos, server.url, one.workers, round));
    }
  } finally {
    server.stop();
  }
  for (const [name, runs] of [
    ['orchestrator', ours],
    ['bare loop', floor],
  ] as const) {
    const seconds = median(runs.map(run => run.seconds));
    const last = runs.at(-1)!;
    const ratio = ideal === 0 ? '' : ` = ${(seconds / ideal).toFixed(3)} x ideal`;
    console.log(
      `${one.name} | ${name} | ${seconds.toFixed(2)} s${ratio} | ${(one.repos / seconds).toFixed(0)} jobs/s | peak ${last.peakMb.toFixed(0)} MB, middle ${last.middleMb.toFixed(0)}, end ${last.endMb.toFixed(0)} | exit ${runs.map(run => run.exitCode).join(',')}`,
    );
  }
}

async function runOurs(repos: readonly string[], url: string, workers: number, round: number): Promise<Measured> {
  const home = mkdtempSync(path.join(directory, `home-${round}-`));
  writeFileSync(
    path.join(home, 'repos.json'),
    JSON.stringify({repositories: repos.map(repo => ({name: path.basename(repo), path: repo}))}),
  );
  const config = path.join(home, 'tasks.json');
  // Another output for each round, so that every round starts from the same repos.
  const task = {name: 'Bench', skill: 'readme-generator', group: 'all', output: `docs/BENCH-${path.basename(home)}.md`};
  writeFileSync(
    config,
    JSON.stringify({
      tasks: [task],
      settings: {fleet: './repos.json', max_workers: workers, model: 'anthropic/claude-sonnet-5-5', results_dir: '.'},
    }),
  );
  return await measure(
    [process.execPath, path.join(root, 'bin/orchestrator.js'), '--config', config],
    {HOME: home, ORCHESTRATOR_HOME: path.join(home, 'state'), ANTHROPIC_API_KEY: 'test', ANTHROPIC_BASE_URL: url},
    home,
  );
}

async function runFloor(repos: readonly string[], url: string, workers: number): Promise<Measured> {
  const list = path.join(directory, 'repos.txt');
  writeFileSync(list, repos.join('\n'));
  return await measure([process.execPath, path.join(root, 'bench/floor.mjs'), list, url, String(workers)]);
}

async function startServer(latencyMs: number): Promise<{url: string; stop(): void}> {
  const child = spawn(
    process.execPath,
    [path.join(root, 'src/testing/scripted-model-server.ts'), '--latency-ms', String(latencyMs)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const url = await new Promise<string>(resolve => child.stdout.once('data', chunk => resolve(String(chunk).trim())));
  return {url, stop: () => child.kill()};
}
