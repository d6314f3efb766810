import {existsSync, realpathSync} from 'node:fs';
import path from 'node:path';
import {ConfigurationError, OrchestratorError} from '../../domain/errors.ts';
import {type ForgeHost, wellKnownForges} from '../../domain/forge.ts';
import {asksNoModel, type Job} from '../../domain/job.ts';
import {noControl, type RunRecord, runId} from '../../domain/run.ts';
import {networkWithoutEffect, type SandboxSettings} from '../../domain/sandbox.ts';
import type {Skill} from '../../domain/skill.ts';
import type {Ledger} from '../../ledger/ledger.ts';
import type {Models} from '../../models/models.ts';
import {checkSandbox, describeUnknownTools} from '../../orchestrator/check-jobs.ts';
import {startContextThreads} from '../../orchestrator/context/start-context-threads.ts';
import {openLedger} from '../../orchestrator/open-ledger.ts';
import {openModels} from '../../orchestrator/open-models.ts';
import {removeLeftovers} from '../../report/results-file.ts';
import {checkPlan} from '../../run/check-plan.ts';
import {loadRunConfiguration, type RunConfiguration} from '../../run/load-run-configuration.ts';
import {planRun} from '../../run/plan-run.ts';
import {type RunSettings, toRunSettings} from '../../run/run-settings.ts';
import {countOf} from '../../util/count-of.ts';
import {formatUsd} from '../../util/format-usd.ts';
import {localClock, localDate} from '../../util/local-time.ts';
import {ownProcess} from '../../util/process-identity.ts';
import {withForgeSources} from '../ask-forges.ts';
import {configurationClaim, digestClaim, workClaim} from '../configuration-claim.ts';
import {detach} from '../detach.ts';
import {withEnvFile} from '../env-file.ts';
import {execute} from '../execute.ts';
import type {Io} from '../io.ts';
import {shippedSkillsDir} from '../places.ts';
import {makeResultsFolder} from '../results-folder.ts';
import {parseShard, type RunOptions, toFlags} from '../run-options.ts';

/** Plans and executes a run, or prints the plan. */
export async function run(given: Io, options: RunOptions): Promise<number> {
  const io = options.envFile === undefined ? given : withEnvFile(given, options.envFile, options.queue);
  const now = new Date();
  const shard = parseShard(options.shard);
  const configuration = await loadConfiguration(io, options);
  const models = await openModels(io.env, configuration.models);
  const tasks = configuration.tasks.map(task => ({
    ...task,
    models: asksNoModel(task)
      ? []
      : (task.models ?? [chooseModel(models, options.dryRun === true, io.queue !== undefined)]),
  }));
  const planned = planRun(tasks, {date: now, ...(shard === undefined ? {} : {shard})});
  const isHere = io.queue === undefined && !options.dryRun && !options.detach;
  const contextThreads = isHere ? startContextThreads(io.stateDir, planned.length) : undefined;
  const jobs = await withSharedBranches(planned, configuration.fleet.forges);
  if (configuration.settings.batch && io.queue !== undefined) {
    throw new OrchestratorError(
      'batch-in-queue',
      'batch prices and a queue do not go together: a batch is one machine waiting',
      {
        hint: 'leave --batch or "batch" out, or run without the queue',
      },
    );
  }
  if (configuration.settings.batch) {
    const {checkBatch} = await import('../check-batch.ts');
    await checkBatch(io, configuration.models, jobs);
  }
  const {problems, missing} = await checkPlan({
    configuration,
    jobs,
    flags: toFlags(options),
    env: io.env,
    models,
    callsHere: io.queue === undefined,
  });
  const faults = options.dryRun ? problems : [...problems, ...missing];
  if (faults.length > 0) throw new ConfigurationError(faults);
  const skillOf = (name: string): Skill | undefined =>
    configuration.tasks.find(({skill}) => skill.name === name)?.skill;
  const unknownTools = await describeUnknownTools(jobs, Object.keys(configuration.settings.mcp ?? {}), skillOf);
  if (options.dryRun)
    return await (await import('../dry-run.ts')).dryRun(io, {
      configuration,
      jobs,
      missing,
      notes: [...unknownTools, ...networkNotes(configuration.settings.sandbox)],
      json: options.json === true,
    });
  // Workers have sandboxes of their own.
  if (io.queue === undefined) await checkSandbox(jobs, configuration.settings.sandbox, skillOf);
  if (options.detach && io.queue === undefined) return await detach(io, options.json === true);

  const skills = new Map<string, Skill>(configuration.tasks.map(task => [task.skill.name, task.skill]));
  const settings = toRunSettings(
    configuration,
    [...skills.values()].map(({name, directory, digest}) => ({name, directory, digest})),
  );
  const notes = [
    ...configuration.overrides,
    ...configuration.notes,
    ...unknownTools,
    ...configuration.disabled.map(task => `task "${task.name}" is disabled`),
  ];
  if (io.queue !== undefined) {
    const {startQueuedRun} = await import('../queue-run.ts');
    return await startQueuedRun(io, io.queue, {
      recordAt: at => recordOf(io, configuration, options, at, settings),
      jobs,
      skills,
      notes,
      detach: options.detach === true,
      json: options.json === true,
    });
  }
  const ledger = openLedger(io.stateDir);
  try {
    let record = recordOf(io, configuration, options, now, settings);
    const interrupted = await closeInterrupted(ledger, record.claim);
    let {heldBy, nameTaken} = await ledger.startRun(record, jobs);
    while (nameTaken === true) {
      record = recordOf(io, configuration, options, new Date(), settings);
      ({heldBy, nameTaken} = await ledger.startRun(record, jobs));
    }
    if (heldBy !== undefined) {
      const since = new Date(heldBy.startedAt).toISOString();
      io.err(
        `orchestrator: this configuration is running already: ${heldBy.id} on ${heldBy.holder.host}, process ${heldBy.holder.pid}, since ${since}; see: orchestrator status\n`,
      );
      return 0;
    }
    return await execute(io, {
      ledger,
      run: record,
      settings,
      records: jobs.map(job => ({job, state: 'pending'})),
      skills,
      notes: [...interrupted, ...notes],
      resumed: false,
      json: options.json === true,
      ...(contextThreads === undefined ? {} : {contextThreads}),
    });
  } finally {
    await ledger.close();
  }
}

/** A plan does not know yet which sandbox there will be. */
function networkNotes(settings: SandboxSettings): string[] {
  const note = networkWithoutEffect(settings);
  return note === undefined || settings.minimum === 'strong' ? [] : [`where there is no strong sandbox, ${note}`];
}

/** Looks for jobs that would replace each other's branch, where any makes one. */
async function withSharedBranches(
  jobs: readonly Job[],
  forges: readonly ForgeHost[] = wellKnownForges,
): Promise<readonly Job[]> {
  if (jobs.every(({deliver}) => deliver === 'files' || deliver === 'patch')) return jobs;
  const {markSharedBranches} = await import('../../run/shared-branches.ts');
  return await markSharedBranches(jobs, forges);
}

export function loadConfiguration(io: Io, options: RunOptions): Promise<RunConfiguration> {
  const load = ({listings}: Io): RunConfiguration =>
    loadRunConfiguration({
      ...(options.config === undefined ? {} : {configFile: options.config}),
      flags: toFlags(options),
      cwd: io.cwd,
      home: io.home,
      env: io.env,
      orchestratorHome: io.stateDir,
      shippedSkillsDir,
      listings,
    });
  return withForgeSources(io, options.dryRun !== true, load);
}

/** A plan can do without a key; it then shows what would be asked with one. */
function chooseModel({defaultModel, usualModel}: Models, isPlan: boolean, isQueued: boolean): string {
  if (defaultModel !== undefined || isPlan) return defaultModel ?? usualModel;
  if (isQueued) {
    throw new OrchestratorError('no-model', 'no model is given, and the keys of the workers are not seen from here', {
      hint: 'name it in the configuration, "model" in its settings, or with --model',
    });
  }
  throw new OrchestratorError('no-model', 'no model is given and no key is set', {
    hint: 'set ANTHROPIC_API_KEY (or OPENAI_API_KEY, GOOGLE_GENERATIVE_AI_API_KEY), or try without a key: --model offline',
  });
}

/** Runs of the same claim whose process is gone are closed; the new run uses what they recorded. */
async function closeInterrupted(ledger: Ledger, claim: string): Promise<string[]> {
  const notes: string[] = [];
  for (const past of await ledger.runs({state: 'running'})) {
    if (past.claim !== claim) continue;
    const lost = await ledger.closeDeadRun(past.id);
    if (lost === undefined) continue;
    await removeLeftovers(past.resultsFile);
    const counts = await ledger.countJobs(past.id);
    const open = (counts.get('running') ?? 0) + (counts.get('pending') ?? 0);
    const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
    const paid =
      lost.calls === 0
        ? ''
        : `; ${countOf(lost.calls, 'call')} in flight stay counted at most ${formatUsd(lost.usd)} USD`;
    notes.push(
      `${past.id} was interrupted: ${total - open} of ${total} jobs had ended${paid}; this run uses its recorded replies`,
    );
  }
  return notes;
}

function recordOf(
  io: Io,
  configuration: RunConfiguration,
  options: RunOptions,
  now: Date,
  settings: RunSettings,
): RunRecord {
  const {description} = configuration;
  const {resultsDir, logFile} = configuration.settings;
  const id = runId(now, Math.random());
  return {
    id,
    claim: claimOf(io, options, configuration),
    state: 'running',
    holder: ownProcess(),
    heartbeatAt: now.getTime(),
    startedAt: now.getTime(),
    ...(description === undefined ? {} : {description}),
    command: commandOf(options),
    settings,
    control: noControl,
    resultsFile: resultsFile(resultsDir, now),
    ...(logFile === undefined ? {} : {logFile}),
  };
}

/** The same for the same configuration file, or for the same flags in the same folder; in a queue for the same work. */
function claimOf(io: Io, options: RunOptions, {configFile, tasks}: RunConfiguration): string {
  if (io.queue !== undefined) return workClaim(configFile, tasks, options.shard);
  const {json: _json, detach: _detach, queue: _queue, envFile: _envFile, ...rest} = options;
  return configFile === undefined
    ? digestClaim([realpathSync(io.cwd), rest])
    : configurationClaim(realpathSync(configFile), options.shard);
}

function commandOf(options: RunOptions): string[] {
  // The address of a queue holds a password.
  return Object.entries({...options, ...(options.queue === undefined ? {} : {queue: '…'})}).flatMap(([name, value]) => {
    const flag = `--${name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`;
    return value === true ? [flag] : [flag, ...(Array.isArray(value) ? value.map(String) : [String(value)])];
  });
}

function resultsFile(directory: string, now: Date): string {
  makeResultsFolder(directory);
  const time = localClock(now).replaceAll(':', '');
  const base = path.join(directory, `orchestrator_batch_${localDate(now).replaceAll('-', '')}_${time}`);
  for (let suffix = 1; ; suffix++) {
    const file = suffix === 1 ? `${base}.json` : `${base}_${suffix}.json`;
    if (!existsSync(file)) return file;
  }
}
