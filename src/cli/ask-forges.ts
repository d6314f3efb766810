import type {ForgeQuery} from '../domain/forge.ts';
import {type ForgeListings, queryKey} from '../fleet/forge-listings.ts';
import type {Io} from './io.ts';

/**
 * Loads what may need the repos that forges list: once to learn what they are to be asked, and once with their answers. Who needs no
 * forge loads once and waits for nobody. With `keep` the answers are kept for a night on which a forge is down.
 */
export async function withForgeSources<T>(io: Io, keep: boolean, load: (io: Io) => T): Promise<T> {
  const wanted = new Map<string, ForgeQuery>();
  const learn: ForgeListings = query => {
    wanted.set(queryKey(query), query);
    return undefined;
  };
  let loaded: {readonly value: T} | undefined;
  try {
    loaded = {value: load({...io, listings: learn})};
  } catch (error) {
    // The repos that are missing may be all that is wrong.
    if (wanted.size === 0) throw error;
  }
  if (wanted.size === 0 && loaded !== undefined) return loaded.value;
  const {askForgeSources} = await import('../orchestrator/forges.ts');
  const listings = await askForgeSources([...wanted.values()], {stateDir: io.stateDir, env: io.env, keep});
  return load({...io, listings});
}
