import {type ChildProcess, spawn} from 'node:child_process';
import {mkdirSync, writeFileSync} from 'node:fs';
import {readdir, readFile, readlink} from 'node:fs/promises';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import type {RecordedRequest, ScriptedModelServer} from '../../src/testing/scripted-model-server.ts';
import {makeFleet, type RepoOptions} from '../../src/testing/temporary-fleet.ts';
import {runCommand} from '../../src/util/run-command.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const cliFile = path.join(root, 'bin/orchestrator.js');

/** A folder that holds a fleet, its configuration, state, results and log, so that all of it can be copied and compared. */
export interface Night {
  readonly directory: string;
  readonly repos: readonly string[];
}

export interface NightOptions {
  readonly repos: number;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly tasks?: readonly Readonly<Record<string, unknown>>[];
}

/** Two repos in three have a README already, so that files are made and replaced. */
export async function makeNight(directory: string, options: NightOptions): Promise<Night> {
  const names = Array.from({length: options.repos}, (_, index) => `repo-${String(index + 1).padStart(2, '0')}`);
  const fleet: Record<string, RepoOptions> = {};
  for (const [index, name] of names.entries()) {
    fleet[name] = {
      files: {
        'package.json': `{"name": "${name}"}\n`,
        'index.js': `console.log('${name}');\n`,
        ...(index % 3 === 0 ? {} : {'README.md': `# ${name}\n\nOld words.\n`}),
      },
    };
  }
  await makeFleet(path.join(directory, 'fleet'), fleet);
  const night = {directory, repos: names};
  mkdirSync(path.join(directory, 'config'));
  writeFileSync(
    path.join(directory, 'config', 'repos.json'),
    JSON.stringify({repositories: names.map(name => ({name, path: `../fleet/${name}`}))}),
  );
  writeConfiguration(night, options);
  return night;
}

export function writeConfiguration(night: Night, options: Omit<NightOptions, 'repos'> = {}, name = 'tasks.json'): void {
  const configuration = {
    tasks: options.tasks ?? [{name: 'READMEs', skill: 'readme-generator', group: 'all'}],
    settings: {
      fleet: './repos.json',
      model: 'anthropic/claude-sonnet-4-5',
      results_dir: '../results',
      log_file: '../night.log',
      max_workers: 4,
      ...options.settings,
    },
  };
  writeFileSync(path.join(night.directory, 'config', name), JSON.stringify(configuration));
}

export async function copyNight(night: Night, directory: string): Promise<Night> {
  // Six times cheaper than the copy of Node for many small files.
  const copied = await runCommand('cp', ['-r', night.directory, directory], {env: process.env});
  if (copied.exitCode !== 0) throw new Error(copied.stderr);
  return {...night, directory};
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly ms: number;
}

export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** What stdout holds so far. */
  readonly output: () => string;
}

export interface StartOptions {
  readonly server?: Pick<ScriptedModelServer, 'url'>;
  readonly env?: Readonly<Record<string, string>>;
  /** Options of node itself. */
  readonly node?: readonly string[];
  readonly home?: string;
  /** A program, with its arguments, that starts node. */
  readonly under?: readonly string[];
}

export function configurationOf(night: Night, name = 'tasks.json'): string {
  return path.join(night.directory, 'config', name);
}

/** Starts the command line as an operator does, with the state in the folder of the night. */
export function startCli(night: Night, args: readonly string[], options: StartOptions = {}): Started {
  const begun = performance.now();
  const [program = '', ...rest] = [
    ...(options.under ?? []),
    process.execPath,
    ...(options.node ?? []),
    cliFile,
    ...args,
  ];
  const child = spawn(program, rest, {
    cwd: night.directory,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      HOME: path.join(night.directory, 'home'),
      ORCHESTRATOR_HOME: options.home ?? path.join(night.directory, 'state'),
      ...(options.server === undefined ? {} : {ANTHROPIC_BASE_URL: options.server.url, ANTHROPIC_API_KEY: 'test'}),
      ...options.env,
    },
  });
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', chunk => {
    stdout += chunk;
  });
  child.stderr?.on('data', chunk => {
    stderr += chunk;
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({code, signal, stdout, stderr, ms: performance.now() - begun}));
  });
  return {child, ended, output: () => stdout};
}

export async function cli(night: Night, args: readonly string[], options: StartOptions = {}): Promise<Ended> {
  return await startCli(night, args, options).ended;
}

/** Which repo a request of these fleets is about. */
export function repoOf(request: Pick<RecordedRequest, 'prompt'>): string {
  return /"name": "(repo-\d+)"/.exec(request.prompt)?.[1] ?? 'unknown';
}

export interface Row {
  readonly run: string;
  readonly repo: string;
  readonly skill: string;
  readonly status: string;
  readonly outcome: string;
  readonly message?: string;
  readonly files?: readonly {path: string; added: number; removed: number}[];
  readonly delivered?: unknown;
  readonly cost_usd?: number | null;
}

/** Names of the results files, oldest first; anything else in the folder is reported by `leftovers`. */
export async function resultsFiles(night: Night): Promise<string[]> {
  const names = await readdir(path.join(night.directory, 'results')).catch(() => []);
  return names.filter(name => /^orchestrator_batch_\d{8}_\d{6}(_\d+)?\.json$/.test(name)).sort();
}

export async function readResults(night: Night, name?: string): Promise<Row[]> {
  const file = name ?? (await resultsFiles(night)).at(-1) ?? 'none';
  return JSON.parse(await readFile(path.join(night.directory, 'results', file), 'utf8')) as Row[];
}

/** Temporary files that something left behind, anywhere in the night. */
export async function leftovers(night: Night): Promise<string[]> {
  const entries = await readdir(night.directory, {recursive: true});
  return entries.filter(entry => /\.tmp(\/|$)/.test(entry));
}

/** Processes that were started for this night and are still there. */
export async function processesOf(night: Night): Promise<string[]> {
  const found: string[] = [];
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue;
    try {
      const cwd = await readlink(`/proc/${pid}/cwd`);
      const command = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ');
      if (cwd === night.directory || cwd.startsWith(`${night.directory}/`)) found.push(`${pid} ${command}`);
    } catch {
      // It ended while we looked.
    }
  }
  return found;
}
