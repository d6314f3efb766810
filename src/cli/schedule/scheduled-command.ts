import {chmodSync, existsSync, readFileSync, realpathSync, statSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {OrchestratorError} from '../../domain/errors.ts';
import {countOf} from '../../util/count-of.ts';
import {findOnPath} from '../../util/find-on-path.ts';
import {makeFolder} from '../../util/make-folder.ts';
import {runCommand} from '../../util/run-command.ts';
import type {Io} from '../io.ts';

/** What a scheduler starts, and with which environment. */
export interface ScheduledCommand {
  readonly id: string;
  readonly directory: string;
  /** Program and arguments. */
  readonly argv: readonly string[];
  /** PATH with the folders of node and git. */
  readonly path: string;
  /** NAME=value lines, for its owner alone. */
  readonly envFile: string;
  /** ORCHESTRATOR_HOME, when it is not the usual one. */
  readonly stateDir?: string;
}

const cliFile = fileURLToPath(new URL('../../../bin/orchestrator.js', import.meta.url));

export function commandFor(io: Io, id: string, config: string): ScheduledCommand {
  const usual = path.join(io.home, '.orchestrator');
  return {
    id,
    directory: realpathSync(io.cwd),
    argv: [process.execPath, cliFile, 'run', '--config', config],
    path: pathFor(io),
    envFile: path.join(io.env['XDG_CONFIG_HOME'] || path.join(io.home, '.config'), 'orchestrator', 'env'),
    ...(io.stateDir === usual ? {} : {stateDir: io.stateDir}),
  };
}

function pathFor({env}: Io): string {
  const system = ['/usr/local/bin', '/usr/bin', '/bin'];
  const git = findOnPath('git', env);
  return [...new Set([path.dirname(process.execPath), ...(git === undefined ? [] : [git]), ...system])].join(':');
}

/** Makes the file of keys when there is none; a file that others can read is refused. */
export function ensureEnvFile({envFile}: ScheduledCommand): void {
  if (!existsSync(envFile)) {
    makeFolder(path.dirname(envFile), 0o700);
    writeFileSync(
      envFile,
      '# One NAME=value a line, without quotes and without export, for example:\n# ANTHROPIC_API_KEY=...\n',
      {
        mode: 0o600,
        flag: 'wx',
      },
    );
    chmodSync(envFile, 0o600);
    return;
  }
  if ((statSync(envFile).mode & 0o077) !== 0) {
    throw new OrchestratorError('env-file-open', `${envFile} can be read by others`, {hint: `chmod 600 ${envFile}`});
  }
}

/** Plans the run with the environment that the scheduler will give it, and nothing of this shell. Throws what it says when it cannot start. */
export async function checkCommand(io: Io, command: ScheduledCommand): Promise<string> {
  const {argv, directory, envFile, stateDir} = command;
  const [program = '', ...args] = argv;
  const env = {
    HOME: io.home,
    PATH: command.path,
    ...(stateDir === undefined ? {} : {ORCHESTRATOR_HOME: stateDir}),
    ...readEnvFile(envFile),
  };
  const ended = await runCommand(program, [...args, '--dry-run', '--json'], {cwd: directory, env, timeoutMs: 300_000});
  const refuse = (said: string): never => {
    throw new OrchestratorError('schedule-check', `the run cannot start as the scheduler would start it: ${said}`, {
      hint: `keys for it stand in ${envFile}, one NAME=value a line; nothing was installed`,
    });
  };
  if (ended.exitCode !== 0) {
    const said = ended.stderr.toString().trim().split('\n').at(0) ?? '';
    refuse(said.replace(/^orchestrator: /, ''));
  }
  const {jobs, missing} = JSON.parse(ended.stdout.toString()) as {
    jobs: readonly {readonly verdict: string}[];
    missing: readonly string[];
  };
  if (missing[0] !== undefined) refuse(missing[0]);
  const count = (verdict: string): number => jobs.filter(job => job.verdict === verdict).length;
  const [run, same] = [count('run'), count('up-to-date')];
  return `${countOf(jobs.length, 'job')}: ${run} run, ${same} up to date, ${jobs.length - run - same} will fail`;
}

function readEnvFile(file: string): Record<string, string> {
  const lines = readFileSync(file, 'utf8').split('\n');
  return Object.fromEntries(
    lines.flatMap(line => {
      const match = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/.exec(line.trim());
      return match === null ? [] : [[match[1]!, match[2]!]];
    }),
  );
}
