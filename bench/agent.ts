// Agents against a local model server, beside a bare loop on the same server: time per turn and per command, memory per agent at work.
import './built.ts';
import {spawnSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {type ScriptedAnswer, startScriptedModelServer} from '../src/testing/scripted-model-server.ts';
import {makeBenchFleet} from './fleet.ts';
import {type Measured, measure, median} from './measure.ts';

const few = 2;
const many = 32;
const rounds = 3;
const root = fileURLToPath(new URL('..', import.meta.url));
const directory = mkdtempSync(path.join(tmpdir(), 'orchestrator-bench-'));
await using server = await startScriptedModelServer({record: false, strict: false});

/** Every turn writes a file or runs a command, until the last one. */
function answer(turns: number, kind: 'edit' | 'command', text: string): (request: {turns: number}) => ScriptedAnswer {
  return ({turns: turn}) => {
    const edit = {name: 'write_file', input: {path: 'NOTES.md', content: `# Notes\n\n${text} ${turn}\n`}};
    const command = {name: 'run_command', input: {command: `true ${turn}`}};
    const last = [edit, {name: 'finish', input: {summary: 'Done.'}}];
    return {text: '', toolCalls: turn >= turns - 1 ? last : [kind === 'edit' ? edit : command]};
  };
}

mkdirSync(path.join(directory, 'skills', 'notes'), {recursive: true});
writeFileSync(
  path.join(directory, 'skills', 'notes', 'SKILL.md'),
  '---\nname: notes\ndescription: Writes notes.\n---\nWrite notes.\n',
);

let homes = 0;

async function runOurs(
  repos: readonly string[],
  turns: number,
  kind: 'edit' | 'command',
  workers = 1,
): Promise<Measured> {
  const home = path.join(directory, `home-${++homes}`);
  mkdirSync(home);
  server.reply(answer(turns, kind, path.basename(home)));
  writeFileSync(
    path.join(home, 'tasks.json'),
    JSON.stringify({
      tasks: [{name: 'Bench', skill: 'notes', repos, mode: 'agent', output: 'NOTES.md', deliver: 'patch'}],
      settings: {
        max_workers: workers,
        model: 'anthropic/claude-sonnet-5-5',
        results_dir: '.',
        force: true,
        skills: ['../skills'],
      },
    }),
  );
  return await measure(
    [process.execPath, path.join(root, 'bin/orchestrator.js'), '--config', path.join(home, 'tasks.json')],
    {
      HOME: home,
      ORCHESTRATOR_HOME: path.join(home, 'state'),
      ANTHROPIC_API_KEY: 'test',
      ANTHROPIC_BASE_URL: server.url,
    },
    home,
  );
}

async function runFloor(repo: string, turns: number, kind: 'edit' | 'command'): Promise<Measured> {
  server.reply(answer(turns, kind, 'floor'));
  const copy = path.join(directory, `copy-${++homes}`);
  spawnSync('cp', ['-r', repo, copy]);
  return await measure([process.execPath, path.join(root, 'bench/agent-floor.mjs'), copy, server.url]);
}

/** What one more turn costs, milliseconds: start and end of the process fall out. */
async function perTurn(run: (turns: number) => Promise<Measured>): Promise<number> {
  const results: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const short = await run(few);
    const long = await run(many);
    if (short.exitCode !== 0 || long.exitCode !== 0) throw new Error(`exit ${short.exitCode} and ${long.exitCode}`);
    results.push(((long.seconds - short.seconds) * 1000) / (many - few));
  }
  return median(results);
}

try {
  const fleet = await makeBenchFleet(path.join(directory, 'fleet'), 20);
  const [first = ''] = fleet;
  for (const kind of ['edit', 'command'] as const) {
    const ours = await perTurn(turns => runOurs([first], turns, kind));
    const floor = await perTurn(turns => runFloor(first, turns, kind));
    console.log(`one more turn with a ${kind}: ours ${ours.toFixed(1)} ms, bare loop ${floor.toFixed(1)} ms`);
  }
  const one = await runOurs([first], many, 'edit');
  const twenty = await runOurs(fleet, many, 'edit', 20);
  const each = (twenty.peakMb - one.peakMb) / (fleet.length - 1);
  console.log(
    `memory: one agent ${one.peakMb.toFixed(0)} MB, 20 at once ${twenty.peakMb.toFixed(0)} MB, ${each.toFixed(1)} MB for one more`,
  );
  console.log(`20 agents of ${many} turns at once: ${((20 * many) / twenty.seconds).toFixed(0)} turns/s`);
} finally {
  rmSync(directory, {recursive: true, force: true});
}
