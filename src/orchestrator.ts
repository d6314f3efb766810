import path from 'node:path';
import type {Delivery} from './delivery/delivery.ts';
import type {Forge} from './delivery/forge.ts';
import type {Dispatcher} from './dispatch/dispatcher.ts';
import type {QueueTimes} from './dispatch/job-queue.ts';
import type {PostgresQueue} from './dispatch/postgres-queue.ts';
import type {QueueWorker, WorkerOptions} from './dispatch/worker.ts';
import {OrchestratorError} from './domain/errors.ts';
import type {Reporter} from './domain/event.ts';
import {
  type ForgeHost,
  type ForgeQuery,
  findForgeAddress,
  forgeCredential,
  forgeToken,
  wellKnownForges,
} from './domain/forge.ts';
import type {DeliveryKind, Job} from './domain/job.ts';
import type {ModelRequest} from './domain/model.ts';
import type {ModelsConfiguration} from './domain/models-configuration.ts';
import type {Outcome} from './domain/outcome.ts';
import type {RunRecord} from './domain/run.ts';
import {defaultSandboxSettings, type SandboxSettings} from './domain/sandbox.ts';
import type {Mode as ModeName, Skill} from './domain/skill.ts';
import type {ForgeListings} from './fleet/forge-listings.ts';
import {type Database, deferDatabase} from './ledger/database.ts';
import type {Ledger} from './ledger/ledger.ts';
import type {SharedLedger} from './ledger/shared-ledger.ts';
import {createLedger} from './ledger/sql-ledger.ts';
import {openSqlite} from './ledger/sqlite.ts';
import type {BatchModels} from './models/batch-models.ts';
import type {Limiter} from './models/limiter.ts';
import type {Models} from './models/models.ts';
import type {Tool} from './modes/agent/tool.ts';
import type {Mode} from './modes/mode.ts';
import type {BatchTimes, GroupLimits} from './run/batch-times.ts';
import type {AcceptedChange, LaterResult} from './run/deliver-accepted.ts';
import type {JobTools, OpenRepo} from './run/job-tools.ts';
import type {ObtainReplyOptions} from './run/obtain-reply.ts';
import type {RunGate} from './run/run-gate.ts';
import type {RunEnd} from './run/run-jobs.ts';
import type {RunSettings} from './run/run-settings.ts';
import type {RunSteering} from './run/steer-run.ts';
import type {OpenedSandbox} from './sandbox/open-sandbox.ts';
import type {Sandbox} from './sandbox/sandbox.ts';
import {type Clock, systemClock} from './util/clock.ts';
import type {Mirrors} from './workspace/mirrors.ts';
import type {RemoteGit} from './workspace/remote-git.ts';
import type {Identity} from './workspace/seal-commit.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Opens the ledger of this machine, `state.db` in the state folder, or the one that all machines of a queue share; makes it when it is not there. */
export function openLedger(stateDir: string, queueUrl?: string): Ledger {
  const database = queueUrl === undefined ? openSqlite(path.join(stateDir, 'state.db')) : openLater(queueUrl);
  return createLedger(database, systemClock);
}

/** The driver is loaded by the first who asks for it. */
function openLater(queueUrl: string): Database {
  return deferDatabase(async () => {
    const {openPostgres} = await import('./ledger/postgres.ts');
    return await openPostgres(queueUrl, {clock: systemClock});
  });
}

export async function openModels(env: Env, configuration: ModelsConfiguration): Promise<Models> {
  const [{createModels}, {createOfflineModel}] = await Promise.all([
    import('./models/models.ts'),
    import('./models/offline-model.ts'),
  ]);
  return createModels({env, configuration, clock: systemClock, offline: createOfflineModel()});
}

export async function openBatchModels(env: Env, configuration: ModelsConfiguration): Promise<BatchModels> {
  const {createBatchModels} = await import('./models/batch-models.ts');
  return createBatchModels({env, configuration, clock: systemClock});
}

/** What can be read of repos, without a model and without writing. */
export type RepoTools = Pick<JobTools, 'openRepo' | 'buildContext' | 'mode' | 'holdsBlob' | 'diff' | 'judgeChange'> & {
  /** Estimated tokens of what would be sent. */
  countTokens(request: Pick<ModelRequest, 'system' | 'prompt' | 'tools'>): number;
  close(): Promise<void>;
};

/** What only a run has: an id, and a sandbox. */
interface RunPlaces {
  readonly runId: string;
  readonly openSandbox: () => Promise<Sandbox>;
  /** For agents; absent where they work without commands. */
  readonly sandbox?: Sandbox;
  /** Tools of the operator's MCP servers, for agents. */
  readonly moreTools?: readonly Tool[];
}

/** How repos are reached that have no path on this machine. */
interface Remotes {
  readonly env: Env;
  readonly forges: readonly ForgeHost[];
}

export async function openRepoTools(
  stateDir: string,
  jobs: readonly Job[],
  places: RunPlaces = noRun,
  remotes: Remotes = {env: process.env, forges: wellKnownForges},
): Promise<RepoTools> {
  const [
    {openObjectStore},
    {buildContext},
    {buildBareContext},
    {createScriptMode},
    {renderContext},
    {findSecrets, maskSecrets, secretNameRule},
    {createSimpleMode},
    {createAgentMode},
    {createForeignAgentMode},
    {holdsBlob},
    {estimateTokens},
    {makeChange},
    {createCheckouts},
    {judgeChange},
    {defaultChangeLimits},
    {realpath},
  ] = await Promise.all([
    import('./workspace/object-store.ts'),
    import('./context/build-context.ts'),
    import('./context/build-bare-context.ts'),
    import('./modes/script.ts'),
    import('./context/render-context.ts'),
    import('./context/secrets.ts'),
    import('./modes/simple.ts'),
    import('./modes/agent/agent.ts'),
    import('./modes/agent/foreign-agent.ts'),
    import('./util/holds-blob.ts'),
    import('./context/estimate-tokens.ts'),
    import('./workspace/make-change.ts'),
    import('./workspace/checkout.ts'),
    import('./delivery/policy/judge-change.ts'),
    import('./domain/job.ts'),
    import('node:fs/promises'),
  ]);
  const gitDirectory = path.join(stateDir, 'git');
  const store = await openObjectStore({directory: gitDirectory});
  const checkouts = createCheckouts({directory: path.join(stateDir, 'workspaces'), gitDirectory});
  let opened: Promise<Mirrors> | undefined;
  const mirrors = (): Promise<Mirrors> => {
    opened ??= openMirrors(stateDir, remotes);
    return opened;
  };
  store.plan(jobs.flatMap(job => job.path ?? []));
  const script = createScriptMode({...places, mask: maskSecrets, workspaces: path.join(stateDir, 'workspaces')});
  const simple = createSimpleMode({renderContext, findSecrets: async (file, text) => await findSecrets(file, text)});
  const agent = createAgentMode({
    ...(places.sandbox === undefined ? {} : {sandbox: places.sandbox}),
    renderContext,
    estimateTokens,
    findSecrets,
    secretNameRule,
    maskSecrets,
    programPath: process.env['PATH'] ?? '',
    clock: systemClock,
    ...(places.moreTools === undefined ? {} : {moreTools: places.moreTools}),
    foreign: createForeignAgentMode({
      renderContext,
      estimateTokens,
      maskSecrets,
      clock: systemClock,
      stallMs: 5 * 60_000,
      env: remotes.env,
    }),
  });
  return {
    async openRepo(job, commit): Promise<OpenRepo> {
      const head = await store.open(job.path ?? (await (await mirrors()).refresh(job.url!, job.branch)));
      const reader = (commit === undefined ? undefined : await head.at(commit)) ?? head;
      const {workTree} = reader.location;
      return {
        reader,
        key: job.path === undefined ? urlKey(job) : await realpath(workTree ?? job.path),
        ...(workTree === undefined ? {} : {workTree}),
        openCheckout: options => checkouts.create(reader, options),
        release: () => reader.release(),
      };
    },
    async buildContext(repo, job, skill, normalise) {
      const shared = {
        reader: repo.reader,
        repo: {name: job.repo, ...(job.description === undefined ? {} : {description: job.description})},
        normalise,
      };
      const build = job.mode === 'script' ? buildBareContext : buildContext;
      const built = await build({
        ...shared,
        skill,
        maxTokens: job.contextTokens,
      });
      return {
        context: built.context,
        entries: new Map(built.entries.map(entry => [entry.path, entry])),
        digests: built.digests,
      };
    },
    mode(name: ModeName): Mode {
      if (name === 'simple') return simple;
      if (name === 'agent') return agent;
      if (name === 'script') return script;
      throw new Error(`mode ${name} was refused when the run was planned`);
    },
    holdsBlob,
    diff: makeChange,
    judgeChange: (job, change) =>
      judgeChange(change, {
        ...(job.changeLimits ?? defaultChangeLimits),
        // What the operator said is written needs no second word; an agent or a script writes what it likes.
        outputs: job.mode === 'simple' ? job.outputs : [],
        findSecrets: async (file, text) => await findSecrets(file, text),
      }),
    countTokens: ({system, prompt, tools}) =>
      estimateTokens(system) +
      estimateTokens(prompt) +
      (tools === undefined ? 0 : estimateTokens(JSON.stringify(tools))),
    close: () => store.close(),
  };
}

export interface ExecuteRunOptions {
  readonly ledger: Ledger;
  readonly run: RunRecord;
  readonly settings: RunSettings;
  /** Jobs to execute, in the order of the plan. */
  readonly jobs: readonly Job[];
  /** Outcomes of jobs that ended earlier and stay. */
  readonly ended: readonly Outcome[];
  readonly skills: ReadonlyMap<string, Skill>;
  readonly stateDir: string;
  readonly env: Env;
  readonly reporter: Reporter;
  readonly batchBounds: BatchTimes & GroupLimits;
  /** Gets the handle by which signals stop the run. */
  readonly onSteering: (steering: {stop(text: string): void; stopNow(text: string): void}) => void;
}

/** Executes the jobs of a recorded run on this machine, to its recorded end. */
export async function executeRun(options: ExecuteRunOptions): Promise<RunEnd> {
  const {ledger, run, settings, jobs, reporter} = options;
  const [{runJobs}, {createLocalDispatcher}] = await Promise.all([
    import('./run/run-jobs.ts'),
    import('./dispatch/local.ts'),
  ]);
  const session = await openRunSession({...options, onChange: () => local.refresh()});
  const {steering, gate} = session;
  const local = createLocalDispatcher({
    maxWorkers: () => (steering.control.paused && gate.jobsClosed === undefined ? 0 : session.maxWorkers()),
    parallel: settings.parallel,
  });
  const single = {tools: session.toolsFor(ledger), dispatcher: local};
  const {tools, dispatcher} = settings.batch ? await inBatches(single, session, options) : single;
  options.onSteering({
    stop: text => steering.stop('stopped', text),
    stopNow: text => steering.stopNow('stopped', text),
  });
  try {
    return await runJobs({
      run,
      jobs,
      ended: options.ended,
      tools,
      dispatcher,
      reporter,
      signal: steering.signal,
      abort: error =>
        steering.stopNow('stopped', `the run cannot go on: ${error instanceof Error ? error.message : String(error)}`),
    });
  } finally {
    await session.close();
  }
}

async function inBatches(
  single: {tools: JobTools; dispatcher: Dispatcher},
  {payingFor, steering}: RunSession,
  {ledger, env, settings, reporter, batchBounds}: ExecuteRunOptions,
): Promise<typeof single> {
  const [{withBatches}, models] = await Promise.all([
    import('./dispatch/with-batches.ts'),
    openBatchModels(env, settings.models),
  ]);
  return withBatches({
    ...single,
    paying: payingFor(ledger),
    models,
    reporter,
    times: batchBounds,
    limits: batchBounds,
    signal: steering.signal,
    isStopNow: () => steering.control.stop === 'now',
  });
}

export interface RunSessionOptions
  extends Pick<ExecuteRunOptions, 'ledger' | 'run' | 'settings' | 'jobs' | 'skills' | 'stateDir' | 'env' | 'reporter'> {
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
    {RunSteering, nextTime},
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
    import('./run/run-gate.ts'),
    import('./run/repo-use.ts'),
    import('./run/steer-run.ts'),
    import('./run/obtain-reply.ts'),
    import('./run/start-job.ts'),
    import('./report/transcript.ts'),
    import('./run/reply-source.ts'),
    import('./dispatch/limits.ts'),
    import('./dispatch/shared-limits.ts'),
    import('./context/estimate-tokens.ts'),
    import('./run/run-sandbox.ts'),
    import('./run/verify-change.ts'),
    import('./context/secrets.ts'),
  ]);
  const gate = new RunGate();
  const models = await openModels(options.env, settings.models);
  const runSandbox = createRunSandbox(
    async () => (await import('./sandbox/open-sandbox.ts')).openSandbox(settings.sandbox ?? defaultSandboxSettings),
    (level, text) => reporter.report({type: 'run.noted', at: clock.now(), level, text}),
  );
  const openSandbox = runSandbox.open;
  const {JobFailure} = await import('./domain/outcome.ts');
  const withAgents = options.isShared === true || jobs.some(({mode}) => mode === 'agent');
  const sandbox = withAgents
    ? await openSandbox().catch(error => {
        // Agents have file tools of ours, and say that commands cannot be run.
        if (!(error instanceof JobFailure)) throw error;
      })
    : undefined;
  const mcp =
    withAgents && settings.mcp !== undefined
      ? await (await import('./modes/agent/mcp-tools.ts')).openMcpTools(settings.mcp, options.env)
      : undefined;
  const places = {
    runId: run.id,
    openSandbox,
    ...(sandbox === undefined ? {} : {sandbox}),
    ...(mcp === undefined ? {} : {moreTools: mcp.tools}),
  };
  const repos = await openRepoTools(options.stateDir, jobs, places, {
    env: options.env,
    forges: settings.forges ?? wellKnownForges,
  });
  const verify = createVerifyChange({openSandbox, mask: maskSecrets});
  const limiters = new Map<string, ReturnType<typeof createLimiter>>();
  const sharedLimiters = new Map<string, Limiter>();
  const maxWorkers = (): number => options.maxWorkers ?? steering.control.maxWorkers ?? settings.maxWorkers;
  const steering = new RunSteering(
    {
      runId: run.id,
      holder: run.holder,
      ledger: options.ledger,
      clock,
      gate,
      reporter,
      graceMs: settings.graceMs,
      ...(settings.deadline === undefined ? {} : {deadline: settings.deadline}),
      ...(options.isShared ? {deadlineAfter: run.startedAt} : {}),
      onChange: () => {
        for (const limiter of limiters.values()) limiter.setMaxInFlight(maxWorkers());
        options.onChange();
      },
    },
    run.control,
  );
  const deadlineAfter = options.isShared ? run.startedAt : clock.now();
  const delivery = await openDeliveries({
    stateDir: options.stateDir,
    env: options.env,
    ledger: options.ledger,
    clock,
    signal: steering.signal,
    runId: run.id,
    forges: settings.forges ?? wellKnownForges,
    prPerHour: settings.prPerHour ?? defaultPrPerHour,
    deadlineAt: settings.deadline === undefined ? undefined : nextTime(settings.deadline, deadlineAfter),
    skillDigest: name => options.skills.get(name)?.digest ?? '',
  });
  const repoUse = new RepoUse();
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
  const toolsFor = (ledger: Ledger): JobTools => {
    const paying = payingFor(ledger);
    return {
      ...repos,
      runId: run.id,
      runStartedAt: run.startedAt,
      ledger,
      clock,
      gate,
      startJob: paying.startJob,
      verify,
      sandboxTier: runSandbox.tier,
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

/** The ways in which a change leaves, in a run and after it. Each is loaded when a change first leaves so. */
interface DeliverySettings {
  readonly stateDir: string;
  readonly env: Env;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly runId: string;
  readonly forges: readonly ForgeHost[];
  readonly prPerHour: number;
  /** Milliseconds since 1970. */
  readonly deadlineAt: number | undefined;
  readonly skillDigest: (skill: string) => string;
}

async function openDeliveries(settings: DeliverySettings): Promise<(kind: DeliveryKind) => Delivery> {
  const {stateDir, env, forges} = settings;
  const {createFilesDelivery} = await import('./delivery/files.ts');
  const files = createFilesDelivery();
  const patch = later(async () =>
    (await import('./delivery/patch.ts')).createPatchDelivery({directory: path.join(stateDir, 'runs')}),
  );
  const branch = later(async () => {
    const [{createBranchDelivery}, {createBranches}] = await Promise.all([
      import('./delivery/branch.ts'),
      import('./workspace/branches.ts'),
    ]);
    const directory = path.join(stateDir, 'workspaces');
    return createBranchDelivery({
      branches: createBranches({directory, remoteGit: await openRemoteGit(env, forges), ...authorOf(env)}),
    });
  });
  const pullRequest = later(async () => {
    const [{createPullRequestDelivery}, {createPullRequestPace}, {createBranches}] = await Promise.all([
      import('./delivery/pull-request.ts'),
      import('./delivery/pull-request-pace.ts'),
      import('./workspace/branches.ts'),
    ]);
    const directory = path.join(stateDir, 'workspaces');
    return createPullRequestDelivery({
      ...settings,
      openForge: await openForges(env),
      branches: createBranches({directory, remoteGit: await openRemoteGit(env, forges), ...authorOf(env)}),
      pace: createPullRequestPace({...settings, perHour: settings.prPerHour}),
    });
  });
  return kind => {
    switch (kind) {
      case 'files':
        return files;
      case 'patch':
        return patch;
      case 'branch':
        return branch;
      case 'pull-request':
        return pullRequest;
      default:
        return kind satisfies never;
    }
  };
}

/** A delivery that is loaded when it is first used. */
function later(load: () => Promise<Delivery>): Delivery {
  let loaded: Promise<Delivery> | undefined;
  const delivery = (): Promise<Delivery> => {
    loaded ??= load();
    return loaded;
  };
  return {
    check: async request => (await delivery()).check(request),
    deliver: async request => (await delivery()).deliver(request),
  };
}

async function openMirrors(stateDir: string, {env, forges}: Remotes): Promise<Mirrors> {
  const {createMirrors} = await import('./workspace/mirrors.ts');
  return createMirrors({directory: path.join(stateDir, 'mirrors'), remoteGit: await openRemoteGit(env, forges)});
}

/** What a repo without a path is called in the ledger; never with a password. */
function urlKey({url = '', branch}: Job): string {
  const shown = url.replace(/\/\/[^/@]*@/, '//');
  return branch === undefined ? shown : `${shown} ${branch}`;
}

/** Who is named in commits, as git itself is told; undefined: us. */
function authorOf(env: Env): {readonly identity?: Identity} {
  const {GIT_AUTHOR_NAME: name, GIT_AUTHOR_EMAIL: email} = env;
  return name === undefined || email === undefined ? {} : {identity: {name, email}};
}

/** git on its way to remotes, with the operator's own environment and tokens. */
async function openRemoteGit(env: Env, forges: readonly ForgeHost[]): Promise<RemoteGit> {
  const {RemoteGit} = await import('./workspace/remote-git.ts');
  return new RemoteGit({env, credential: origin => forgeCredential(origin, forges, env)});
}

export interface ChangeDelivery {
  deliver(accepted: AcceptedChange): Promise<LaterResult>;
  close(): Promise<void>;
}

/** Delivers what a person has accepted, outside of a run. */
export async function openChangeDelivery(
  ledger: Ledger,
  stateDir: string,
  jobs: readonly Job[],
  runs: readonly RunRecord[],
  env: Env,
): Promise<ChangeDelivery> {
  const settings = runs.map(run => run.settings as Partial<RunSettings>);
  const forges = [...settings.flatMap(one => one.forges ?? []), ...wellKnownForges];
  const digests = new Map(settings.flatMap(one => (one.skills ?? []).map(({name, digest}) => [name, digest])));
  const [{deliverAccepted}, delivery, repos] = await Promise.all([
    import('./run/deliver-accepted.ts'),
    openDeliveries({
      stateDir,
      env,
      ledger,
      clock: systemClock,
      // Whoever waits for it can press Ctrl-C.
      signal: new AbortController().signal,
      runId: runs[0]?.id ?? '',
      forges: forges.filter(({host}, index) => forges.findIndex(one => one.host === host) === index),
      prPerHour: Math.min(...settings.map(one => one.prPerHour ?? defaultPrPerHour)),
      deadlineAt: undefined,
      skillDigest: name => digests.get(name) ?? '',
    }),
    openRepoTools(stateDir, jobs, noRun, {env, forges}),
  ]);
  return {
    deliver: accepted => deliverAccepted(accepted, {...repos, delivery, ledger}),
    close: () => repos.close(),
  };
}

/** The queue that several machines share, and its ledger. */
export interface OpenQueue {
  readonly ledger: SharedLedger;
  readonly queue: PostgresQueue;
  /** In the time of the database server, which all machines share. */
  readonly clock: Clock;
  /** @throws OrchestratorError when another version has changed the database since. */
  checkVersion(): Promise<void>;
  /** Not for those who gave the queue to a worker. */
  close(): Promise<void>;
}

export async function openQueue(
  url: string,
  options: {readonly isWorker: boolean; readonly times: QueueTimes; readonly onError: (error: Error) => void},
): Promise<OpenQueue> {
  const [{openPostgres}, {createSharedLedger}, {openPostgresQueue}] = await Promise.all([
    import('./ledger/postgres.ts'),
    import('./ledger/sql-shared-ledger.ts'),
    import('./dispatch/postgres-queue.ts'),
  ]);
  const database = await openPostgres(url, {clock: systemClock});
  const offsetMs = await database.clockOffsetMs();
  const clock: Clock = {now: () => Math.round(systemClock.now() + offsetMs), sleep: systemClock.sleep};
  const {isWorker, times, onError} = options;
  const queue = await openPostgresQueue({database, isWorker, onError, ...times});
  return {
    ledger: createSharedLedger(database, clock),
    queue,
    clock,
    checkVersion: () => database.checkVersion(),
    async close() {
      try {
        await queue.close();
      } finally {
        await database.close();
      }
    },
  };
}

export interface OpenWorkerOptions
  extends OpenQueue,
    Pick<WorkerOptions, 'identity' | 'maxWorkers' | 'labels' | 'times' | 'note' | 'graceMs'> {
  readonly stateDir: string;
  readonly env: Env;
  /** Paths of repos on this machine, by name. */
  readonly paths: ReadonlyMap<string, string>;
  /** Listens to the jobs of a run that this worker executes. */
  readonly reporterFor: (run: RunRecord) => Reporter;
  readonly endRun: (runId: string) => Promise<void>;
}

/** Executes jobs of whatever runs the queue has, as `executeRun` does for one. */
export async function openWorker(options: OpenWorkerOptions): Promise<QueueWorker> {
  const {ledger, stateDir, env, paths, maxWorkers, clock} = options;
  const [{QueueWorker}, {createWorkerSession, assertReadable, localJob}, {unpackSkill}] = await Promise.all([
    import('./dispatch/worker.ts'),
    import('./dispatch/worker-session.ts'),
    import('./skills/skill-content.ts'),
  ]);
  return new QueueWorker({
    ...options,
    async openSession(runId) {
      const run = await ledger.run(runId);
      if (run === undefined) throw new Error(`${runId} is gone`);
      const settings = assertReadable(run);
      const skills = new Map<string, Skill>();
      for (const {name, digest} of settings.skills) {
        const content = await ledger.skill(digest);
        if (content !== undefined) skills.set(name, unpackSkill(content, path.join(stateDir, 'skills')));
      }
      const reporter = options.reporterFor(run);
      const parts = await openRunSession({
        ledger,
        run,
        settings,
        // What is read together is planned together, whoever gets which job.
        jobs: (await ledger.jobs(run.id)).map(({job}) => localJob(job, run, paths)),
        skills,
        stateDir,
        env,
        reporter,
        onChange: () => {},
        maxWorkers,
        isShared: true,
        clock,
      });
      return createWorkerSession({run, ledger, parts, reporter, paths});
    },
  });
}

const defaultPrPerHour = 20;

/** Refuses, before anything runs, pull requests on a forge for which there is no token. A repo whose forge is not known fails by itself. */
export function checkForges(jobs: readonly Job[], forges: readonly ForgeHost[] | undefined, env: Env): void {
  for (const job of jobs) {
    if (job.deliver !== 'pull-request') continue;
    const forge = findForgeAddress(job, forges ?? wellKnownForges)?.forge;
    if (forge === undefined || forgeToken(forge, env) !== undefined) continue;
    throw new OrchestratorError('no-token', `task "${job.task}": pull requests on ${forge.host} need a token`, {
      hint: `set ${forge.tokenEnvs.join(' or ')}, or use --deliver branch`,
    });
  }
}

/** Gives the client of a forge and the token it asks with; undefined without a token. */
export type OpenForge = (host: ForgeHost) => {readonly forge: Forge; readonly token: string} | undefined;

export async function openForges(env: Env): Promise<OpenForge> {
  const [{createGithubForge}, {createGitlabForge}, {createPost}] = await Promise.all([
    import('./delivery/github.ts'),
    import('./delivery/gitlab.ts'),
    import('./util/post-once.ts'),
  ]);
  const post = createPost(env);
  const opened = new Map<string, {readonly forge: Forge; readonly token: string}>();
  return host => {
    const token = forgeToken(host, env);
    if (token === undefined) return undefined;
    const known = opened.get(host.apiUrl);
    if (known !== undefined) return known;
    const create = host.kind === 'github' ? createGithubForge : createGitlabForge;
    // GitHub asks for a second between two changes; GitLab says when it is too much.
    const mutationGapMs = host.kind === 'github' ? 1000 : 0;
    const made = {forge: create({apiUrl: host.apiUrl, token, post, clock: systemClock, mutationGapMs}), token};
    opened.set(host.apiUrl, made);
    return made;
  };
}

/** Asks forges for the repos of the sources of a fleet. */
export async function askForgeSources(
  queries: readonly ForgeQuery[],
  {stateDir, env, keep}: {readonly stateDir: string; readonly env: Env; readonly keep: boolean},
): Promise<ForgeListings> {
  const [openForge, {listSources}, {ForgeError}] = await Promise.all([
    openForges(env),
    import('./fleet/list-sources.ts'),
    import('./delivery/forge-error.ts'),
  ]);
  const signal = AbortSignal.timeout(300_000);
  return await listSources(queries, {
    cacheDir: path.join(stateDir, 'sources'),
    keep,
    now: systemClock.now,
    async ask({forge: host, search}, limit) {
      const opened = openForge(host);
      if (opened === undefined) {
        const hint = `set ${host.tokenEnvs.join(' or ')}`;
        return {fault: `there is no token for ${host.host}`, hint, passing: false};
      }
      try {
        return await opened.forge.listRepos(search, limit, signal);
      } catch (error) {
        if (signal.aborted) return {fault: `${host.host} took longer than 5 minutes`, passing: true};
        if (!(error instanceof ForgeError)) throw error;
        return {fault: error.message, passing: error.passing};
      }
    },
  });
}

/** Refuses jobs that need commands where this machine has no sandbox that is strong enough for them. */
export async function checkSandbox(
  jobs: readonly Pick<Job, 'mode' | 'verify' | 'task' | 'skill'>[],
  settings: SandboxSettings,
  skillOf: (name: string) => Skill | undefined,
): Promise<void> {
  const {readAllowedTools} = await import('./modes/agent/allowed-tools.ts');
  const asksForCommands = (name: string): boolean =>
    readAllowedTools(skillOf(name)?.allowedTools ?? []).asksForCommands;
  const needing = jobs.find(
    ({mode, verify, skill}) => mode === 'script' || verify.length > 0 || (mode === 'agent' && asksForCommands(skill)),
  );
  if (needing === undefined) return;
  const {openSandbox} = await import('./sandbox/open-sandbox.ts');
  const {fault} = await openSandbox(settings);
  if (fault === undefined) return;
  const what =
    needing.mode === 'script' ? 'mode "script"' : needing.verify.length > 0 ? '"verify"' : `skill "${needing.skill}"`;
  throw new OrchestratorError('no-sandbox', `task "${needing.task}": ${what} runs commands, and ${fault.message}`, {
    hint: fault.fix,
  });
}

/** The sandbox that this machine has by itself, attacked now. */
export async function openMachineSandbox(): Promise<OpenedSandbox> {
  return await (await import('./sandbox/open-sandbox.ts')).openSandbox(defaultSandboxSettings);
}

const noRun: RunPlaces = {
  runId: '',
  openSandbox: () => Promise.reject(new Error('a sandbox is opened by runs only')),
};

/** Refuses, before anything runs, what this version cannot do. */
export function checkSupported(job: {
  readonly mode: ModeName;
  readonly deliver: DeliveryKind;
  readonly task: string;
  readonly models: readonly string[];
}): void {
  const refuse = (what: string, hint: string): never => {
    throw new OrchestratorError('not-supported', `task "${job.task}": ${what}`, {hint});
  };
  if (job.mode === 'agent' && job.models.includes('offline'))
    refuse('mode "agent" needs a model, and "offline" is none', 'set "model" and its key, or use --simple');
}
