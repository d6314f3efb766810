import type {DeliveredTo, Destination} from '../api.ts';

/** `branch orchestrator/ci-tidy, pushed to github.com/acme/api`: where a change goes. */
export function destinationText({deliver, branch, remote}: Omit<Destination, 'place'>): string {
  const at = branch === undefined ? '' : ` ${branch}`;
  switch (deliver) {
    case 'files':
      return 'files on this machine';
    case 'patch':
      return 'a patch, which stays here';
    case 'branch':
      return `branch${at}${remote === undefined ? ', on this machine' : `, pushed to ${shorten(remote)}`}`;
    case 'pull-request':
      return `a pull request from${at} at ${shorten(remote ?? 'its remote')}`;
    default:
      return deliver satisfies never;
  }
}

/** Where it went. */
export function deliveredText({kind, branch, url}: DeliveredTo): string {
  if (kind === 'files') return 'in the files on this machine';
  if (kind === 'patch') return 'kept as a patch';
  const place = branch === undefined ? '' : ` ${branch}`;
  return kind === 'branch' ? `on branch${place}` : `pull request${url === undefined ? place : ` ${shorten(url)}`}`;
}

function shorten(address: string): string {
  return address.replace(/^https:\/\//, '').replace(/\.git$/, '');
}
