// The night after: nothing has changed. Beside it, asking git once per repo, four at a time.
import './built.ts';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {mapConcurrently} from '../src/util/map-concurrently.ts';
import {runCommand} from '../src/util/run-command.ts';
import {makeBenchFleet} from './fleet.ts';
import {measure, median} from './measure.ts';

const count = Number(process.argv[2] ?? 1000);
const root = fileURLToPath(new URL('..', import.meta.url));
const directory = mkdtempSync(path.join(tmpdir(), 'orchestrator-bench-'));

try {
  const repos = await makeBenchFleet(path.join(directory, 'fleet'), count);
  const config = path.join(directory, 'tasks.json');
  writeFileSync(
    path.join(directory, 'repos.json'),
    JSON.stringify({repositories: repos.map(repo => ({name: path.basename(repo), path: repo}))}),
  );
  writeFileSync(
    config,
    JSON.stringify({
      tasks: [{name: 'Bench', skill: 'repo-summarizer', group: 'all'}],
      settings: {fleet: './repos.json', max_workers: 20, model: 'offline', results_dir: '.'},
    }),
  );
  const night = () =>
    measure([process.execPath, path.join(root, 'bin/orchestrator.js'), '--config', config], {
      HOME: directory,
      ORCHESTRATOR_HOME: path.join(directory, 'state'),
    });
  const first = await night();
  const ours: number[] = [];
  const floor: number[] = [];
  for (let round = 0; round < 5; round++) {
    const second = await night();
    if (!second.stdout.includes(`${count} up to date`)) throw new Error(second.stdout.slice(-500));
    ours.push(second.seconds);
    const started = performance.now();
    await mapConcurrently(repos, 4, repo => runCommand('git', ['-C', repo, 'rev-parse', 'HEAD'], {env: process.env}));
    floor.push((performance.now() - started) / 1000);
  }
  console.log(
    `${count} unchanged repos | first night ${first.seconds.toFixed(2)} s | second night ${median(ours).toFixed(2)} s | git rev-parse, four at a time ${median(floor).toFixed(2)} s | ratio ${(median(ours) / median(floor)).toFixed(2)}`,
  );
} finally {
  rmSync(directory, {recursive: true, force: true});
}
