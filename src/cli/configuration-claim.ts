import {createHash} from 'node:crypto';
import path from 'node:path';

/** What two starts of one configuration file have in common. The path is a real one, without links. */
export function configurationClaim(realConfigFile: string, shard?: string): string {
  return digestClaim([realConfigFile, shard ?? null]);
}

interface ClaimedTask {
  readonly name: string;
  readonly skill: {readonly name: string};
  readonly repos: readonly {readonly name: string; readonly url?: string}[];
}

/**
 * What two starts through one queue have in common, whichever machines they come from: the name of the configuration, its tasks,
 * and the repos that these are about. Where the file lies says nothing there: a container has every configuration at one path.
 */
export function workClaim(configFile: string | undefined, tasks: readonly ClaimedTask[], shard?: string): string {
  const work = tasks.map(({name, skill, repos}) => [
    name,
    skill.name,
    repos.map(repo => [repo.name, repo.url ?? null]),
  ]);
  return digestClaim([configFile === undefined ? null : path.basename(configFile), shard ?? null, work]);
}

export function digestClaim(what: unknown): string {
  return `config:${createHash('sha256').update(JSON.stringify(what)).digest('hex').slice(0, 32)}`;
}
