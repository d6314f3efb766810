import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {OrchestratorError} from '../../domain/errors.ts';
import {type Job, jobLabel} from '../../domain/job.ts';
import {JobFailure} from '../../domain/outcome.ts';
import type {Ledger} from '../../ledger/ledger.ts';
import {checkSupported} from '../../orchestrator/check-jobs.ts';
import {openRepoTools} from '../../orchestrator/repo-tools.ts';
import {describeStanding} from '../../report/log-line.ts';
import {reviewOf} from '../../report/review-state.ts';
import {inspectJob} from '../../run/inspect-job.ts';
import type {SkillLibrary} from '../../skills/skill-library.ts';
import {escapeLine} from '../../util/escape-text.ts';
import {chooseJobs, type JobChoice, type PastJob} from '../choose-jobs.ts';
import {withAnyLedger} from '../existing-ledger.ts';
import {type ExplainedJob, explainedText} from '../explain-text.ts';
import type {Io} from '../io.ts';
import {openPlaces} from '../places.ts';
import {isoTime} from '../time-text.ts';

export interface ExplainOptions extends JobChoice {
  readonly json?: true;
  /** The text that is sent, instead of why. */
  readonly prompt?: true;
  /** With `prompt`: what was sent in this run. */
  readonly run?: string;
}

/** For each skill of a repo: whether it would run now, and what is the same and what changed. Calls no model. */
export async function explain(io: Io, repo: string, options: ExplainOptions): Promise<number> {
  if (options.prompt) return await (await import('./explain-prompt.ts')).explainPrompt(io, repo, options);
  if (options.run !== undefined)
    throw new OrchestratorError('bad-flag', '--run needs --prompt', {
      hint: 'why a past job ended as it did: orchestrator history REPO',
    });
  const scratch = mkdtempSync(path.join(tmpdir(), 'orchestrator-explain-'));
  try {
    const look = async (ledger: Ledger): Promise<ExplainedJob[]> => {
      const history = (await ledger.jobsOfRepo(repo, 500)).filter(
        ({job}) => options.skill === undefined || job.skill === options.skill,
      );
      const jobs = await chooseJobs(io, repo, options, history, ledger);
      return await explainJobs(jobs, history, ledger, openPlaces(io, options).skills(), scratch);
    };
    const explained = await withAnyLedger(io, look);
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
