import path from 'node:path';
import {type ForgeHost, forgeCredential} from '../domain/forge.ts';
import type {Mirrors} from '../workspace/mirrors.ts';
import type {RemoteGit} from '../workspace/remote-git.ts';
import type {Env} from './env.ts';

/** How repos are reached that have no path on this machine. */
export interface Remotes {
  readonly env: Env;
  readonly forges: readonly ForgeHost[];
}

/** git on its way to remotes, with the operator's own environment and tokens. */
export async function openRemoteGit(env: Env, forges: readonly ForgeHost[]): Promise<RemoteGit> {
  const {RemoteGit} = await import('../workspace/remote-git.ts');
  return new RemoteGit({env, credential: origin => forgeCredential(origin, forges, env)});
}

export async function openMirrors(stateDir: string, {env, forges}: Remotes): Promise<Mirrors> {
  const {createMirrors} = await import('../workspace/mirrors.ts');
  return createMirrors({directory: path.join(stateDir, 'mirrors'), remoteGit: await openRemoteGit(env, forges)});
}
