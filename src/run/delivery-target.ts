import {type ForgeHost, findForgeAddress, wellKnownForges} from '../domain/forge.ts';
import type {DeliveryKind, Job} from '../domain/job.ts';
import type {RunRecord} from '../domain/run.ts';
import {withoutUser} from '../util/show-address.ts';
import {branchNames} from '../workspace/branch-name.ts';
import type {RunSettings} from './run-settings.ts';

/** Where a delivery goes, as far as that can be told beforehand. */
export interface DeliveryTarget {
  readonly kind: DeliveryKind;
  /** Path of the repo, its address, or the repository on its forge. Never with a password. */
  readonly place: string;
  /** The name that its branch has unless that is taken. */
  readonly branch?: string;
  /** Where the branch is pushed to beside. */
  readonly remote?: string;
}

/** The forges that the run was configured with. */
export function forgesOf(run: Pick<RunRecord, 'settings'> | undefined): readonly ForgeHost[] {
  return (run?.settings as Partial<RunSettings> | null | undefined)?.forges ?? wellKnownForges;
}

export function deliveryTarget(job: Job, kind: DeliveryKind, forges: readonly ForgeHost[]): DeliveryTarget {
  const url = job.url === undefined ? undefined : withoutUser(job.url);
  const here = job.path ?? url ?? job.repo;
  if (kind === 'files' || kind === 'patch') return {kind, place: here};
  const branch = branchNames(job).plain;
  if (kind === 'branch') {
    const isPushed = job.push === true && job.path !== undefined;
    return {kind, place: here, branch, ...(isPushed ? {remote: url ?? 'its origin'} : {})};
  }
  const address = findForgeAddress(job, forges);
  return {
    kind,
    branch,
    place: address === undefined ? `${here} (no forge is known)` : `${address.forge.host}/${address.path}`,
  };
}

/** `files in /home/me/code/api`, `branch orchestrator/journal in …, pushed to …`. Names of repos are in it: to be escaped. */
export function targetText({kind, place, branch, remote}: DeliveryTarget): string {
  switch (kind) {
    case 'files':
    case 'patch':
      return `${kind} in ${place}`;
    case 'branch':
      return `branch ${branch} in ${place}${remote === undefined ? '' : `, pushed to ${remote}`}`;
    case 'pull-request':
      return `pull request on ${place} from ${branch}`;
    default:
      return kind satisfies never;
  }
}
