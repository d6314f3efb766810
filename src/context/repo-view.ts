import type {CommitInfo, ObjectReader, TreeChange, TreeEntry} from '../domain/git.ts';

/**
 * What a file counts as for the question whether the input changed: the blob it replaced if it is what we delivered, else itself;
 * undefined when there was no such file before we delivered it.
 */
export type Normalise = (path: string, blob: string) => string | undefined;

/** The state of a repo that a context is made of. */
export interface RepoView {
  readonly entries: readonly TreeEntry[];
  /** Newest first. */
  readonly commits: readonly CommitInfo[];
}

/** The repo as it is at a commit. Asks for one commit more than is shown, so that each shown one has its parent. */
export async function readView(reader: ObjectReader, commit: string, historyLimit: number): Promise<RepoView> {
  const commits = await reader.history(commit, historyLimit + 1);
  return {commits, entries: await reader.tree(commits[0]!.tree)};
}

/**
 * The same repo as if our deliveries had not been committed: delivered files are what they replaced, and commits at the head that bring
 * nothing else are not there. So committing exactly what was delivered, by any of our tasks and in any number of commits, gives the same
 * view as before; an edit by hand on top does not. The given view itself when nothing is ours.
 */
export async function withoutDeliveries(
  reader: ObjectReader,
  view: RepoView,
  historyLimit: number,
  normalise: Normalise,
): Promise<RepoView> {
  const start = await firstOtherCommit(reader, view.commits, historyLimit, normalise);
  const entries = normaliseEntries(view.entries, normalise);
  if (start === view.commits[0]!.id && entries === view.entries) return view;
  return {entries, commits: await reader.history(start, historyLimit + 1)};
}

const maxOwnCommits = 200;
/** One commit of ours holds at most the outputs of one repo. */
const maxOwnPaths = 100;

async function firstOtherCommit(
  reader: ObjectReader,
  known: readonly CommitInfo[],
  historyLimit: number,
  normalise: Normalise,
): Promise<string> {
  let commits = known;
  let at = 0;
  for (let skipped = 0; skipped < maxOwnCommits; skipped++) {
    const commit = commits[at]!;
    if (at + 1 === commits.length && commit.parents.length > 0) {
      commits = await reader.history(commit.id, historyLimit + 1);
      at = 0;
    }
    const parent = commits[at + 1];
    if (parent === undefined) return commit.id;
    const changes = await reader.changes(parent.tree, commit.tree, maxOwnPaths);
    // A commit without any change says something to people; it is not ours.
    if (changes.length === 0 || changes.length > maxOwnPaths) return commit.id;
    if (!changes.every(change => isOwn(change, normalise))) return commit.id;
    at++;
  }
  return commits[at]!.id;
}

function isOwn({path, before, after}: TreeChange, normalise: Normalise): boolean {
  const was = before === undefined ? undefined : normalise(path, before.id);
  const is = after === undefined ? undefined : normalise(path, after.id);
  return was === is && (was === undefined || before?.kind === after?.kind);
}

function normaliseEntries(entries: readonly TreeEntry[], normalise: Normalise): readonly TreeEntry[] {
  let changed = false;
  const normal: TreeEntry[] = [];
  for (const entry of entries) {
    const id = normalise(entry.path, entry.id);
    if (id === entry.id) {
      normal.push(entry);
    } else {
      changed = true;
      if (id !== undefined) normal.push({...entry, id});
    }
  }
  return changed ? normal : entries;
}
