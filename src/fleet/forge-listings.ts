import type {ForgeQuery, ForgeRepo} from '../domain/forge.ts';
import {findForgeAddress, httpsCloneUrl} from '../domain/forge.ts';
import type {Repo} from '../domain/repo.ts';
import {uniqueName} from './unique-name.ts';

/** What a forge answered to a source of the fleet, or why there is nothing to go by. */
export type ForgeListing =
  | {
      readonly repos: readonly ForgeRepo[];
      /** Worth telling, such as that this is an older answer. */
      readonly note?: string;
    }
  | {readonly fault: string; readonly hint?: string};

/** Answers to the sources of a fleet, by question; undefined for one that was not asked. */
export type ForgeListings = (query: ForgeQuery) => ForgeListing | undefined;

/** The same for the same question. */
export function queryKey({forge, search}: ForgeQuery): string {
  return JSON.stringify([forge.kind, forge.host, forge.apiUrl, search]);
}

/** What a source of the fleet adds, and how many these are. Archived repositories are left out, forks too unless they are wanted. */
export function addFromForge(
  repos: Map<string, Repo>,
  found: readonly ForgeRepo[],
  {forge, forks, tags}: Pick<ForgeQuery, 'forge'> & {readonly forks: boolean; readonly tags: readonly string[]},
): number {
  const known = new Map<string, string>();
  for (const repo of repos.values()) {
    const address = findForgeAddress(repo, [forge]);
    if (address !== undefined) known.set(address.path.toLowerCase(), repo.name);
  }
  const wanted = found.filter(({archived, fork}) => !archived && (forks || !fork));
  for (const {path, defaultBranch, description} of [...wanted].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    const name = known.get(path.toLowerCase());
    const listed = name === undefined ? undefined : repos.get(name);
    if (listed !== undefined) {
      repos.set(listed.name, {...listed, tags: [...new Set([...listed.tags, ...tags])]});
      continue;
    }
    // Addresses are made by us: what a forge answers must not choose where to clone from and where a token goes.
    const url = httpsCloneUrl({forge, path});
    if (findForgeAddress({url}, [forge]) === undefined) continue;
    const own = uniqueName(`/${forge.host}/${path}`, repos);
    known.set(path.toLowerCase(), own);
    repos.set(own, {
      name: own,
      url,
      github: url.replace(/\.git$/, ''),
      ...(defaultBranch !== undefined && isBranchName(defaultBranch) ? {branch: defaultBranch} : {}),
      ...(description === undefined || description === '' ? {} : {description: oneLine(description)}),
      tags: [...new Set(tags)],
      active: true,
    });
  }
  return wanted.length;
}

function isBranchName(name: string): boolean {
  return /^(?![-/.])(?!.*(?:\.\.|@\{|\/\/|\.lock$|[/.]$))[^\s\p{C}~^:?*[\\]{1,200}$/u.test(name);
}

function oneLine(text: string): string {
  return text
    .replace(/[\p{C}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim()
    .slice(0, 500);
}
