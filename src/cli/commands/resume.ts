import {settingsFromFlags} from '../../config/flag-settings.ts';
import {defined} from '../../config/resolve-settings.ts';
import {ConfigurationError, OrchestratorError} from '../../domain/errors.ts';
import {exitCodeOf} from '../../domain/outcome.ts';
import {isQueued, type JobRecord, type RunControl, type RunRecord} from '../../domain/run.ts';
import type {Skill} from '../../domain/skill.ts';
import type {Ledger} from '../../ledger/ledger.ts';
import {openLedger} from '../../orchestrator/open-ledger.ts';
import {planRetry, retryText} from '../../run/plan-retry.ts';
import type {RunSettings} from '../../run/run-settings.ts';
import {loadSkill} from '../../skills/load-skill.ts';
import {countOf} from '../../util/count-of.ts';
import {formatUsd} from '../../util/format-usd.ts';
import {ownProcess} from '../../util/process-identity.ts';
import {execute} from '../execute.ts';
import {findJobs} from '../find-jobs.ts';
import {findRun} from '../find-run.ts';
import type {Io} from '../io.ts';
import {placesHere} from '../places-here.ts';

/** What a run that goes on gets instead of what it was started with. */
export interface GoOnOptions {
  readonly json?: true;
  readonly budget?: string;
  readonly deadline?: string;
  readonly maxWorkers?: string;
  /** Where the results file goes; default: where it is. */
  readonly resultsDir?: string;
}

/** Finishes an interrupted or stopped run; a paused one goes on where it runs. */
export async function resume(io: Io, id: string | undefined, options: GoOnOptions): Promise<number> {
  const ledger = openLedger(io.stateDir, io.queue);
  try {
    const run = await findRun(
      ledger,
      id,
      candidate => candidate.state !== 'finished' || candidate.endReason !== undefined,
      'to resume',
    );
    if (ledger.isHeld(run)) {
      if (!run.control.paused && isQueued(run)) return await goOn(io, ledger, run, () => false, options);
      if (!run.control.paused)
        throw new OrchestratorError('run-goes-on', `${run.id} is running`, {hint: 'see: orchestrator status'});
      await ledger.control(run.id, {paused: false, ...controlOf(changesOf(options))});
      io.out(`${run.id} goes on\n`);
      return 0;
    }
    return await goOn(io, ledger, run, isUndone, options);
  } finally {
    await ledger.close();
  }
}

export interface RetryOptions extends GoOnOptions {
  readonly all?: true;
  /** Only these: by id, `skill/repo` or repo. */
  readonly job?: readonly string[];
}

/** Runs failed jobs again, those that a retry can help, or those that are named. */
export async function retry(io: Io, id: string | undefined, options: RetryOptions): Promise<number> {
  const ledger = openLedger(io.stateDir, io.queue);
  try {
    const run = await findRun(ledger, id, candidate => !ledger.isHeld(candidate), 'that has ended');
    const only = await findNamed(ledger, run, options.job);
    const choice = {all: options.all === true, ...(only === undefined ? {} : {only})};
    const plan = await planRetry(ledger, run.id, await ledger.jobs(run.id), choice);
    const ids = new Set(plan.again.map(({job}) => job.id));
    const notes = plan.again.length === 0 ? [] : [`retry of ${retryText(plan)}`];
    return await goOn(io, ledger, run, ({job}) => ids.has(job.id), options, notes);
  } finally {
    await ledger.close();
  }
}

async function findNamed(
  ledger: Ledger,
  run: RunRecord,
  names: readonly string[] | undefined,
): Promise<ReadonlySet<string> | undefined> {
  if (names === undefined) return undefined;
  const found = await Promise.all(names.map(name => findJobs(ledger, run, name)));
  return new Set(found.flat().map(({job}) => job.id));
}

function isUndone({state, detail}: JobRecord): boolean {
  return state !== 'ended' || detail?.outcome.status === 'not-started';
}

async function goOn(
  io: Io,
  ledger: Ledger,
  run: RunRecord,
  chosen: (record: JobRecord) => boolean,
  {resultsDir, ...options}: GoOnOptions,
  announced: readonly string[] = [],
): Promise<number> {
  const json = options.json === true;
  const changes = changesOf(options);
  await refuseSpent(ledger, run, changes);
  if (isQueued(run) && io.queue !== undefined) {
    if (changes.deadline !== undefined)
      throw new OrchestratorError('bad-flag', '--deadline — a run of the queue keeps the deadline it was started with');
    const {goOnQueued} = await import('../queue-run.ts');
    const control = controlOf(changes);
    return await goOnQueued(io, io.queue, run.id, {chosen, resultsDir, json, control, notes: announced});
  }
  const before = await ledger.jobs(run.id);
  const again = before.filter(chosen);
  // A run that was killed when all its jobs had ended still needs its end: results, state and exit code.
  if (again.length === 0 && run.state !== 'running') {
    io.out(`${run.id}: nothing to do; every job has ended\n`);
    return exitCodeOf(before.flatMap(({detail}) => (detail === undefined ? [] : [detail.outcome])));
  }
  const {deadline} = changes;
  const settings: RunSettings = {...(run.settings as RunSettings), ...(deadline === undefined ? {} : {deadline})};
  const places = placesHere(io, run, resultsDir);
  const {skills, notes} = loadSkills(settings, new Set(again.map(({job}) => job.skill)));
  const lost = await ledger.takeOverRun(run.id, ownProcess());
  if (lost === undefined) {
    throw new OrchestratorError('run-held', `${run.id} is held by another process`, {hint: 'see: orchestrator status'});
  }
  await ledger.reopenJobs(
    run.id,
    again.map(({job}) => job.id),
  );
  await ledger.moveResults(run.id, places.run.resultsFile);
  await ledger.control(run.id, controlOf(changes));
  const taken = await ledger.run(run.id);
  return await execute(io, {
    ledger,
    run: taken ?? run,
    settings,
    records: await ledger.jobs(run.id),
    skills,
    notes: [
      ...announced,
      ...places.notes,
      ...notes,
      ...(lost.calls === 0
        ? []
        : [
            `${countOf(lost.calls, 'call')} ${lost.calls === 1 ? 'was' : 'were'} in flight when it was interrupted; at most ${formatUsd(lost.usd)} USD stay counted`,
          ]),
    ],
    resumed: true,
    json,
  });
}

function changesOf({budget, deadline, maxWorkers}: GoOnOptions): Changes {
  const {settings, problems} = settingsFromFlags(defined({budget, deadline, maxWorkers}));
  if (problems.length > 0) throw new ConfigurationError(problems);
  return defined({budgetUsd: settings.budget_usd, deadline: settings.deadline, maxWorkers: settings.max_workers});
}

interface Changes extends Partial<Pick<RunControl, 'budgetUsd' | 'maxWorkers'>> {
  readonly deadline?: string;
}

function controlOf({deadline: _, ...control}: Changes): Partial<RunControl> {
  return control;
}

/** With less than it has spent already a run would end as it begins. */
async function refuseSpent(ledger: Ledger, run: RunRecord, {budgetUsd}: Changes): Promise<void> {
  if (budgetUsd === undefined) return;
  const {spentUsd} = await ledger.costOfRun(run.id);
  if (budgetUsd > spentUsd) return;
  throw new OrchestratorError(
    'bad-flag',
    `--budget — ${run.id} has spent ${spentUsd.toFixed(4)} USD already, and ${budgetUsd} is for all of it`,
    {hint: 'give more than that'},
  );
}

function loadSkills(
  settings: RunSettings,
  names: ReadonlySet<string>,
): {skills: ReadonlyMap<string, Skill>; notes: string[]} {
  const skills = new Map<string, Skill>();
  const notes: string[] = [];
  for (const {name, directory, digest} of settings.skills) {
    if (!names.has(name)) continue;
    const {skill, problems} = loadSkill(directory, {source: 'operator'});
    if (skill === undefined) {
      throw new OrchestratorError(
        'skill-gone',
        `skill "${name}" cannot be read any more: ${problems?.[0]?.message ?? directory}`,
        {
          hint: 'put it back, or start a new run',
        },
      );
    }
    if (skill.digest !== digest) notes.push(`skill "${name}" has changed since the run began; its new version is used`);
    skills.set(name, skill);
  }
  return {skills, notes};
}
