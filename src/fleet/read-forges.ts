import {type ForgeHost, wellKnownForges} from '../domain/forge.ts';
import {isLoopback} from '../util/is-loopback.ts';
import {quote} from '../util/jsonc-document.ts';
import type {AddProblem} from './fleet-rules.ts';
import type {UsableFleet} from './fleet-schema.ts';

/** The forges that are listed, then the well-known ones. A listed one wins over a well-known one of the same host. */
export function readForges(fleet: UsableFleet, add: AddProblem): ForgeHost[] {
  const forges: ForgeHost[] = [];
  for (const [index, {host, kind, api_url: apiUrl, token_env: tokenEnv}] of (fleet.forges ?? []).entries()) {
    if (host === undefined || kind === undefined || tokenEnv === undefined) continue;
    if (forges.some(forge => forge.host === host.toLowerCase())) {
      add(['forges', index, 'host'], `two forges have the host ${quote(host)}`, 'keep one of them');
      continue;
    }
    const url = (apiUrl ?? `https://${host.toLowerCase()}${kind === 'github' ? '/api/v3' : '/api/v4'}`).replace(
      /\/+$/,
      '',
    );
    const problem = addressProblem(url);
    if (problem !== undefined) {
      add(['forges', index, apiUrl === undefined ? 'host' : 'api_url'], problem);
      continue;
    }
    forges.push({host: host.toLowerCase(), kind, apiUrl: url, tokenEnvs: [tokenEnv]});
  }
  return [...forges, ...wellKnownForges.filter(({host}) => !forges.some(forge => forge.host === host))];
}

/** A token travels with every request. */
function addressProblem(text: string): string | undefined {
  if (!URL.canParse(text)) return 'expected an address such as "https://github.acme.com/api/v3"';
  const url = new URL(text);
  const {protocol, username, password, search, hash} = url;
  if (username !== '' || password !== '' || search !== '' || hash !== '')
    return 'expected an address without a user, a query and a fragment';
  if (protocol === 'https:' || (protocol === 'http:' && isLoopback(url))) return undefined;
  return 'expected "https://": a token is sent along';
}
