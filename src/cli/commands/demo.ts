import {mkdtempSync, readFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {escapeBlock} from '../../util/escape-text.ts';
import {createDemoFleet} from '../demo-fleet.ts';
import type {Io} from '../io.ts';
import {run} from './run.ts';

/** The main job on a small fleet of real repositories, with its own state folder, without key or server. */
export async function demo(io: Io, options: {directory?: string}): Promise<number> {
  const started = Date.now();
  const program = invocation(io.cwd);
  const directory =
    options.directory === undefined
      ? mkdtempSync(path.join(tmpdir(), 'orchestrator-demo-'))
      : path.resolve(io.cwd, options.directory);
  const fleet = await createDemoFleet(directory, {now: new Date()});
  io.out(`Made ${fleet.repos.length} small git repositories in ${directory}\n`);
  io.out(`Running: ${program} --config ${fleet.configFile}\n\n`);
  // Nothing of it is for the workers of a queue: they would be sent to a temporary folder of this machine.
  const {queue: _queue, ...here} = io;
  const own: Io = {...here, cwd: directory, stateDir: path.join(directory, 'state')};
  const exitCode = await run(own, {config: fleet.configFile, resultsDir: directory});
  const example = fleet.repos[0];
  if (example !== undefined && exitCode === 0) {
    const file = path.join(example, 'README.md');
    const lines = readFileSync(file, 'utf8').split('\n');
    io.out(
      `\n${file}\n${escapeBlock(
        lines
          .slice(0, 24)
          .map(line => `  ${line}`)
          .join('\n'),
      )}\n${lines.length > 24 ? `  … ${lines.length - 24} more lines\n` : ''}`,
    );
  }
  io.out(
    [
      '',
      `Done in ${((Date.now() - started) / 1000).toFixed(1)} s. Look around:`,
      `  git -C ${example ?? directory} status --short`,
      `  ORCHESTRATOR_HOME=${own.stateDir} ${program} status`,
      'With your own repositories:',
      `  ${program} init`,
      `  ${program} --config config/tasks.json --dry-run`,
      '',
    ].join('\n'),
  );
  return exitCode;
}

/** How this program was started, so that the commands shown can be typed as they are. */
function invocation(cwd: string): string {
  const script = process.argv[1] ?? '';
  if (!script.endsWith('.js')) return 'orchestrator';
  const relative = path.relative(cwd, script);
  return relative.startsWith('..') ? script : `./${relative}`;
}
