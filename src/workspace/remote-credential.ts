import type {RemoteCredential} from './remote-git.ts';

/**
 * The token for git at an origin: a token goes to the host it belongs to and nowhere else. For every other host the operator's own
 * credential helpers answer.
 */
export function remoteCredential(
  env: Readonly<Record<string, string | undefined>>,
  origin: string,
): RemoteCredential | undefined {
  const known = origins[origin];
  const password = known === undefined ? undefined : env[known.variable];
  return password === undefined || password === '' ? undefined : {username: known!.username, password};
}

const origins: Readonly<Record<string, {readonly variable: string; readonly username: string}>> = {
  'https://github.com': {variable: 'GITHUB_TOKEN', username: 'x-access-token'},
  'https://gitlab.com': {variable: 'GITLAB_TOKEN', username: 'oauth2'},
};
