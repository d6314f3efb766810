import {realpathSync} from 'node:fs';
import path from 'node:path';
import {wellKnownForges} from '../domain/forge.ts';
import {defaultChangeLimits, type Job} from '../domain/job.ts';
import type {ModelRequest} from '../domain/model.ts';
import type {JobTools, OpenRepo} from '../run/job-tools.ts';
import {withoutUser} from '../util/show-address.ts';
import type {Checkouts} from '../workspace/checkout.ts';
import type {Mirrors} from '../workspace/mirrors.ts';
import {gitDirectoryOf, type StartedThreads, startContextThreads} from './context/start-context-threads.ts';
import {openModes, type RunPlaces} from './open-modes.ts';
import {openMirrors, type Remotes} from './remote-git.ts';

/** What can be read of repos, without a model and without writing. */
export type RepoTools = Pick<JobTools, 'openRepo' | 'mode' | 'holdsBlob' | 'diff' | 'judgeChange'> & {
  /** Estimated tokens of what would be sent. */
  countTokens(request: Pick<ModelRequest, 'system' | 'prompt' | 'tools'>): number;
  close(): Promise<void>;
};

export const noRun: RunPlaces = {
  runId: '',
  openSandbox: () => Promise.reject(new Error('a sandbox is opened by runs only')),
};

export async function openRepoTools(
  stateDir: string,
  jobs: readonly Job[],
  places: RunPlaces = noRun,
  remotes: Remotes = {env: process.env, forges: wellKnownForges},
  threads?: StartedThreads,
): Promise<RepoTools> {
  const [{openObjectStore}, {openContexts}, {findCertainSecrets}, {holdsBlob}, {estimateTokens}] = await Promise.all([
    import('../workspace/object-store.ts'),
    import('./context/open-contexts.ts'),
    import('../context/secrets.ts'),
    import('../util/holds-blob.ts'),
    import('../context/estimate-tokens.ts'),
  ]);
  const gitDirectory = gitDirectoryOf(stateDir);
  const contexts = openContexts(await (threads ?? startContextThreads(stateDir, jobs.length)));
  const store = await openObjectStore({directory: gitDirectory});
  let createdCheckouts: Promise<Checkouts> | undefined;
  const checkouts = (): Promise<Checkouts> => {
    createdCheckouts ??= import('../workspace/checkout.ts').then(({createCheckouts}) =>
      createCheckouts({directory: path.join(stateDir, 'workspaces'), gitDirectory}),
    );
    return createdCheckouts;
  };
  let opened: Promise<Mirrors> | undefined;
  const mirrors = (): Promise<Mirrors> => {
    opened ??= openMirrors(stateDir, remotes);
    return opened;
  };
  store.plan(jobs.flatMap(job => job.path ?? []));
  const mode = await openModes(stateDir, jobs, places, remotes.env);
  return {
    async openRepo(job, commit): Promise<OpenRepo> {
      const head = await store.open(job.path ?? (await (await mirrors()).refresh(job.url!, job.branch)));
      const reader = (commit === undefined ? undefined : await head.at(commit)) ?? head;
      const {workTree} = reader.location;
      return {
        reader,
        key: job.path === undefined ? urlKey(job) : realpathSync(workTree ?? job.path),
        ...(workTree === undefined ? {} : {workTree}),
        openCheckout: async options => (await checkouts()).create(reader, options),
        buildContext: (skill, deliveries) => contexts.build(reader, job, skill, deliveries),
        release: () => reader.release(),
      };
    },
    mode,
    holdsBlob,
    // A night on which nothing has changed, and whoever only looks, needs neither of these.
    diff: async (reader, proposal) => (await import('../workspace/make-change.ts')).makeChange(reader, proposal),
    async judgeChange(job, change) {
      const {judgeChange} = await import('../delivery/policy/judge-change.ts');
      return await judgeChange(change, {
        ...(job.changeLimits ?? defaultChangeLimits),
        // What the operator said is written needs no second word; an agent or a script writes what it likes.
        outputs: job.mode === 'simple' ? job.outputs : [],
        findSecrets: findCertainSecrets,
      });
    },
    countTokens: ({system, prompt, tools}) =>
      estimateTokens(system) +
      estimateTokens(prompt) +
      (tools === undefined ? 0 : estimateTokens(JSON.stringify(tools))),
    async close() {
      await contexts.close();
      await store.close();
    },
  };
}

/** What a repo without a path is called in the ledger; never with a password. */
function urlKey({url = '', branch}: Job): string {
  const shown = withoutUser(url);
  return branch === undefined ? shown : `${shown} ${branch}`;
}
