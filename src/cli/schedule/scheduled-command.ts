import {chmodSync, existsSync, realpathSync, statSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {OrchestratorError} from '../../domain/errors.ts';
import {countOf} from '../../util/count-of.ts';
import {findProgram} from '../../util/find-program.ts';
import {makeFolder} from '../../util/make-folder.ts';
import {runCommand} from '../../util/run-command.ts';
import {readEnvFile} from '../env-file.ts';
import type {Io} from '../io.ts';

/** What a scheduler starts, and with which environment. */
export interface ScheduledCommand {
  readonly id: string;
  readonly directory: string;
  /** Program and arguments. */
  readonly argv: readonly string[];
  /** PATH with the folders of node and git. */
  readonly path: string;
  /** NAME=value lines, for its owner alone; read by the program itself, so that every scheduler understands them alike. */
  readonly envFile: string;
  /** ORCHESTRATOR_HOME, when it is not the usual one. */
  readonly stateDir?: string;
}

const cliFile = fileURLToPath(new URL('../../../bin/orchestrator.js', import.meta.url));

export function commandFor(io: Io, id: string, config: string): ScheduledCommand {
  const usual = path.join(io.home, '.orchestrator');
  const envFile = envFileOf(io);
  return {
    id,
    directory: realpathSync(io.cwd),
    argv: [process.execPath, cliFile, 'run', '--config', config, '--env-file', envFile],
    path: pathFor(io),
    envFile,
    ...(io.stateDir === usual ? {} : {stateDir: io.stateDir}),
  };
}

/** Variables of what is scheduled on this machine. */
export function envFileOf({env, home}: Pick<Io, 'env' | 'home'>): string {
  return path.join(env['XDG_CONFIG_HOME'] || path.join(home, '.config'), 'orchestrator', 'env');
}

function pathFor({env}: Io): string {
  const system = ['/usr/local/bin', '/usr/bin', '/bin'];
  const git = findProgram('git', env);
  const folders = [process.execPath, ...(git === undefined ? [] : [git])].map(file => path.dirname(file));
  return [...new Set([...folders, ...system])].join(':');
}

/** Makes the file of keys when there is none; one that others can read, or that cannot work, is refused. */
export function ensureEnvFile({envFile}: ScheduledCommand): void {
  if (!existsSync(envFile)) {
    makeFolder(path.dirname(envFile), 0o700);
    writeFileSync(envFile, '# One NAME=value a line, for example:\n# ANTHROPIC_API_KEY=...\n', {
      mode: 0o600,
      flag: 'wx',
    });
    chmodSync(envFile, 0o600);
    return;
  }
  if ((statSync(envFile).mode & 0o077) !== 0) {
    throw new OrchestratorError('env-file-open', `${envFile} can be read by others`, {hint: `chmod 600 ${envFile}`});
  }
  const early = Object.keys(readEnvFile(envFile)).find(name => name.startsWith('NODE_'));
  if (early !== undefined) {
    throw new OrchestratorError('env-file-early', `${envFile} sets ${early}, which Node reads before the file`, {
      hint: 'set it in the crontab, with systemctl --user edit, or for the whole session',
    });
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
