/** One entry of a tree, with its whole path. */
export interface TreeEntry {
  /** Path from the repo root with `/`; bytes that are not UTF-8 are replaced by U+FFFD and then `readable` is false. */
  readonly path: string;
  readonly kind: 'file' | 'executable' | 'symlink' | 'submodule';
  /** Object id, 40 or 64 hexadecimal digits. */
  readonly id: string;
  /** False when the name is not valid UTF-8, so that the path cannot be written back. */
  readonly readable: boolean;
}

export interface CommitInfo {
  readonly id: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly authorName: string;
  /** Seconds since 1970, UTC. */
  readonly authorTime: number;
  /** Whole message. Untrusted text. */
  readonly message: string;
}

/** A path that differs between two trees; a side is absent where the path is. */
export interface TreeChange {
  readonly path: string;
  readonly before?: Pick<TreeEntry, 'kind' | 'id'>;
  readonly after?: Pick<TreeEntry, 'kind' | 'id'>;
}

/** Where HEAD of a repo was when the job looked. */
export interface Head {
  readonly commit: string;
  /** Short branch name; absent when detached. */
  readonly branch?: string;
}

/**
 * Reads the objects of one repo at pinned ids. Never reads the repo's configuration and never its work tree;
 * every object is checked against its id, so a forged object store cannot show other content.
 */
export interface ObjectReader {
  readonly head: Head;
  readonly objectFormat: 'sha1' | 'sha256';
  /** Commits reachable from `commit`, newest first along first parents, at most `limit`; ends early at a shallow border. */
  history(commit: string, limit: number): Promise<CommitInfo[]>;
  /** Every file below the tree, in path order. Throws `JobFailure` (`tree-too-large`) when there are more than `maxEntries`, default 200,000. */
  tree(treeId: string, options?: {maxEntries?: number}): Promise<TreeEntry[]>;
  /** Paths that differ, in path order; looks only into folders that do. At most about `limit`: more mean that there are more than that. */
  changes(before: string | undefined, after: string, limit: number): Promise<TreeChange[]>;
  /** Sizes in bytes, in the order asked; `undefined` for an object that is missing. */
  sizes(ids: readonly string[]): Promise<(number | undefined)[]>;
  /** Contents, in the order asked; `undefined` for an object that is missing, or larger than a reader reads (10 MB). */
  blobs(ids: readonly string[]): Promise<(Buffer | undefined)[]>;
}
