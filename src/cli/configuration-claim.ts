import {createHash} from 'node:crypto';

/** What two starts of one configuration file have in common. The path is a real one, without links. */
export function configurationClaim(realConfigFile: string, shard?: string): string {
  return digestClaim([realConfigFile, shard ?? null]);
}

export function digestClaim(what: unknown): string {
  return `config:${createHash('sha256').update(JSON.stringify(what)).digest('hex').slice(0, 32)}`;
}
