import {hostname} from 'node:os';
import type {ScheduledPlan} from '../../dispatch/scheduled-run.ts';
import {OrchestratorError} from '../../domain/errors.ts';
import {asksNoModel} from '../../domain/job.ts';
import {toRunSettings} from '../../run/run-settings.ts';
import {packSkill} from '../../skills/skill-content.ts';
import {loadConfiguration} from '../commands/run.ts';
import type {ListedSchedule} from '../commands/schedule.ts';
import {workClaim} from '../configuration-claim.ts';
import type {Io} from '../io.ts';
import {packageVersion} from '../package-version.ts';
import {withQueue} from '../with-queue.ts';
import type {CronExpression} from './cron-expression.ts';
import {nextTimes} from './start-times.ts';

export interface QueueSchedule {
  readonly id: string;
  readonly cron: CronExpression;
  readonly zone: string;
  readonly config: string;
}

/** Keeps the plan of the configuration in the queue, as it is now, and has it started at its times by whichever worker is alive. */
export async function installInQueue(io: Io, url: string, {id, cron, zone, config}: QueueSchedule): Promise<void> {
  const configuration = await loadConfiguration(io, {config});
  const skills = new Map(configuration.tasks.map(({skill}) => [skill.name, skill]));
  const settings = toRunSettings(
    configuration,
    [...skills.values()].map(({name, directory, digest}) => ({name, directory, digest})),
  );
  const withoutModel = configuration.tasks.find(task => !asksNoModel(task) && (task.models ?? []).length === 0);
  if (withoutModel !== undefined) {
    throw new OrchestratorError('no-model', `task "${withoutModel.name}" names no model`, {
      hint: 'workers have keys of their own, so the configuration has to say which model is meant: "model" in its settings',
    });
  }
  const plan: Omit<ScheduledPlan, 'installedAt' | 'firstAt'> = {
    version: 1,
    id,
    config,
    claim: workClaim(config, configuration.tasks),
    ...(configuration.description === undefined ? {} : {description: configuration.description}),
    resultsDir: configuration.settings.resultsDir,
    zone,
    settings: {...settings, plannedOn: hostname(), plannedBy: packageVersion(), zone},
    tasks: configuration.tasks.map(({skill: {name, output, outputs}, index: _index, ...task}) => ({
      ...task,
      models: asksNoModel(task) ? [] : (task.models ?? []),
      skill: {name, outputs, ...(output === undefined ? {} : {output})},
    })),
  };
  await withQueue(io, url, async ({queue, ledger, clock}) => {
    await ledger.saveSkills([...skills.values()].map(packSkill));
    const installedAt = clock.now();
    const [first] = nextTimes(cron, {zone, as: 'queue'}, new Date(installedAt), 1);
    const moments = {installedAt, firstAt: first?.getTime() ?? installedAt};
    await queue.schedule({id, cron: cron.text, zone, plan: {...plan, ...moments}});
  });
}

export async function listQueueSchedules(io: Io, url: string): Promise<ListedSchedule[]> {
  return await withQueue(io, url, async ({queue}) =>
    (await queue.schedules()).map(({id, cron, zone, plan}) => ({
      id,
      cron,
      zone,
      config: plan.config,
      as: 'queue' as const,
    })),
  );
}

export async function removeFromQueue(io: Io, url: string, id: string): Promise<void> {
  await withQueue(io, url, async ({queue}) => await queue.unschedule(id));
}
