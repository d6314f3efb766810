import {existsSync, readFileSync, realpathSync, rmSync} from 'node:fs';
import path from 'node:path';
import {OrchestratorError} from '../../domain/errors.ts';
import {escapeLine} from '../../util/escape-text.ts';
import {findProgram} from '../../util/find-program.ts';
import {makeFolder} from '../../util/make-folder.ts';
import {runCommand} from '../../util/run-command.ts';
import {writeAtomically} from '../../util/write-atomically.ts';
import type {Io} from '../io.ts';
import type {CronExpression} from './cron-expression.ts';
import {addToCrontab, removeFromCrontab} from './crontab.ts';
import {renderWorkflow} from './github-actions.ts';
import {labelOf, renderLaunchd} from './launchd.ts';
import type {ScheduledCommand} from './scheduled-command.ts';
import type {Schedule, Scheduler} from './schedules.ts';
import {renderSystemd} from './systemd.ts';

export interface Installation {
  readonly command: ScheduledCommand;
  readonly cron: CronExpression;
  /** Only when it is not that of the machine. */
  readonly zone: string | undefined;
  /** Absolute path of the task configuration. */
  readonly config: string;
}

/** One of the schedulers that a machine may have. */
export interface Installer {
  /** The files it keeps. Installing again replaces what was installed. */
  install(io: Io, installation: Installation): Promise<string[]>;
  remove(io: Io, schedule: Pick<Schedule, 'id' | 'files'>): Promise<void>;
}

export const installers: Readonly<Record<Scheduler, Installer>> = {
  systemd: {
    async install(io, {command, cron, zone}) {
      const folder = path.join(io.env['XDG_CONFIG_HOME'] || path.join(io.home, '.config'), 'systemd', 'user');
      const unit = unitOf(command.id);
      const {service, timer} = renderSystemd(command, cron, zone);
      const files = [path.join(folder, `${unit}.service`), path.join(folder, `${unit}.timer`)];
      const texts = [
        [files[0]!, service],
        [files[1]!, timer],
      ] as const;
      const reload = (): Promise<void> => call(io, 'systemctl', ['--user', 'daemon-reload']);
      await replaceFiles(texts, async () => {
        await reload();
        await call(io, 'systemctl', ['--user', 'enable', '--now', `${unit}.timer`]);
      }).catch(async error => {
        // What is told is why it was not enabled.
        await reload().catch(() => {});
        throw error;
      });
      return files;
    },
    async remove(io, {id, files}) {
      // A timer that is gone already is no trouble.
      await call(io, 'systemctl', ['--user', 'disable', '--now', `${unitOf(id)}.timer`]).catch(() => {});
      for (const file of files) rmSync(file, {force: true});
      await call(io, 'systemctl', ['--user', 'daemon-reload']);
    },
  },
  cron: {
    async install(io, {command, cron, zone}) {
      refuseZone('cron', zone);
      await writeCrontab(io, addToCrontab(await readCrontab(io), command, cron));
      return [];
    },
    async remove(io, {id}) {
      await writeCrontab(io, removeFromCrontab(await readCrontab(io), id));
    },
  },
  launchd: {
    async install(io, {command, cron, zone}) {
      refuseZone('launchd', zone);
      const file = path.join(io.home, 'Library', 'LaunchAgents', `${labelOf(command.id)}.plist`);
      const domain = `gui/${process.getuid?.() ?? 0}`;
      await replaceFiles([[file, renderLaunchd(command, cron)]], async () => {
        // One that is not loaded is no trouble.
        await call(io, 'launchctl', ['bootout', `${domain}/${labelOf(command.id)}`]).catch(() => {});
        await call(io, 'launchctl', ['bootstrap', domain, file]);
      });
      return [file];
    },
    async remove(io, {id, files}) {
      await call(io, 'launchctl', ['bootout', `gui/${process.getuid?.() ?? 0}/${labelOf(id)}`]).catch(() => {});
      for (const file of files) rmSync(file, {force: true});
    },
  },
  'github-actions': {
    async install(io, {command, cron, config, zone}) {
      if (zone !== undefined && zone !== 'UTC') refuseZone('GitHub Actions', zone, 'UTC');
      const file = path.join(io.cwd, '.github', 'workflows', `${unitOf(command.id)}.yml`);
      await writeFiles([[file, renderWorkflow(command.id, cron, placeInRepository(io, config))]]);
      return [file];
    },
    async remove(_io, {files}) {
      for (const file of files) rmSync(file, {force: true});
    },
  },
};

/** What the machine has, best first. @throws OrchestratorError when it has nothing. */
export async function findScheduler(io: Io): Promise<Scheduler> {
  if (process.platform === 'darwin') return 'launchd';
  if (await works(io, 'systemctl', ['--user', 'show-environment'])) return 'systemd';
  if (findProgram('crontab', io.env) !== undefined) return 'cron';
  throw new OrchestratorError('no-scheduler', 'this machine has neither systemd for users nor cron', {
    hint: 'install cron, or choose with --as: systemd, cron, launchd, github-actions',
  });
}

function unitOf(id: string): string {
  return `orchestrator-${id}`;
}

function refuseZone(scheduler: string, zone: string | undefined, only = 'the zone of the machine'): void {
  if (zone === undefined) return;
  throw new OrchestratorError('bad-flag', `--zone — ${scheduler} knows ${only} only`, {
    hint: 'leave --zone out, or use --as systemd or --queue',
  });
}

/** @throws OrchestratorError for a configuration that the checkout of the workflow will not have. */
function placeInRepository({cwd}: Io, config: string): string {
  const place = path.relative(realpathSync(cwd), config);
  if (place.startsWith('..') || path.isAbsolute(place) || place.includes('${{')) {
    throw new OrchestratorError(
      'schedule-outside',
      `${escapeLine(config)} is no file that a workflow of ${escapeLine(cwd)} could name`,
      {
        hint: 'go to the root of the repository that holds the configuration',
      },
    );
  }
  return place;
}

/** Puts back what stood there when it cannot be activated. */
async function replaceFiles(
  files: readonly (readonly [string, string])[],
  activate: () => Promise<void>,
): Promise<void> {
  const before = files.map(([file]) => (existsSync(file) ? readFileSync(file, 'utf8') : undefined));
  await writeFiles(files);
  try {
    await activate();
  } catch (error) {
    for (const [index, [file]] of files.entries()) {
      const text = before[index];
      if (text === undefined) rmSync(file, {force: true});
      else await writeFiles([[file, text]]);
    }
    throw error;
  }
}

async function writeFiles(files: readonly (readonly [string, string])[]): Promise<void> {
  for (const [file, text] of files) {
    try {
      makeFolder(path.dirname(file));
      await writeAtomically(file, text, {durable: true});
    } catch (error) {
      const {code} = error as NodeJS.ErrnoException;
      throw new OrchestratorError('schedule-unwritable', `${escapeLine(file)} cannot be written (${code})`, {
        cause: error,
      });
    }
  }
}

async function readCrontab(io: Io): Promise<string> {
  const listed = await runCommand('crontab', ['-l'], {env: io.env, timeoutMs: 30_000}).catch(missing('crontab'));
  if (listed.exitCode === 0) return listed.stdout.toString();
  // Said by every cron for a user who has none yet.
  if (/no crontab/i.test(listed.stderr)) return '';
  throw failed('crontab -l', listed.stderr);
}

async function writeCrontab(io: Io, text: string): Promise<void> {
  const written = await runCommand('crontab', ['-'], {env: io.env, input: text, timeoutMs: 30_000}).catch(
    missing('crontab'),
  );
  if (written.exitCode !== 0) throw failed('crontab -', written.stderr);
}

async function call(io: Io, program: string, args: readonly string[]): Promise<void> {
  const ended = await runCommand(program, args, {env: io.env, timeoutMs: 60_000}).catch(missing(program));
  if (ended.exitCode !== 0) throw failed(`${program} ${args.join(' ')}`, ended.stderr);
}

async function works(io: Io, program: string, args: readonly string[]): Promise<boolean> {
  if (findProgram(program, io.env) === undefined) return false;
  return (await runCommand(program, args, {env: io.env, timeoutMs: 10_000})).exitCode === 0;
}

function missing(program: string): (error: unknown) => never {
  return error => {
    throw new OrchestratorError('program-missing', `${program} cannot be started`, {
      hint: 'choose another scheduler with --as: systemd, cron, launchd, github-actions',
      cause: error,
    });
  };
}

function failed(what: string, stderr: string): OrchestratorError {
  const [said = ''] = stderr.trim().split('\n');
  return new OrchestratorError('scheduler-failed', `${what} failed${said === '' ? '' : `: ${escapeLine(said)}`}`);
}
