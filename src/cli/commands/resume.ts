import {OrchestratorError} from '../../domain/errors.ts';
import {exitCodeOf} from '../../domain/outcome.ts';
import {isQueued, type JobRecord, type RunRecord} from '../../domain/run.ts';
import type {Skill} from '../../domain/skill.ts';
import type {Ledger} from '../../ledger/ledger.ts';
import {openLedger} from '../../orchestrator/open-ledger.ts';
import {planRetry, retryText} from '../../run/plan-retry.ts';
import type {RunSettings} from '../../run/run-settings.ts';
import {loadSkill} from '../../skills/load-skill.ts';
import {formatUsd} from '../../util/format-usd.ts';
import {ownProcess} from '../../util/process-identity.ts';
import {execute} from '../execute.ts';
import {findRun} from '../find-run.ts';
import type {Io} from '../io.ts';
import {placesHere} from '../places-here.ts';

export interface ResumeOptions {
  readonly json?: true;
  /** Where the results file goes; default: where it is. */
  readonly resultsDir?: string;
}

/** Finishes an interrupted or stopped run; a paused one goes on where it runs. */
export async function resume(io: Io, id: string | undefined, options: ResumeOptions): Promise<number> {
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
      await ledger.control(run.id, {paused: false});
      io.out(`${run.id} goes on\n`);
      return 0;
    }
    return await goOn(io, ledger, run, isUndone, options);
  } finally {
    await ledger.close();
  }
}

/** Runs failed jobs again, those that a retry can help. */
export async function retry(io: Io, id: string | undefined, options: ResumeOptions & {all?: true}): Promise<number> {
  const ledger = openLedger(io.stateDir, io.queue);
  try {
    const run = await findRun(ledger, id, candidate => !ledger.isHeld(candidate), 'that has ended');
    const all = options.all === true;
    const plan = await planRetry(ledger, run.id, await ledger.jobs(run.id), {all});
    const ids = new Set(plan.again.map(({job}) => job.id));
    const notes = plan.again.length === 0 ? [] : [`retry of ${retryText(plan)}`];
    return await goOn(io, ledger, run, ({job}) => ids.has(job.id), options, notes);
  } finally {
    await ledger.close();
  }
}

function isUndone({state, detail}: JobRecord): boolean {
  return state !== 'ended' || detail?.outcome.status === 'not-started';
}

async function goOn(
  io: Io,
  ledger: Ledger,
  run: RunRecord,
  chosen: (record: JobRecord) => boolean,
  {resultsDir, ...options}: ResumeOptions,
  announced: readonly string[] = [],
): Promise<number> {
  const json = options.json === true;
  if (isQueued(run) && io.queue !== undefined) {
    const {goOnQueued} = await import('../queue-run.ts');
    return await goOnQueued(io, io.queue, run.id, {chosen, resultsDir, json, notes: announced});
  }
  const before = await ledger.jobs(run.id);
  const again = before.filter(chosen);
  // A run that was killed when all its jobs had ended still needs its end: results, state and exit code.
  if (again.length === 0 && run.state !== 'running') {
    io.out(`${run.id}: nothing to do; every job has ended\n`);
    return exitCodeOf(before.flatMap(({detail}) => (detail === undefined ? [] : [detail.outcome])));
  }
  const settings = run.settings as RunSettings;
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
            `${lost.calls} calls were in flight when it was interrupted; at most ${formatUsd(lost.usd)} USD stay counted for them`,
          ]),
    ],
    resumed: true,
    json,
  });
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
