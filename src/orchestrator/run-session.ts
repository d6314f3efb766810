import {defaultSettings} from '../config/settings.ts';
import {wellKnownForges} from '../domain/forge.ts';
import {JobFailure} from '../domain/outcome.ts';
import {defaultSandboxSettings} from '../domain/sandbox.ts';
import type {Ledger} from '../ledger/ledger.ts';
import type {Limiter} from '../models/limiter.ts';
import type {JobTools} from '../run/job-tools.ts';
import type {ObtainReplyOptions} from '../run/obtain-reply.ts';
import type {RunGate} from '../run/run-gate.ts';
import type {RunSteering} from '../run/steer-run.ts';
import {type Clock, systemClock} from '../util/clock.ts';
import {localDate} from '../util/local-time.ts';
import {inZone, localZone, nextTime} from '../util/zoned-time.ts';
import {openDeliveries} from './deliveries.ts';
import type {ExecuteRunOptions} from './execute-run.ts';
import {openMcp} from './open-mcp.ts';
import {openModels} from './open-models.ts';
import {openRepoTools} from './repo-tools.ts';

export interface RunSessionOptions
  extends Pick<
    ExecuteRunOptions,
    'ledger' | 'run' | 'settings' | 'jobs' | 'skills' | 'stateDir' | 'env' | 'reporter' | 'contextThreads'
  > {
  /** Something changed that decides how many jobs may run at once. */
  readonly onChange: () => void;
  /** Default: what the run says. */
  readonly maxWorkers?: number;
  /** Other processes execute jobs of the run too. */
  readonly isShared?: boolean;
  /** Default: that of this machine. */
  readonly clock?: Clock;
}

/** What this process needs to execute jobs of one run. */
export interface RunSession {
  readonly gate: RunGate;
  readonly steering: RunSteering;
  maxWorkers(): number;
  /** Tools that record into this ledger. */
  toolsFor(ledger: Ledger): JobTools;
  /** By what replies are paid for. */
  payingFor(ledger: Ledger): ObtainReplyOptions;
  close(): Promise<void>;
}

export async function openRunSession(options: RunSessionOptions): Promise<RunSession> {
  const {run, settings, jobs, reporter, clock = systemClock} = options;
  const [
    {RunGate},
    {RepoUse},
    {RunSteering},
    {createObtainReply},
    {createStartJob, createWaitForRepo},
    {openTranscript, transcriptFile},
    {createReplySource},
    {createLimiter},
    {createSharedLimiter},
    {estimateTokens},
    {createRunSandbox},
    {createVerifyChange},
    {maskSecrets},
  ] = await Promise.all([
    import('../run/run-gate.ts'),
    import('../run/repo-use.ts'),
    import('../run/steer-run.ts'),
    import('../run/obtain-reply.ts'),
    import('../run/start-job.ts'),
    import('../report/transcript.ts'),
    import('../run/reply-source.ts'),
    import('../dispatch/limits.ts'),
    import('../dispatch/shared-limits.ts'),
    import('../context/estimate-tokens.ts'),
    import('../run/run-sandbox.ts'),
    import('../run/verify-change.ts'),
    import('../context/secrets.ts'),
  ]);
  const gate = new RunGate();
  const models = await openModels(options.env, settings.models);
  const runSandbox = createRunSandbox(
    async () =>
      (await import('../sandbox/open-sandbox.ts')).openSandbox({...defaultSandboxSettings, ...settings.sandbox}),
    (level, text) => reporter.report({type: 'run.noted', at: clock.now(), level, text}),
  );
  const openSandbox = runSandbox.open;
  const withAgents = options.isShared === true || jobs.some(({mode}) => mode === 'agent');
  const sandbox = withAgents
    ? await openSandbox().catch(error => {
        // Agents have file tools of ours, and say that commands cannot be run.
        if (!(error instanceof JobFailure)) throw error;
      })
    : undefined;
  const mcp = await openMcp(jobs, settings.mcp, {env: options.env, folder: options.stateDir});
  for (const text of mcp?.faults.values() ?? [])
    reporter.report({type: 'run.noted', at: clock.now(), level: 'warn', text});
  const places = {
    runId: run.id,
    openSandbox,
    ...(sandbox === undefined ? {} : {sandbox}),
    ...(mcp === undefined ? {} : {mcp}),
  };
  const remotes = {env: options.env, forges: settings.forges ?? wellKnownForges};
  const repos = await openRepoTools(options.stateDir, jobs, places, remotes, options.contextThreads);
  const verify = createVerifyChange({openSandbox, mask: maskSecrets});
  const limiters = new Map<string, ReturnType<typeof createLimiter>>();
  const sharedLimiters = new Map<string, Limiter>();
  const maxWorkers = (): number => options.maxWorkers ?? steering.control.maxWorkers ?? settings.maxWorkers;
  const {zone} = settings;
  const deadline =
    settings.deadline === undefined
      ? undefined
      : {
          time: `${settings.deadline}${zone === undefined || zone === localZone() ? '' : ` ${zone}`}`,
          at: run.deadlineAt ?? nextTime(settings.deadline, clock.now()),
        };
  const steering = new RunSteering(
    {
      runId: run.id,
      holder: run.holder,
      ledger: options.ledger,
      clock,
      gate,
      reporter,
      graceMs: settings.graceMs,
      isShared: options.isShared === true,
      ...(deadline === undefined ? {} : {deadline}),
      onChange: () => {
        for (const limiter of limiters.values()) limiter.setMaxInFlight(maxWorkers());
        options.onChange();
      },
    },
    run.control,
  );
  const delivery = openDeliveries({
    stateDir: options.stateDir,
    env: options.env,
    ledger: options.ledger,
    clock,
    signal: steering.signal,
    runId: run.id,
    forges: settings.forges ?? wellKnownForges,
    prPerHour: settings.prPerHour ?? defaultSettings.prPerHour,
    deadlineAt: deadline?.at,
    skillDigest: name => options.skills.get(name)?.digest ?? '',
  });
  const repoUse = new RepoUse();
  // Days of a budget are those of the machine that planned the run, so that all workers count into the same.
  const today = (): string => {
    const now = new Date(clock.now());
    return localDate(zone === undefined ? now : inZone(now, zone));
  };
  const payingFor = (ledger: Ledger): ObtainReplyOptions => {
    const starting = {runId: run.id, ledger, clock, gate, busyTimeoutMs: 30 * 60_000};
    const waitForRepo = createWaitForRepo(starting);
    const startJob = createStartJob(starting, waitForRepo);
    return {
      runId: run.id,
      ledger,
      clock,
      gate,
      startJob,
      waitForRepo,
      isRunShared: options.isShared === true,
      today,
      budget: () => {
        const runUsd = steering.control.budgetUsd ?? settings.budgetUsd;
        return {
          ...(runUsd === undefined ? {} : {runUsd}),
          ...(settings.budgetUsdPerDay === undefined ? {} : {dayUsd: settings.budgetUsdPerDay}),
          ...(settings.budgetUsdPerMonth === undefined ? {} : {monthUsd: settings.budgetUsdPerMonth}),
        };
      },
      source: createReplySource({
        models,
        configuration: settings.models,
        limiterOf: provider => {
          const limiter = limiters.get(provider) ?? createLimiter({maxInFlight: maxWorkers(), clock});
          limiters.set(provider, limiter);
          const limits = settings.models.providers[provider]?.limits;
          if (limits === undefined) return limiter;
          const shared =
            sharedLimiters.get(provider) ??
            createSharedLimiter({provider, limits, local: limiter, ledger: options.ledger, clock});
          sharedLimiters.set(provider, shared);
          return shared;
        },
        clock,
        random: Math.random,
        estimateTokens,
        ...(settings.maxAttempts === undefined ? {} : {maxCalls: settings.maxAttempts}),
        onRetry: (job, {error, waitMs}) =>
          reporter.report({type: 'job.retrying', at: clock.now(), job, cause: error.message, waitMs}),
      }),
    };
  };
  const expected = new Set<string>();
  const toolsFor = (ledger: Ledger): JobTools => {
    const paying = payingFor(ledger);
    return {
      ...repos,
      expectCalls(models) {
        for (const model of models.slice(0, 1)) {
          if (expected.has(model)) continue;
          expected.add(model);
          // First the question goes to the thread that makes the context.
          setImmediate(() => paying.source.prepare(model));
        }
      },
      runId: run.id,
      runStartedAt: run.startedAt,
      ledger,
      clock,
      today,
      gate,
      startJob: paying.startJob,
      verify,
      sandboxTier: runSandbox.tier,
      sandboxNetwork: runSandbox.network,
      repoUse: options.isShared ? new RepoUse() : repoUse,
      skill: name => options.skills.get(name)!,
      openTranscript: job => openTranscript(transcriptFile(options.stateDir, run.id, job)),
      onTurn: (job, {turn, startedAt, tools, isRecorded}, {model, replayed, reply}) =>
        reporter.report({
          type: 'turn.finished',
          at: clock.now(),
          startedAt,
          job,
          turn,
          model,
          usage: reply.usage,
          finishReason: reply.finishReason,
          replayed: replayed || isRecorded,
          tools,
        }),
      delivery,
      obtainReply: createObtainReply(paying),
    };
  };
  return {
    gate,
    steering,
    maxWorkers,
    toolsFor,
    payingFor,
    async close() {
      steering.end();
      await mcp?.close();
      await repos.close();
    },
  };
}
