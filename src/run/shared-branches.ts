import {realpath} from 'node:fs/promises';
import {type ForgeHost, findForgeAddress, httpsCloneUrl} from '../domain/forge.ts';
import type {Job} from '../domain/job.ts';
import {JobFailure} from '../domain/outcome.ts';
import {mapConcurrently} from '../util/map-concurrently.ts';
import {branchNames} from '../workspace/branch-name.ts';
import {locateRepo} from '../workspace/locate-repo.ts';
import {readOriginUrl} from '../workspace/origin-url.ts';
import {withoutUser} from '../workspace/remote-url.ts';

/**
 * Jobs whose branch is that of an earlier job with another place to work in: two worktrees of one repository, or two clones of one remote.
 * Each would replace the commit of the other, and both would say that they delivered. The repo of the earlier job, by job id.
 */
export async function findSharedBranches(
  jobs: readonly Job[],
  forges: readonly ForgeHost[],
): Promise<ReadonlyMap<string, string>> {
  const shared = new Map<string, string>();
  const first = new Map<string, {readonly repo: string; readonly place: string}>();
  const candidates = jobs.filter(({deliver}) => deliver === 'branch' || deliver === 'pull-request');
  const found = await mapConcurrently(candidates, 8, job => targetsOf(job, forges));
  for (const [index, job] of candidates.entries()) {
    const {place, targets} = found[index]!;
    const {key} = branchNames(job);
    const names = targets.map(target => `${target} ${key}`);
    const other = names.map(name => first.get(name)).find(known => known !== undefined && known.place !== place);
    if (other !== undefined) shared.set(job.id, other.repo);
    else for (const name of names) first.set(name, first.get(name) ?? {repo: job.repo, place});
  }
  return shared;
}

/** The same jobs, each with the repo that it shares its branch with. */
export async function markSharedBranches(jobs: readonly Job[], forges: readonly ForgeHost[]): Promise<readonly Job[]> {
  const shared = await findSharedBranches(jobs, forges);
  return jobs.map(job => {
    const other = shared.get(job.id);
    return other === undefined ? job : {...job, branchSharedWith: other};
  });
}

/** The repositories, here and elsewhere, that hold the branch of a job. */
async function targetsOf(job: Job, forges: readonly ForgeHost[]): Promise<{place: string; targets: string[]}> {
  // What is wrong with the repo is said when its job is executed.
  const location = job.path === undefined ? undefined : await locateRepo(job.path).catch(ignoreFailure);
  const place =
    location === undefined ? `${job.url} ${job.branch}` : await realpath(location.workTree ?? location.path);
  const here = job.deliver === 'branch' && location !== undefined ? [await realpath(location.commonDirectory)] : [];
  const leaves = job.deliver === 'pull-request' || job.push === true || job.path === undefined;
  const address = findForgeAddress(job, forges);
  const url = address === undefined ? (job.url ?? (location && readOriginUrl(location))) : httpsCloneUrl(address);
  return {
    place,
    targets: [...here, ...(leaves && url !== undefined ? [withoutUser(url).replace(/(?:\.git)?\/*$/, '')] : [])],
  };
}

function ignoreFailure(error: unknown): undefined {
  if (!(error instanceof JobFailure)) throw error;
}
