import {mkdir} from 'node:fs/promises';
import path from 'node:path';
import type {DeliveryResult, IntendedFile} from '../../src/delivery/delivery.ts';
import {NotWanted} from '../../src/delivery/delivery.ts';
import {createGithubForge} from '../../src/delivery/github.ts';
import {createGitlabForge} from '../../src/delivery/gitlab.ts';
import {createPullRequestDelivery} from '../../src/delivery/pull-request.ts';
import {createPullRequestPace} from '../../src/delivery/pull-request-pace.ts';
import {type ForgeHost, type ForgeKind, forgeCredential, forgeToken, wellKnownForges} from '../../src/domain/forge.ts';
import type {Job} from '../../src/domain/job.ts';
import {JobFailure} from '../../src/domain/outcome.ts';
import {noCost, noUsage} from '../../src/domain/usage.ts';
import {createLedger} from '../../src/ledger/sql-ledger.ts';
import {openSqlite} from '../../src/ledger/sqlite.ts';
import {type MemoryForge, startMemoryForge} from '../../src/testing/memory-forge.ts';
import type {MemoryRepo} from '../../src/testing/memory-forge-store.ts';
import {makeRepo, makeTemporaryDirectory, type TemporaryRepo} from '../../src/testing/temporary-fleet.ts';
import type {Clock} from '../../src/util/clock.ts';
import {createPost} from '../../src/util/post-once.ts';
import {createBranches} from '../../src/workspace/branches.ts';
import {makeChange} from '../../src/workspace/make-change.ts';
import {openObjectStore} from '../../src/workspace/object-store.ts';
import {RemoteGit} from '../../src/workspace/remote-git.ts';
import {makeJob} from './make-job.ts';
import {readHead} from './read-head.ts';

/** How a delivery ended: as a result has it, or the reason why not. */
export type RigEnd =
  | (DeliveryResult & {readonly failure?: undefined})
  | {readonly kind: 'not-wanted'; readonly note: string}
  | {readonly kind: 'failed'; readonly reason: string; readonly message: string};

export interface PullRequestRig extends AsyncDisposable {
  readonly directory: string;
  readonly forge: MemoryForge;
  /** Waits that were asked for, milliseconds; nothing waits. */
  readonly waits: number[];
  /** A repo on the forge and a clone of it. */
  own(name: string): Promise<{readonly remote: MemoryRepo; readonly clone: TemporaryRepo}>;
  /** As a job of a run that starts `second` seconds after the first: README.md with this text is proposed. */
  deliver(clone: string, text: string, options?: RigDelivery): Promise<RigEnd>;
}

export interface RigDelivery {
  readonly second?: number;
  readonly job?: Partial<Job>;
  readonly summary?: string;
  /** What a run that was cut short had intended. */
  readonly unconfirmed?: readonly IntendedFile[];
}

export interface RigOptions {
  readonly kind?: ForgeKind;
  readonly forges?: readonly ForgeHost[];
  readonly env?: Readonly<Record<string, string>>;
  readonly perHour?: number;
  readonly timeoutMs?: number;
  readonly maxWaitMs?: number;
}

/** The delivery over a real ledger, real git and a forge of this machine. Time passes only when it is waited for. */
export async function openPullRequestRig(options: RigOptions = {}): Promise<PullRequestRig> {
  const {kind = 'github', perHour = 1_000_000} = options;
  const temporary = await makeTemporaryDirectory();
  const directory = temporary.path;
  await mkdir(path.join(directory, 'forge'));
  const waits: number[] = [];
  let now = Date.now();
  const clock: Clock = {
    now: () => now,
    sleep: async ms => {
      waits.push(ms);
      now += ms;
    },
  };
  const forge = await startMemoryForge({kind, directory: path.join(directory, 'forge'), now: () => now});
  const env = {PATH: process.env['PATH'], HOME: path.join(directory, 'home'), FORGE_TOKEN: forge.token, ...options.env};
  const forges = options.forges ?? [forge.host, ...wellKnownForges];
  const {signal} = new AbortController();
  const ledger = createLedger(openSqlite(path.join(directory, 'state.db')), clock);
  const store = await openObjectStore({directory: path.join(directory, 'git')});
  const post = createPost({});
  const {timeoutMs = 2000, maxWaitMs = 300_000} = options;
  const openForge = (host: ForgeHost) => {
    const token = forgeToken(host, env);
    const http = {apiUrl: host.apiUrl, post, clock, mutationGapMs: 0, timeoutMs, maxWaitMs};
    if (token === undefined) return undefined;
    return {forge: host.kind === 'github' ? createGithubForge({...http, token}) : createGitlabForge({...http, token})};
  };
  const branches = createBranches({
    directory: path.join(directory, 'workspaces'),
    remoteGit: new RemoteGit({env, credential: origin => forgeCredential(origin, forges, env)}),
  });
  return {
    directory,
    forge,
    waits,
    async own(name) {
      const remote = await forge.addRepo(`acme/${name}`);
      const clone = await makeRepo(path.join(directory, 'code', name), {files: {'main.py': `print("${name}")\n`}});
      await clone.git('push', '-q', remote.directory, 'HEAD:refs/heads/main');
      return {remote, clone};
    },
    async deliver(clone, text, {second = 0, job: fields = {}, summary, unconfirmed} = {}) {
      const name = path.basename(clone);
      const url = `${forge.url}/acme/${name}.git`;
      const base = {skill: 'docs', output: 'README.md', outputPattern: 'README.md', deliver: 'pull-request'} as const;
      const job = makeJob(1, name, {...base, id: name, path: clone, url, ...fields});
      const run = {id: `r-${second}`, startedAt: 1_760_000_000_000 + second * 1000};
      const pace = createPullRequestPace({runId: run.id, ledger, perHour, deadlineAt: undefined, clock, signal});
      const digest = (): string => 'd1g357'.repeat(10);
      const delivery = createPullRequestDelivery({
        forges,
        openForge,
        branches,
        pace,
        clock,
        signal,
        skillDigest: digest,
      });
      const reader = await store.open(clone);
      try {
        const {entries} = await readHead(reader);
        const before = entries.get('README.md');
        const after = {kind: 'file', bytes: Buffer.from(text)} as const;
        const edit = {path: 'README.md', ...(before === undefined ? {} : {before}), after};
        const change = await makeChange(reader, {edits: [edit], ...(summary === undefined ? {} : {summary})});
        const committed = {get: (file: string) => entries.get(file)?.id, has: (file: string) => entries.has(file)};
        const place = {workTree: clone, reader, committed, earlier: [], job};
        await delivery.check({...place, paths: []});
        return await delivery.deliver({
          ...{...place, run, change, edits: change.edits, spent: {usage: noUsage, cost: noCost}, verified: []},
          ...(unconfirmed === undefined ? {} : {unconfirmed}),
          intend: async () => {},
        });
      } catch (error) {
        if (error instanceof NotWanted) return {kind: 'not-wanted', note: error.message};
        if (error instanceof JobFailure) return {kind: 'failed', reason: error.failure.reason, message: error.message};
        throw error;
      } finally {
        reader.release();
      }
    },
    async [Symbol.asyncDispose]() {
      await store.close();
      await ledger.close();
      await forge[Symbol.asyncDispose]();
      await temporary[Symbol.asyncDispose]();
    },
  };
}
