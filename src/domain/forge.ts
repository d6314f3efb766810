export type ForgeKind = 'github' | 'gitlab';
export const forgeKinds = ['github', 'gitlab'] as const satisfies readonly ForgeKind[];

/** A server that keeps repositories and pull requests, as the operator named it. */
export interface ForgeHost {
  /** As it stands in the addresses of its repos, with the port when it is not the usual one. */
  readonly host: string;
  readonly kind: ForgeKind;
  /** Where its interface is asked, without a slash at the end. The token goes to the origin of this address and nowhere else. */
  readonly apiUrl: string;
  /** Variables of the environment that may hold the token; the first one that is set counts. */
  readonly tokenEnvs: readonly string[];
}

/** One repository on a forge, by what the operator wrote. */
export interface ForgeAddress {
  readonly forge: ForgeHost;
  /** `owner/name`, on GitLab with any number of groups. */
  readonly path: string;
}

/** A repository as its forge describes it. Untrusted. */
export interface ForgeRepo {
  readonly path: string;
  readonly webUrl: string;
  readonly cloneUrl: string;
  /** Absent for an empty repository. */
  readonly defaultBranch?: string;
  readonly archived: boolean;
  readonly fork: boolean;
  readonly description?: string;
  readonly topics: readonly string[];
  /** Whether the token may push; absent when the forge does not say. */
  readonly canPush?: boolean;
  /** False when the repository takes none. */
  readonly pullRequests?: boolean;
}

/** What repos a source of the fleet asks a forge for. */
export interface ForgeQuery {
  readonly forge: ForgeHost;
  /** As written: `org:acme topic:service`, `group:acme/sub topic:x`. */
  readonly search: string;
}

/** Known without being listed. */
export const wellKnownForges: readonly ForgeHost[] = [
  {host: 'github.com', kind: 'github', apiUrl: 'https://api.github.com', tokenEnvs: ['GITHUB_TOKEN', 'GH_TOKEN']},
  {host: 'gitlab.com', kind: 'gitlab', apiUrl: 'https://gitlab.com/api/v4', tokenEnvs: ['GITLAB_TOKEN']},
];

/**
 * Which repository on which forge a repo of the fleet is, from the addresses that the operator wrote: the web address first, since the other
 * may go through an alias of ssh. Undefined when neither leads to a known forge; a name that merely looks like one is never taken for it.
 */
export function findForgeAddress(
  repo: {readonly url?: string | undefined; readonly github?: string | undefined},
  forges: readonly ForgeHost[],
): ForgeAddress | undefined {
  for (const address of [repo.github, repo.url]) {
    const parts = address === undefined ? undefined : splitAddress(address);
    const forge = parts === undefined ? undefined : forges.find(({host}) => host === parts.host);
    if (parts === undefined || forge === undefined) continue;
    if (isRepoPath(parts.path, forge.kind)) return {forge, path: parts.path};
  }
  return undefined;
}

/** The token for a forge, from the variables that are its own. */
export function forgeToken(
  forge: Pick<ForgeHost, 'tokenEnvs'>,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  for (const name of forge.tokenEnvs) {
    const token = env[name]?.trim();
    if (token !== undefined && token !== '') return token;
  }
  return undefined;
}

/** What git sends to an origin such as `https://github.com`: the token of the forge whose web address that is, and of no other. */
export function forgeCredential(
  origin: string,
  forges: readonly ForgeHost[],
  env: Readonly<Record<string, string | undefined>>,
): {readonly username: string; readonly password: string} | undefined {
  const forge = forges.find(({host, apiUrl}) => new URL(`${new URL(apiUrl).protocol}//${host}`).origin === origin);
  const password = forge === undefined ? undefined : forgeToken(forge, env);
  if (forge === undefined || password === undefined) return undefined;
  return {username: forge.kind === 'github' ? 'x-access-token' : 'oauth2', password};
}

/** Where git pushes over HTTPS. */
export function httpsCloneUrl({forge, path}: ForgeAddress): string {
  const scheme = new URL(forge.apiUrl).protocol;
  return `${scheme}//${forge.host}/${path}.git`;
}

function splitAddress(address: string): {host: string; path: string} | undefined {
  // Spaces, controls, backslashes, escapes and user names with "@" in them are how one host is made to look like another.
  if (/[\s\p{Cc}\\%?#]/u.test(address)) return undefined;
  const scp = /^(?:[A-Za-z0-9._-]+@)?([A-Za-z0-9.-]+):(?!\/\/)(.+)$/.exec(address);
  if (scp !== null && !address.includes('://')) return {host: scp[1]!.toLowerCase(), path: cleanPath(scp[2]!)};
  const match = /^(https?|ssh|git\+ssh):\/\/(?:([^/@]*)@)?([^/@:]+)(:\d+)?\/(.+)$/i.exec(address);
  if (match === null) return undefined;
  const [, scheme = '', , name = '', port = '', path = ''] = match;
  // The port of ssh is another one than that of the web address.
  const isWeb = scheme.toLowerCase().startsWith('http');
  const usual = scheme.toLowerCase() === 'https' ? ':443' : ':80';
  const host = `${name}${isWeb && port !== usual ? port : ''}`.toLowerCase();
  return {host, path: cleanPath(path)};
}

function cleanPath(path: string): string {
  return path
    .replace(/^\/+/, '')
    .replace(/\/+$/, '')
    .replace(/\.git$/, '');
}

function isRepoPath(path: string, kind: ForgeKind): boolean {
  const segments = path.split('/');
  if (kind === 'github' ? segments.length !== 2 : segments.length < 2 || segments.length > 21) return false;
  return segments.every(segment => /^[A-Za-z0-9_.-]{1,255}$/.test(segment) && !/^\.+$/.test(segment));
}
