import {type ForgeHost, findForgeAddress, wellKnownForges} from '../domain/forge.ts';
import type {Job} from '../domain/job.ts';
import {escapeLine} from '../util/escape-text.ts';
import {branchNames} from '../workspace/branch-name.ts';

const shown = 10;

/** What jobs would write, and what of it would leave the machine. */
export function leavingText(
  jobs: readonly Job[],
  {push, forges = wellKnownForges}: {readonly push: boolean; readonly forges?: readonly ForgeHost[] | undefined},
): string[] {
  const of = (kind: Job['deliver']): Job[] => jobs.filter(({deliver}) => deliver === kind);
  const lines: string[] = [];
  const files = of('files');
  const free = files.filter(({mode}) => mode !== 'simple');
  if (files.length > free.length || jobs.length === 0)
    lines.push(
      'Will write: the output file in the work tree of each repo, nothing else; uncommitted work is not overwritten.',
    );
  if (free.length > 0)
    lines.push(
      `Will write: in the work tree of ${count(free, 'repo', 'repos')} what an agent or a script changes there, whichever files these are, as far as the policy needs no person for it; uncommitted work is not overwritten.`,
    );
  if (of('patch').length > 0)
    lines.push(`Will write: ${count(of('patch'), 'patch', 'patches')} in the state folder, nothing in the repos.`);
  const branches = of('branch');
  if (branches.length > 0) {
    const leaves = branches.filter(({path}) => push || path === undefined);
    lines.push(
      `Will write: a branch (${names(branches)}) in each of ${count(branches, 'repo', 'repos')}; HEAD, index and work tree stay.`,
    );
    if (leaves.length > 0)
      lines.push(`Will leave this machine: the branch, pushed to the remote of ${count(leaves, 'repo', 'repos')}.`);
  }
  const pulls = of('pull-request');
  if (pulls.length > 0) {
    lines.push(
      `Will leave this machine: a branch (${names(pulls)}) and a pull request for each of ${count(pulls, 'repo', 'repos')}:`,
    );
    for (const job of pulls.slice(0, shown)) {
      const address = findForgeAddress(job, forges);
      lines.push(
        `  ${escapeLine(address === undefined ? `${job.repo}: no forge is known for it` : `${address.forge.host}/${address.path}`)}`,
      );
    }
    if (pulls.length > shown) lines.push(`  and ${pulls.length - shown} more`);
  }
  return lines;
}

function names(jobs: readonly Job[]): string {
  const all = [...new Set(jobs.map(job => branchNames(job).plain))];
  return all.length > 3 ? `${all.slice(0, 3).join(', ')} …` : all.join(', ');
}

function count(jobs: readonly Job[], one: string, many: string): string {
  return `${jobs.length} ${jobs.length === 1 ? one : many}`;
}
