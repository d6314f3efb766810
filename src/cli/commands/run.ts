import {existsSync, realpathSync} from 'node:fs';
import path from 'node:path';
import {OrchestratorError} from '../../domain/errors.ts';
import {asksNoModel, type Job} from '../../domain/job.ts';
import {noControl, type RunRecord, runId} from '../../domain/run.ts';
import type {Skill} from '../../domain/skill.ts';
import type {Ledger} from '../../ledger/ledger.ts';
import {checkForges, checkSandbox, checkSupported} from '../../orchestrator/check-jobs.ts';
import {openLedger} from '../../orchestrator/open-ledger.ts';
import {openModels} from '../../orchestrator/open-models.ts';
import {removeLeftovers} from '../../report/results-file.ts';
import {loadRunConfiguration, type RunConfiguration} from '../../run/load-run-configuration.ts';
import {planRun} from '../../run/plan-run.ts';
import {type RunSettings, toRunSettings} from '../../run/run-settings.ts';
import {escapeLine} from '../../util/escape-text.ts';
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
    models: asksNoModel(task) ? [] : chooseModels(task.models, models.defaultModel),
  }));
  const jobs = planRun(tasks, {date: now, ...(shard === undefined ? {} : {shard})});
  for (const job of jobs) checkSupported(job);
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
  // Workers have keys of their own.
  const called = io.queue === undefined ? new Set(jobs.flatMap(job => job.models)) : [];
  for (const model of called) {
    const problem = models.check(model);
    if (problem !== undefined) throw new OrchestratorError('model-not-available', problem);
  }
  if (io.queue === undefined) checkForges(jobs, configuration.fleet.forges, io.env);
  await checkPrices(configuration, jobs);
  if (options.dryRun)
    return await (await import('../dry-run.ts')).dryRun(io, {configuration, jobs, json: options.json === true});
  // Workers have sandboxes of their own.
  if (io.queue === undefined) {
    const skillOf = (name: string): Skill | undefined =>
      configuration.tasks.find(({skill}) => skill.name === name)?.skill;
    await checkSandbox(jobs, configuration.settings.sandbox, skillOf);
  }
  if (options.detach && io.queue === undefined) return await detach(io, options.json === true);

  const skills = new Map<string, Skill>(configuration.tasks.map(task => [task.skill.name, task.skill]));
  const settings = toRunSettings(
    configuration,
    [...skills.values()].map(({name, directory, digest}) => ({name, directory, digest})),
  );
  const notes = [
    ...configuration.overrides,
    ...(configuration.fleet.notes ?? []),
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
    });
  } finally {
    await ledger.close();
  }
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

function chooseModels(models: readonly string[] | undefined, fallback: string | undefined): readonly string[] {
  if (models !== undefined && models.length > 0) return models;
  if (fallback !== undefined) return [fallback];
  throw new OrchestratorError('no-model', 'no model is given and no key is set', {
    hint: 'set ANTHROPIC_API_KEY (or OPENAI_API_KEY, GOOGLE_GENERATIVE_AI_API_KEY), or try without a key: --model offline',
  });
}

async function checkPrices({settings, models}: RunConfiguration, jobs: readonly Job[]): Promise<void> {
  const runBudget = settings.budgetUsd ?? settings.budgetUsdPerDay ?? settings.budgetUsdPerMonth;
  const limited = jobs.filter(job => runBudget !== undefined || job.taskBudgetUsd !== undefined);
  if (limited.length === 0) return;
  const foreign = limited.find(({agent}) => agent !== undefined)?.agent;
  if (foreign !== undefined) {
    throw new OrchestratorError(
      'price-unknown',
      `a budget is set, and what the agent "${escapeLine(foreign.name)}" costs is not known before it is paid`,
      {hint: 'leave the budget out for it, or use our own agent'},
    );
  }
  const {priceOf, unknownPrice} = await import('../../models/prices.ts');
  for (const model of new Set(limited.flatMap(job => job.models))) {
    if ((await priceOf(model, models)) === undefined) {
      throw new OrchestratorError('price-unknown', `a budget is set and there is ${unknownPrice(model)}`);
    }
  }
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
        : `; ${lost.calls} calls were in flight and stay counted at most ${lost.usd.toFixed(4)} USD`;
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
