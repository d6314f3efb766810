import {type ForgeAddress, type ForgeHost, findForgeAddress} from '../domain/forge.ts';
import type {Job} from '../domain/job.ts';
import {JobFailure} from '../domain/outcome.ts';
import {quoteText} from '../util/quote-text.ts';
import {withoutUser} from '../workspace/remote-url.ts';

/** Where the pull request of a job goes, as far as its addresses say. Throws `JobFailure` when they lead to no forge. */
export function knownForge({url, github}: Pick<Job, 'url' | 'github'>, forges: readonly ForgeHost[]): ForgeAddress {
  const address = findForgeAddress({url, github}, forges);
  if (address !== undefined) return address;
  const given = github ?? url;
  throw new JobFailure(
    'forge-unknown',
    given === undefined
      ? 'The repo has no "url" in the fleet file'
      : `${quoteText(withoutUser(given))} leads to no forge that is known`,
  );
}
