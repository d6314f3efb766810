import type {CommitInfo, ObjectReader, TreeEntry} from '../../src/domain/git.ts';

/** The newest commit of a repo, and every file of it by path. */
export async function readHead(
  reader: Pick<ObjectReader, 'head' | 'history' | 'tree'>,
): Promise<{commit: CommitInfo; entries: ReadonlyMap<string, TreeEntry>}> {
  const [commit] = await reader.history(reader.head.commit, 1);
  const entries = await reader.tree(commit!.tree);
  return {commit: commit!, entries: new Map(entries.map(entry => [entry.path, entry]))};
}
