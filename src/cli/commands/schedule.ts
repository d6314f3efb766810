import {existsSync, realpathSync} from 'node:fs';
import path from 'node:path';
import {OrchestratorError} from '../../domain/errors.ts';
import {findTargetTrees} from '../../run/target-trees.ts';
import {escapeLine} from '../../util/escape-text.ts';
import {shortenPath} from '../../util/expand-path.ts';
import {didYouMean} from '../../util/nearest-name.ts';
import {quoteText} from '../../util/quote-text.ts';
import {localZone} from '../../util/zoned-time.ts';
import {configurationClaim} from '../configuration-claim.ts';
import type {Io} from '../io.ts';
import {parseCount} from '../parse-count.ts';
import {type CronExpression, parseCron} from '../schedule/cron-expression.ts';
import {findScheduler, installers} from '../schedule/installers.ts';
import {checkCommand, commandFor, ensureEnvFile} from '../schedule/scheduled-command.ts';
import {readSchedules, type Schedule, type Scheduler, schedulers, writeSchedules} from '../schedule/schedules.ts';
import {nextTimes} from '../schedule/start-times.ts';
import {checkZone, formatTime} from '../schedule/zone.ts';

export interface ScheduleOptions {
  readonly config?: string;
  readonly as?: string;
  readonly name?: string;
  readonly zone?: string;
  readonly queue?: string;
  readonly count?: string;
  readonly json?: true;
}

/** Has this machine's scheduler, or the queue, start a task configuration. */
export async function installSchedule(io: Io, written: string, options: ScheduleOptions): Promise<number> {
  const cron = parseCron(written);
  const config = findConfiguration(io, options.config);
  if (options.config === undefined) await refuseForeign(io, config);
  const id = options.name ?? idOf(config);
  if (!/^[a-z0-9][a-z0-9-]{0,39}$/.test(id)) {
    throw new OrchestratorError('bad-flag', `--name — ${quoteText(id)} is not a name of small letters, digits and "-"`);
  }
  const wantedZone = options.zone === undefined ? localZone() : checkZone(options.zone);
  const chosen = options.as === undefined ? undefined : schedulerOf(options.as);
  if (chosen !== undefined && options.queue !== undefined) {
    throw new OrchestratorError('bad-flag', '--as and --queue name two places for one schedule', {
      hint: 'leave one of them out',
    });
  }
  // What was typed wins over the environment.
  if (io.queue !== undefined && chosen === undefined) {
    const {installInQueue} = await import('../schedule/queue-schedule.ts');
    const next = nextText(cron, wantedZone, 'queue');
    await installInQueue(io, io.queue, {id, cron, zone: wantedZone, config});
    io.out(`${id}: in the queue, for whichever worker is alive\n${next}`);
    return 0;
  }
  const as = chosen ?? (await findScheduler(io));
  const zone = as === 'github-actions' ? 'UTC' : wantedZone;
  const next = nextText(cron, zone, as);
  const command = commandFor(io, id, config);
  if (as === 'github-actions') {
    const {loadConfiguration} = await import('./run.ts');
    await loadConfiguration(io, {config, dryRun: true});
  } else {
    ensureEnvFile(command);
    const plan = await checkCommand(io, command);
    io.err(`checked with the environment of ${as}: ${escapeLine(plan)}\n`);
  }
  const before = readSchedules(io.stateDir);
  const old = before.find(schedule => schedule.id === id);
  if (old !== undefined && old.as !== as) await installers[old.as].remove(io, old);
  const files = await installers[as].install(io, {
    command,
    cron,
    config,
    zone: options.zone === undefined || wantedZone === localZone() ? undefined : wantedZone,
  });
  const claim = configurationClaim(realpathSync(config));
  const schedule: Schedule = {id, cron: cron.text, zone, as, config, claim, files, installedAt: Date.now()};
  await writeSchedules(io.stateDir, [...before.filter(other => other.id !== id), schedule]);
  io.out(`${id}: installed as ${as}${files.map(file => `\n  ${escapeLine(file)}`).join('')}\n${next}`);
  if (as === 'systemd') io.err('so that it also starts while you are logged out: loginctl enable-linger "$USER"\n');
  if (as !== 'github-actions') io.err(`keys are read from ${escapeLine(command.envFile)}\n`);
  else {
    io.err(
      'before it works: write where the action is instead of your-org/orchestrator, and make the secret ANTHROPIC_API_KEY\n',
    );
  }
  return 0;
}

/** The next starts of every schedule. */
export async function showSchedules(io: Io, options: ScheduleOptions): Promise<number> {
  const count = parseCount('--count', options.count ?? '5');
  const schedules = await listed(io);
  if (schedules.length === 0) {
    if (options.json) io.out('[]\n');
    else io.err('there is no schedule; make one with: orchestrator schedule install "30 22 * * 1-5"\n');
    return 0;
  }
  const rows = schedules.map(schedule => ({
    ...schedule,
    next: nextTimes(parseCron(schedule.cron), schedule, new Date(), count),
  }));
  if (options.json) {
    const shown = rows.map(({id, cron, zone, as, config, next}) => ({
      id,
      cron,
      zone,
      as,
      config,
      next: next.map(at => at.toISOString()),
    }));
    io.out(`${JSON.stringify(shown, undefined, 2)}\n`);
    return 0;
  }
  for (const {id, cron, zone, as, config, next} of rows) {
    io.out(
      `${id}  ${cron} (${zone}, ${as})  ${escapeLine(config)}\n${next.map(at => `  ${formatTime(at, zone)}\n`).join('')}`,
    );
  }
  return 0;
}

export async function removeSchedule(io: Io, id: string | undefined): Promise<number> {
  const schedules = await listed(io);
  const chosen =
    id === undefined && schedules.length === 1 ? schedules[0] : schedules.find(schedule => schedule.id === id);
  if (chosen === undefined) {
    const names = schedules.map(schedule => schedule.id);
    throw new OrchestratorError(
      'no-schedule',
      id === undefined ? 'say which schedule to remove' : `no schedule ${quoteText(id)}`,
      {
        hint:
          names.length === 0 ? 'there is none' : (didYouMean(id ?? '', names) ?? `schedules are ${names.join(', ')}`),
      },
    );
  }
  if (chosen.as === 'queue') {
    const {removeFromQueue} = await import('../schedule/queue-schedule.ts');
    await removeFromQueue(io, io.queue!, chosen.id);
  } else {
    const all = readSchedules(io.stateDir);
    const found = all.find(schedule => schedule.id === chosen.id)!;
    await installers[chosen.as].remove(io, found);
    await writeSchedules(
      io.stateDir,
      all.filter(schedule => schedule !== found),
    );
  }
  io.out(`${chosen.id}: removed from ${chosen.as}\n`);
  return 0;
}

export interface ListedSchedule extends Pick<Schedule, 'id' | 'cron' | 'zone' | 'config'> {
  readonly as: Scheduler | 'queue';
}

async function listed(io: Io): Promise<readonly ListedSchedule[]> {
  if (io.queue === undefined) return readSchedules(io.stateDir);
  const {listQueueSchedules} = await import('../schedule/queue-schedule.ts');
  return await listQueueSchedules(io, io.queue);
}

function nextText(cron: CronExpression, zone: string, as: Scheduler | 'queue'): string {
  const times = nextTimes(cron, {zone, as}, new Date(), 3);
  if (times.length === 0)
    throw new OrchestratorError('bad-schedule', `schedule "${cron.text}" never comes`, {hint: 'check day and month'});
  return `next: ${times.map(at => formatTime(at, zone)).join(', ')}\n`;
}

function schedulerOf(text: string): Scheduler {
  const found = schedulers.find(known => known === text);
  if (found !== undefined) return found;
  throw new OrchestratorError('bad-flag', `--as — no scheduler ${quoteText(text)}`, {
    hint: didYouMean(text, schedulers) ?? `schedulers are ${schedulers.join(', ')}`,
  });
}

const usualConfigurations = ['config/overnight.json', 'config/tasks.json'];

function findConfiguration(io: Io, given: string | undefined): string {
  const candidates = given === undefined ? usualConfigurations : [given];
  const found = candidates.map(file => path.resolve(io.cwd, file)).find(file => existsSync(file));
  if (found !== undefined) return realpathSync(found);
  if (given !== undefined) throw new OrchestratorError('no-configuration', `${escapeLine(given)} does not exist`);
  throw new OrchestratorError('no-configuration', 'no task configuration is given', {
    hint: 'name it with --config, or make one with: orchestrator init',
  });
}

/** A repo does not bring the configuration that works on it, unless that was named. */
async function refuseForeign(io: Io, config: string): Promise<void> {
  const {loadConfiguration} = await import('./run.ts');
  const {tasks} = await loadConfiguration(io, {config, dryRun: true});
  const held = findTargetTrees(
    tasks.flatMap(({repos}) => repos),
    io.cwd,
  ).holding(config);
  if (held === undefined) return;
  const name = shortenPath(config, io);
  throw new OrchestratorError(
    'foreign-configuration',
    `${escapeLine(name)} lies inside the repo ${quoteText(held.repo)}, which it works on`,
    {hint: `if it is yours, name it: --config ${name}`},
  );
}

function idOf(config: string): string {
  const name = path
    .basename(config)
    .replace(/\.[^.]*$/, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
  return name === '' ? 'run' : name.slice(0, 40);
}
