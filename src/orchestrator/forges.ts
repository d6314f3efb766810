import path from 'node:path';
import type {Forge} from '../delivery/forge.ts';
import {type ForgeHost, type ForgeQuery, forgeToken} from '../domain/forge.ts';
import type {ForgeListings} from '../fleet/forge-listings.ts';
import {systemClock} from '../util/clock.ts';
import type {Env} from './env.ts';

/** Gives the client of a forge and the token it asks with; undefined without a token. */
export type OpenForge = (host: ForgeHost) => {readonly forge: Forge; readonly token: string} | undefined;

export async function openForges(env: Env): Promise<OpenForge> {
  const [{createGithubForge}, {createGitlabForge}, {createPost}] = await Promise.all([
    import('../delivery/github.ts'),
    import('../delivery/gitlab.ts'),
    import('../util/post-once.ts'),
  ]);
  const post = createPost(env);
  const opened = new Map<string, {readonly forge: Forge; readonly token: string}>();
  return host => {
    const token = forgeToken(host, env);
    if (token === undefined) return undefined;
    const known = opened.get(host.apiUrl);
    if (known !== undefined) return known;
    const create = host.kind === 'github' ? createGithubForge : createGitlabForge;
    // GitHub asks for a second between two changes; GitLab says when it is too much.
    const mutationGapMs = host.kind === 'github' ? 1000 : 0;
    const made = {forge: create({apiUrl: host.apiUrl, token, post, clock: systemClock, mutationGapMs}), token};
    opened.set(host.apiUrl, made);
    return made;
  };
}

/** Asks forges for the repos of the sources of a fleet. */
export async function askForgeSources(
  queries: readonly ForgeQuery[],
  {stateDir, env, keep}: {readonly stateDir: string; readonly env: Env; readonly keep: boolean},
): Promise<ForgeListings> {
  const [openForge, {listSources}, {ForgeError}] = await Promise.all([
    openForges(env),
    import('../fleet/list-sources.ts'),
    import('../delivery/forge-error.ts'),
  ]);
  const signal = AbortSignal.timeout(300_000);
  return await listSources(queries, {
    cacheDir: path.join(stateDir, 'sources'),
    keep,
    now: systemClock.now,
    async ask({forge: host, search}, limit) {
      const opened = openForge(host);
      if (opened === undefined) {
        const hint = `set ${host.tokenEnvs.join(' or ')}`;
        return {fault: `there is no token for ${host.host}`, hint, passing: false};
      }
      try {
        return await opened.forge.listRepos(search, limit, signal);
      } catch (error) {
        if (signal.aborted) return {fault: `${host.host} took longer than 5 minutes`, passing: true};
        if (!(error instanceof ForgeError)) throw error;
        return {fault: error.message, passing: error.passing};
      }
    },
  });
}
