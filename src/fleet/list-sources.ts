import {createHash} from 'node:crypto';
import path from 'node:path';
import {z} from 'zod';
import type {ForgeQuery, ForgeRepo} from '../domain/forge.ts';
import {makeFolder} from '../util/make-folder.ts';
import {quoteText} from '../util/quote-text.ts';
import {readBoundedFile} from '../util/read-bounded-file.ts';
import {writeAtomically} from '../util/write-atomically.ts';
import {type ForgeListing, type ForgeListings, queryKey} from './forge-listings.ts';

/** Asks a forge; `passing`: the same question may be answered later without anybody doing something. */
export type AskForSource = (
  query: ForgeQuery,
  limit: number,
) => Promise<
  | {readonly repos: readonly ForgeRepo[]; readonly complete: boolean}
  | {readonly fault: string; readonly hint?: string; readonly passing: boolean}
>;

export interface ListSourcesOptions {
  readonly ask: AskForSource;
  /** Where answers are kept for a night on which the forge is down; nothing is written without `keep`. */
  readonly cacheDir: string;
  readonly keep: boolean;
  readonly now: () => number;
}

const maxRepos = 10_000;
/** One command after another asks once. */
const freshMs = 60_000;
/** An older answer says little about what there is. */
const staleMs = 30 * 86_400_000;

/** Asks for the repos of each source. A forge that does not answer now is answered for by what it said last, and that is noted. */
export async function listSources(queries: readonly ForgeQuery[], options: ListSourcesOptions): Promise<ForgeListings> {
  const listings = new Map<string, ForgeListing>();
  for (const query of queries) listings.set(queryKey(query), await listSource(query, options));
  return query => listings.get(queryKey(query));
}

/** What is kept of earlier answers, for commands that ask nobody. */
export function keptListings(cacheDir: string): ForgeListings {
  return query => {
    const kept = readKept(query, cacheDir);
    return kept === undefined ? {repos: []} : {repos: kept.repos};
  };
}

async function listSource(query: ForgeQuery, {ask, cacheDir, keep, now}: ListSourcesOptions): Promise<ForgeListing> {
  const kept = readKept(query, cacheDir);
  if (kept !== undefined && now() - kept.at >= 0 && now() - kept.at < freshMs) return {repos: kept.repos};
  const answer = await ask(query, maxRepos);
  if ('fault' in answer) {
    const {passing, ...fault} = answer;
    if (!passing || kept === undefined || now() - kept.at > staleMs) return fault;
    const day = new Date(kept.at).toISOString().slice(0, 16).replace('T', ' ');
    return {
      repos: kept.repos,
      note: `the source ${quoteText(query.search)}: ${fault.fault}; what it said on ${day} UTC is used`,
    };
  }
  if (!answer.complete) {
    return {
      fault: `${query.forge.host} finds more repositories than it lists, or than ${maxRepos}`,
      hint:
        query.forge.kind === 'github'
          ? 'a search shows 1000 at most; "org:NAME" with "topic:NAME" is listed whole'
          : 'narrow it down with "group:" and "topic:"',
    };
  }
  if (keep) await writeKept(query, {at: now(), repos: answer.repos}, cacheDir);
  return {repos: answer.repos};
}

const keptSchema = z.object({
  version: z.literal(1),
  key: z.string(),
  at: z.number(),
  repos: z.array(
    z.object({
      path: z.string(),
      webUrl: z.string(),
      cloneUrl: z.string(),
      defaultBranch: z.string().exactOptional(),
      archived: z.boolean(),
      fork: z.boolean(),
      description: z.string().exactOptional(),
      topics: z.array(z.string()),
      canPush: z.boolean().exactOptional(),
      pullRequests: z.boolean().exactOptional(),
    }),
  ),
});

interface Kept {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly repos: readonly ForgeRepo[];
}

/** Undefined when there is none, and when it cannot be read: then the forge is asked. */
function readKept(query: ForgeQuery, cacheDir: string): Kept | undefined {
  const {text} = readBoundedFile(fileOf(query, cacheDir), 64 * 1024 * 1024);
  if (text === undefined) return undefined;
  try {
    const {data} = keptSchema.safeParse(JSON.parse(text));
    return data?.key === queryKey(query) ? data : undefined;
  } catch {
    return undefined;
  }
}

async function writeKept(query: ForgeQuery, kept: Kept, cacheDir: string): Promise<void> {
  makeFolder(cacheDir, 0o700);
  const text = JSON.stringify({version: 1, key: queryKey(query), ...kept});
  await writeAtomically(fileOf(query, cacheDir), text, {durable: false});
}

function fileOf(query: ForgeQuery, cacheDir: string): string {
  return path.join(cacheDir, `${createHash('sha256').update(queryKey(query)).digest('hex').slice(0, 32)}.json`);
}
