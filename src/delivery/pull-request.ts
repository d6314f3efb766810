import {type ForgeAddress, type ForgeHost, httpsCloneUrl} from '../domain/forge.ts';
import type {Job} from '../domain/job.ts';
import {failureReasons, JobFailure} from '../domain/outcome.ts';
import type {Clock} from '../util/clock.ts';
import {quoteText} from '../util/quote-text.ts';
import {branchNames} from '../workspace/branch-name.ts';
import type {Branches, PreparedBranch} from '../workspace/branches.ts';
import type {Delivery, DeliveryPlace, DeliveryRequest, DeliveryResult} from './delivery.ts';
import type {Forge, PullRequest} from './forge.ts';
import {ForgeError, toJobFailure} from './forge-error.ts';
import {intendedFiles} from './intended-files.ts';
import {assertWanted, describePast} from './judge-pull-requests.ts';
import {knownForge} from './known-forge.ts';
import {decorate, openPullRequest, type PublishTools, updatePullRequest} from './publish-pull-request.ts';
import type {PullRequestPace} from './pull-request-pace.ts';
import {composePullRequest, readMarker} from './pull-request-text.ts';

export interface PullRequestDeliveryOptions extends Pick<PublishTools, 'clock' | 'signal'> {
  readonly forges: readonly ForgeHost[];
  /** Undefined when there is no token for it. */
  readonly openForge: (host: ForgeHost) => {readonly forge: Forge} | undefined;
  readonly branches: Branches;
  readonly pace: PullRequestPace;
  /** SHA-256 of the skill's folder, hexadecimal; empty when it is not known any more. */
  readonly skillDigest: (skill: string) => string;
}

/** A repo on its forge, as it was when the job first looked. */
interface Target {
  readonly address: ForgeAddress;
  readonly forge: Forge;
  readonly base: string;
  /** The branch of the change: one of them. */
  readonly heads: readonly string[];
}

/** Pushes the branch of a change and keeps one pull request for it. Everything is looked for before it is made. */
export function createPullRequestDelivery(options: PullRequestDeliveryOptions): Delivery {
  const {signal} = options;
  const targets = new Map<string, Promise<Target>>();
  const targetOf = (place: DeliveryPlace & {readonly job: Job}): Promise<Target> => {
    // What was accepted may be two changes of one job, from two commits.
    const key = `${place.job.id} ${place.reader.head.commit}`;
    const known = targets.get(key);
    if (known !== undefined) return known;
    const found = findTarget(place, options);
    targets.set(key, found);
    // What failed is looked at again the next time.
    found.catch(() => targets.delete(key));
    return found;
  };

  return {
    check: request =>
      named(async () => {
        const {job, isPlan} = request;
        const address = knownForge(job, options.forges);
        if (isPlan !== true) assertWanted(await findPulls(await targetOf(request), signal));
        await options.branches.check({...request, ...toForge(job, address, signal)});
      }),
    deliver: request =>
      named(async () => {
        const target = await targetOf(request);
        const pulls = await findPulls(target, signal);
        assertWanted(pulls);
        return await publish(request, target, pulls, options);
      }),
  };
}

/** The branch goes to the forge only. */
function toForge(job: Job, address: ForgeAddress, signal: AbortSignal) {
  return {job: {...job, url: job.url ?? httpsCloneUrl(address)}, local: false, push: true, signal};
}

async function findPulls({forge, address, heads}: Target, signal: AbortSignal): Promise<PullRequest[]> {
  const found: PullRequest[] = [];
  for (const head of heads) found.push(...(await forge.findPullRequests(address.path, head, signal)));
  return found;
}

async function publish(
  request: DeliveryRequest,
  target: Target,
  known: readonly PullRequest[],
  options: PullRequestDeliveryOptions,
): Promise<DeliveryResult> {
  const {job, change} = request;
  const {address, forge, base} = target;
  const {pace, signal} = options;
  const {intended, blobs} = intendedFiles(change);
  const prepare = (): Promise<PreparedBranch> =>
    options.branches.prepare({...request, ...toForge(job, address, signal)});
  const prepared = await prepare();
  const pulls = known.filter(({head}) => head === prepared.branch);
  const note = describePast(pulls, change.patchId);
  if (note !== undefined) return {kind: 'unchanged', files: [], blobs, note};

  const open = pulls.find(({state}) => state === 'open');
  const place = `${address.forge.host}/${address.path}:${prepared.branch}:${change.patchId}`;
  if (open === undefined) await pace.take(place, job);
  await request.intend(intended);
  const pushed = await push(prepared, prepare, options.clock, signal).catch(async error => {
    if (open === undefined) await pace.giveBack(place);
    throw error;
  });
  const text = composePullRequest({
    job,
    change,
    runId: request.run.id,
    skillDigest: options.skillDigest(job.skill),
    cost: request.spent.cost,
    verified: request.verified,
    headCommit: pushed.commit,
  });
  const wanted = {...text, head: pushed.branch, base, draft: job.pullRequest?.draft ?? false};
  const tools: PublishTools = {forge, path: address.path, clock: options.clock, signal};
  const published =
    open === undefined
      ? {
          pull: await openPullRequest(wanted, tools).catch(async error => {
            // Refused, not lost: the next repo may have the place.
            if (error instanceof ForgeError && !error.ambiguous) await pace.giveBack(place);
            throw error;
          }),
          changed: true,
        }
      : await updatePullRequest(open, wanted, tools);
  let fault: string | undefined;
  // One that this run opened before it was cut short is as new as one that it opens now.
  if (open === undefined || readMarker(open.body)?.run === request.run.id) {
    fault = await decorate(published.pull.number, job.pullRequest, tools);
    await pace.confirm(place);
  }
  const isUnconfirmed = (request.unconfirmed ?? []).some(({path, blob}) => blobs.get(path) === blob);
  const isPushed = prepared.state === 'new' || prepared.state === 'updated';
  if (!isPushed && !published.changed && !isUnconfirmed) return {kind: 'unchanged', files: [], blobs};
  const {url} = published.pull;
  return {
    kind: 'delivered',
    delivered: {
      kind: 'pull-request',
      branch: pushed.branch,
      commit: pushed.commit,
      url,
      ...(fault === undefined ? {} : {note: fault}),
    },
    files: change.files,
    blobs,
  };
}

const pushAttempts = 3;

/** After a push without an answer only looking tells whether it was done. */
async function push(
  first: PreparedBranch,
  prepare: () => Promise<PreparedBranch>,
  clock: Clock,
  signal: AbortSignal,
): Promise<PreparedBranch> {
  for (let attempt = 1, prepared = first; ; attempt++, prepared = await prepare()) {
    try {
      await prepared.publish();
      return prepared;
    } catch (error) {
      const isPassing = error instanceof JobFailure && failureReasons[error.failure.reason].retry === 'yes';
      if (!isPassing || attempt === pushAttempts) throw error;
      await clock.sleep(500 * attempt, signal);
    }
  }
}

async function findTarget(
  {job, reader}: DeliveryPlace & {readonly job: Job},
  options: PullRequestDeliveryOptions,
): Promise<Target> {
  const {openForge, signal} = options;
  const address = knownForge(job, options.forges);
  const opened = openForge(address.forge);
  if (opened === undefined) {
    const names = address.forge.tokenEnvs.join(' or ');
    throw new JobFailure('forge-no-token', `There is no token for ${address.forge.host}: set ${names}`);
  }
  const {forge} = opened;
  const repo = await forge.repo(address.path, signal);
  const place = `${address.forge.host}/${address.path}`;
  if (repo.archived) throw new JobFailure('repo-archived', `${place} is archived`);
  if (repo.pullRequests === false) throw new JobFailure('pull-requests-off', `${place} takes no pull requests`);
  if (repo.canPush === false) throw new JobFailure('forge-forbidden', `The token may not push to ${place}`);
  const base = job.branch ?? reader.head.branch ?? repo.defaultBranch;
  if (base === undefined) throw new JobFailure('base-branch-missing', `${place} has no branch yet`);
  // Else the push would take along commits that their author has not pushed.
  if (!(await forge.contains(address.path, base, reader.head.commit, signal))) {
    throw new JobFailure(
      'base-not-pushed',
      `Commit ${reader.head.commit.slice(0, 12)} is not on branch ${quoteText(base)} of ${place}`,
    );
  }
  const names = branchNames(job);
  return {address, forge, base, heads: [names.plain, names.distinct]};
}

async function named<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw error instanceof ForgeError ? toJobFailure(error) : error;
  }
}
