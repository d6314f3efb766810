import {type ForgeAddress, type ForgeHost, findForgeAddress, httpsCloneUrl} from '../domain/forge.ts';
import type {Job} from '../domain/job.ts';
import {JobFailure} from '../domain/outcome.ts';
import {gitBlobId} from '../util/git-blob-id.ts';
import {quoteText} from '../util/quote-text.ts';
import type {Delivery, DeliveryPlace, DeliveryRequest, DeliveryResult, IntendedFile} from './delivery.ts';
import type {Forge, PullRequest} from './forge.ts';
import {ForgeError, toJobFailure} from './forge-error.ts';
import {assertWanted, describePast} from './judge-pull-requests.ts';
import {decorate, openPullRequest, type PublishTools, updatePullRequest} from './publish-pull-request.ts';
import type {PullRequestPace} from './pull-request-pace.ts';
import {composePullRequest, readMarker} from './pull-request-text.ts';

/** Where the branch of a change is pushed. */
export interface PushTarget {
  readonly branch: string;
  /** Written by the operator, or made from the address of a known forge. */
  readonly url: string;
  /** For HTTPS, and for the origin of `url` alone. */
  readonly credentials?: {readonly username: string; readonly password: string};
}

/** Commits the change on its branch and pushes it. `moved` is false when the remote had it already. Throws `JobFailure`. */
export type PushBranch = (
  request: DeliveryRequest,
  target: PushTarget,
) => Promise<{readonly commit: string; readonly moved: boolean}>;

export interface PullRequestDeliveryOptions extends Pick<PublishTools, 'clock' | 'signal'> {
  readonly forges: readonly ForgeHost[];
  /** Undefined when there is no token for it. */
  readonly openForge: (host: ForgeHost) => {readonly forge: Forge; readonly token: string} | undefined;
  readonly branchOf: (job: Job) => string;
  readonly pushBranch: PushBranch;
  readonly pace: PullRequestPace;
  /** SHA-256 of the skill's folder, hexadecimal. */
  readonly skillDigest: (skill: string) => string;
}

/** A repo on its forge, as it was when the job first looked. */
interface Target {
  readonly address: ForgeAddress;
  readonly forge: Forge;
  readonly token: string;
  readonly base: string;
  readonly head: string;
}

/** Pushes the branch of a change and keeps one pull request for it. Everything is looked for before it is made. */
export function createPullRequestDelivery(options: PullRequestDeliveryOptions): Delivery {
  const {signal} = options;
  const targets = new Map<string, Promise<Target>>();
  const targetOf = (place: DeliveryPlace & {readonly job: Job}): Promise<Target> => {
    const known = targets.get(place.job.id);
    if (known !== undefined) return known;
    const found = findTarget(place, options);
    targets.set(place.job.id, found);
    // What failed is looked at again the next time.
    found.catch(() => targets.delete(place.job.id));
    return found;
  };

  return {
    check: request =>
      named(async () => {
        const {address, forge, head} = await targetOf(request);
        assertWanted(await forge.findPullRequests(address.path, head, signal));
      }),
    deliver: request =>
      named(async () => {
        const target = await targetOf(request);
        const {address, forge, head} = target;
        const pulls = await forge.findPullRequests(address.path, head, signal);
        assertWanted(pulls);
        const blobs = blobsOf(request);
        const note = describePast(pulls, request.change.patchId);
        if (note !== undefined) return {kind: 'unchanged', files: [], blobs, note};
        return await publish(request, target, pulls, blobs, options);
      }),
  };
}

async function publish(
  request: DeliveryRequest,
  target: Target,
  pulls: readonly PullRequest[],
  blobs: ReadonlyMap<string, string>,
  options: PullRequestDeliveryOptions,
): Promise<DeliveryResult> {
  const {job, change} = request;
  const {address, forge, base, head} = target;
  const {signal} = options;
  const open = pulls.find(({state}) => state === 'open');
  const place = `${address.forge.host}/${address.path}:${head}:${change.patchId}`;
  if (open === undefined) await options.pace.take(place, job);
  await request.intend(intendedFiles(request, blobs));
  const pushed = await options.pushBranch(request, pushTarget(target, job)).catch(async error => {
    if (open === undefined) await options.pace.giveBack(place);
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
  const wanted = {...text, head, base, draft: job.pullRequest?.draft ?? false};
  const tools: PublishTools = {forge, path: address.path, clock: options.clock, signal};
  const published =
    open === undefined
      ? {pull: await openPullRequest(wanted, tools), changed: true}
      : await updatePullRequest(open, wanted, tools);
  // One that this run opened before it was cut short is as new as one that it opens now.
  const wasOpened = open === undefined || readMarker(open.body)?.run === request.run.id;
  if (wasOpened) {
    await decorate(published.pull.number, job.pullRequest, tools);
    await options.pace.confirm(place);
  }
  const isUnconfirmed = (request.unconfirmed ?? []).some(({path, blob}) => blobs.get(path) === blob);
  if (!pushed.moved && !published.changed && !isUnconfirmed) return {kind: 'unchanged', files: change.files, blobs};
  const {url} = published.pull;
  return {
    kind: 'delivered',
    delivered: {kind: 'pull-request', branch: head, commit: pushed.commit, url},
    files: change.files,
    blobs,
  };
}

async function findTarget(
  {job, reader}: DeliveryPlace & {readonly job: Job},
  {forges, openForge, branchOf, signal}: PullRequestDeliveryOptions,
): Promise<Target> {
  const address = findForgeAddress(job, forges);
  if (address === undefined) throw new JobFailure('forge-unknown', describeUnknown(job));
  const opened = openForge(address.forge);
  if (opened === undefined) {
    const names = address.forge.tokenEnvs.join(' or ');
    throw new JobFailure('forge-no-token', `There is no token for ${address.forge.host}: set ${names}`);
  }
  const {forge, token} = opened;
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
  return {address, forge, token, base, head: branchOf(job)};
}

function describeUnknown({url, github}: Job): string {
  const given = github ?? url;
  return given === undefined
    ? 'The repo has no "url" in the fleet file'
    : `${quoteText(given)} leads to no forge that is known`;
}

function pushTarget({address, token, head}: Target, job: Job): PushTarget {
  const clone = httpsCloneUrl(address);
  const url = job.url ?? clone;
  // The token is for the forge's own web address; what is not that gets none.
  const isOwn = URL.canParse(url) && new URL(url).origin === new URL(clone).origin && /^https?:/i.test(url);
  const username = address.forge.kind === 'github' ? 'x-access-token' : 'oauth2';
  return {branch: head, url, ...(isOwn ? {credentials: {username, password: token}} : {})};
}

function blobsOf({change, reader}: DeliveryRequest): Map<string, string> {
  const blobs = new Map<string, string>();
  for (const {path, after} of change.edits) {
    if (after === undefined) continue;
    const {kind, bytes} = after;
    blobs.set(path, kind === 'submodule' ? bytes.toString('latin1').trim() : gitBlobId(reader.objectFormat, bytes));
  }
  return blobs;
}

function intendedFiles({change}: DeliveryRequest, blobs: ReadonlyMap<string, string>): IntendedFile[] {
  const before = new Map(change.edits.map(edit => [edit.path, edit.before?.id]));
  return change.files.flatMap(file => {
    const blob = blobs.get(file.path);
    return blob === undefined ? [] : [{...file, blob, before: before.get(file.path)}];
  });
}

async function named<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw error instanceof ForgeError ? toJobFailure(error) : error;
  }
}
