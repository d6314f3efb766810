import type {TreeEntry} from '../domain/git.ts';
import {compileGlob, type Glob} from '../util/glob.ts';
import type {Tier} from './classify-path.ts';

export interface Candidate {
  readonly entry: TreeEntry;
  readonly tier: Tier;
}

export interface RankedFile extends Candidate {
  readonly size: number;
  /** Files of one kind take a limited share, so that manifests or docs do not leave source out. */
  readonly share: 'manifest' | 'docs' | undefined;
}

/** Candidates whose sizes are asked for; the rest cannot fit anyway. */
const maxCandidates = 3000;

/**
 * The order in which files are shown: manifests, READMEs, what the skill's globs name (in their order), docs, entry points, other source,
 * tests and examples, everything else. Within a kind shallower before deeper, then smaller before larger.
 */
export async function rankFiles(
  candidates: readonly Candidate[],
  globs: readonly string[],
  sizesOf: (ids: readonly string[]) => Promise<readonly (number | undefined)[]>,
): Promise<{ranked: RankedFile[]; unranked: Candidate[]; missing: Candidate[]}> {
  const rankOf = ranker(globs);
  const keyed = candidates.map(candidate => ({
    candidate,
    rank: rankOf(candidate),
    depth: depthOf(candidate.entry.path),
  }));
  keyed.sort((a, b) => a.rank - b.rank || a.depth - b.depth || comparePaths(a.candidate, b.candidate));
  const first = keyed.slice(0, maxCandidates);
  const sizes = await sizesOf(first.map(({candidate}) => candidate.entry.id));
  const sized = first.map((item, index) => ({...item, size: sizes[index]}));
  sized.sort(
    (a, b) =>
      a.rank - b.rank || a.depth - b.depth || (a.size ?? 0) - (b.size ?? 0) || comparePaths(a.candidate, b.candidate),
  );
  const ranked: RankedFile[] = [];
  const missing: Candidate[] = [];
  for (const {candidate, rank, size} of sized) {
    const share =
      rank === ranks.manifest ? 'manifest' : rank === ranks.docs || rank === ranks.readme ? 'docs' : undefined;
    if (size === undefined) missing.push(candidate);
    else ranked.push({...candidate, size, share});
  }
  return {ranked, missing, unranked: keyed.slice(maxCandidates).map(({candidate}) => candidate)};
}

// Globs lie between readme and docs: 2 plus a fraction by their position.
const ranks = {manifest: 0, readme: 1, docs: 3, entry: 4, source: 5, test: 6, other: 7} as const satisfies Record<
  Tier,
  number
>;

function ranker(globs: readonly string[]): (candidate: Candidate) => number {
  const matchers = compiled(globs);
  return ({entry, tier}) => {
    const rank = ranks[tier];
    if (rank < 2) return rank;
    const index = matchers.findIndex(matches => matches(entry.path));
    return index === -1 ? rank : 2 + index / (matchers.length + 1);
  };
}

/** Those of the last skill that was asked for: a night has few, and many repos. */
let last: {readonly globs: string; readonly matchers: readonly Glob['matches'][]} | undefined;

function compiled(globs: readonly string[]): readonly Glob['matches'][] {
  const key = JSON.stringify(globs);
  if (last?.globs !== key) last = {globs: key, matchers: globs.map(glob => compileGlob(glob).matches)};
  return last.matchers;
}

function depthOf(path: string): number {
  let depth = 0;
  for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1)) depth++;
  return depth;
}

function comparePaths(a: Candidate, b: Candidate): number {
  return a.entry.path < b.entry.path ? -1 : a.entry.path > b.entry.path ? 1 : 0;
}
