import {OrchestratorError} from '../domain/errors.ts';
import {asksNoModel, type Job} from '../domain/job.ts';
import type {JobRecord} from '../domain/run.ts';
import type {Ledger} from '../ledger/ledger.ts';
import {openModels} from '../orchestrator/open-models.ts';
import {planRun} from '../run/plan-run.ts';
import {didYouMean} from '../util/nearest-name.ts';
import {quoteText} from '../util/quote-text.ts';
import {withForgeSources} from './ask-forges.ts';
import {loadConfiguration} from './commands/run.ts';
import type {Io} from './io.ts';
import {openPlaces, type PlaceOptions} from './places.ts';

export interface JobChoice extends PlaceOptions {
  readonly skill?: string;
}

export type PastJob = JobRecord & {readonly runId: string};

/** Those of the task configuration that is given, else those that ran last, else what the flags alone would run. */
export async function chooseJobs(
  io: Io,
  repo: string,
  options: JobChoice,
  history: readonly PastJob[],
  ledger: Ledger,
): Promise<Job[]> {
  if (options.config === undefined && history.length > 0) {
    const newest = new Map<string, Job>();
    for (const {job} of history) if (!newest.has(job.id)) newest.set(job.id, job);
    return [...newest.values()];
  }
  const planned = await planJobs(io, repo, options, await ledger.repoNames());
  if (planned.length > 0) return planned;
  throw new OrchestratorError(
    'unknown-repo',
    `the configuration runs ${options.skill === undefined ? 'nothing' : quoteText(options.skill)} on ${quoteText(repo)}`,
    {
      hint: 'see: orchestrator list repos, orchestrator list skills',
    },
  );
}

async function planJobs(io: Io, repo: string, options: JobChoice, pastNames: readonly string[]): Promise<Job[]> {
  const {config, fleet, skillsDir, skill} = options;
  const places = {...(fleet === undefined ? {} : {fleet}), ...(skillsDir === undefined ? {} : {skillsDir})};
  const repos = await withForgeSources(io, false, probing => openPlaces(probing, options).fleet()?.repos ?? []);
  const known = [...repos.map(({name}) => name), ...pastNames];
  const isPath = repo.includes('/') && !known.includes(repo);
  if (!isPath && !known.includes(repo)) {
    throw new OrchestratorError('unknown-repo', `no repo ${quoteText(repo)}`, {
      hint: didYouMean(repo, known) ?? 'see: orchestrator list repos; or give its path, for example ./api',
    });
  }
  const configuration = await loadConfiguration(
    io,
    config === undefined
      ? {...places, ...(skill === undefined ? {} : {skill}), ...(isPath ? {repos: [repo]} : {repoNames: [repo]})}
      : {...places, config},
  );
  const {defaultModel} = await openModels(io.env, configuration.models);
  const tasks = configuration.tasks.map(task => ({
    ...task,
    models: asksNoModel(task) ? [] : (task.models ?? [defaultModel ?? 'offline']),
  }));
  return planRun(tasks, {date: new Date()}).filter(
    job => (isPath || job.repo === repo) && (skill === undefined || job.skill === skill),
  );
}
