import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {OrchestratorError} from '../../domain/errors.ts';
import {asksNoModel, type Job, jobLabel} from '../../domain/job.ts';
import {JobFailure} from '../../domain/outcome.ts';
import type {JobRecord} from '../../domain/run.ts';
import type {Ledger} from '../../ledger/ledger.ts';
import {checkSupported} from '../../orchestrator/check-jobs.ts';
import {openLedger} from '../../orchestrator/open-ledger.ts';
import {openModels} from '../../orchestrator/open-models.ts';
import {openRepoTools} from '../../orchestrator/repo-tools.ts';
import {describeStanding} from '../../report/log-line.ts';
import {reviewOf} from '../../report/review-state.ts';
import {inspectJob} from '../../run/inspect-job.ts';
import {planRun} from '../../run/plan-run.ts';
import type {SkillLibrary} from '../../skills/skill-library.ts';
import {escapeLine} from '../../util/escape-text.ts';
import {didYouMean} from '../../util/nearest-name.ts';
import {quoteText} from '../../util/quote-text.ts';
import {withForgeSources} from '../ask-forges.ts';
import {withLedger} from '../existing-ledger.ts';
import {type ExplainedJob, explainedText} from '../explain-text.ts';
import type {Io} from '../io.ts';
import {openPlaces, type PlaceOptions} from '../places.ts';
import {isoTime} from '../time-text.ts';
import {loadConfiguration} from './run.ts';

export interface ExplainOptions extends PlaceOptions {
  readonly skill?: string;
  readonly json?: true;
}

/** For each skill of a repo: whether it would run now, and what is the same and what changed. Calls no model. */
export async function explain(io: Io, repo: string, options: ExplainOptions): Promise<number> {
  const scratch = mkdtempSync(path.join(tmpdir(), 'orchestrator-explain-'));
  try {
    const look = async (ledger: Ledger): Promise<ExplainedJob[]> => {
      const history = (await ledger.jobsOfRepo(repo, 500)).filter(
        ({job}) => options.skill === undefined || job.skill === options.skill,
      );
      const jobs = await chooseJobs(io, repo, options, history, ledger);
      return await explainJobs(jobs, history, ledger, openPlaces(io, options).skills(), scratch);
    };
    const explained = await withLedger(io, look, async () => {
      const empty = openLedger(scratch);
      return await look(empty).finally(() => empty.close());
    });
    io.out(
      options.json
        ? `${JSON.stringify(explained.map(toJson), undefined, 2)}\n`
        : explained.map(explainedText).join('\n'),
    );
    return 0;
  } finally {
    rmSync(scratch, {recursive: true, force: true});
  }
}

type PastJob = JobRecord & {readonly runId: string};

/** Those of the task configuration that is given, else those that ran last, else what the flags alone would run. */
async function chooseJobs(
  io: Io,
  repo: string,
  options: ExplainOptions,
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

async function planJobs(io: Io, repo: string, options: ExplainOptions, pastNames: readonly string[]): Promise<Job[]> {
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

async function explainJobs(
  jobs: readonly Job[],
  history: readonly PastJob[],
  ledger: Ledger,
  skills: SkillLibrary,
  scratch: string,
): Promise<ExplainedJob[]> {
  const repos = await openRepoTools(scratch, jobs);
  try {
    const explained: ExplainedJob[] = [];
    for (const job of jobs) {
      const last = history.find(record => record.job.id === job.id && record.detail !== undefined);
      const past = last === undefined ? undefined : await ledger.changes({runId: last.runId, jobId: job.id});
      const review = reviewOf(past?.[0]);
      explained.push({
        job,
        ...(last === undefined ? {} : {last}),
        ...(review === undefined ? {} : {review}),
        ...(await verdictOf(job, ledger, skills, repos)),
      });
    }
    return explained;
  } finally {
    await repos.close();
  }
}

async function verdictOf(
  job: Job,
  ledger: Ledger,
  skills: SkillLibrary,
  repos: Awaited<ReturnType<typeof openRepoTools>>,
): Promise<Pick<ExplainedJob, 'fault' | 'inspection'>> {
  const {skill, problem} = skills.load(job.skill);
  if (skill === undefined) return {fault: problem.message};
  try {
    checkSupported(job);
    return {inspection: await inspectJob(job, {...repos, ledger, skill: () => skill})};
  } catch (error) {
    if (error instanceof JobFailure) return {fault: `${error.failure.reason}: ${error.failure.message}`};
    if (error instanceof OrchestratorError) return {fault: error.message};
    throw error;
  }
}

function toJson({job, fault, inspection, last, review}: ExplainedJob): Record<string, unknown> {
  return {
    job: jobLabel(job),
    task: job.task,
    skill: job.skill,
    repo: job.repo,
    verdict: fault !== undefined ? 'fail' : inspection?.upToDate ? 'up-to-date' : 'run',
    message: fault ?? null,
    force: job.force,
    since: inspection?.since ?? null,
    changed: inspection?.changed ?? [],
    same: inspection?.same ?? [],
    touched: inspection?.touched ?? [],
    last:
      last?.detail === undefined
        ? null
        : {
            run: last.runId,
            outcome:
              last.detail.outcome.status === 'failed' ? last.detail.outcome.failure.reason : last.detail.outcome.status,
            text: escapeLine(describeStanding(last.detail.outcome, review)),
            ended_at: last.endedAt === undefined ? null : isoTime(last.endedAt),
          },
  };
}
