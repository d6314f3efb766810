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
  /** Every file below the tree, in path order. Throws `RepoFailure` when there are more than `maxEntries`. */
  tree(treeId: string, options?: {maxEntries?: number}): Promise<TreeEntry[]>;
  /** Sizes in bytes, in the order asked; `undefined` for an object that is missing. */
  sizes(ids: readonly string[]): Promise<(number | undefined)[]>;
  /** Contents, in the order asked; `undefined` for an object that is missing. */
  blobs(ids: readonly string[]): Promise<(Buffer | undefined)[]>;
}
