/** A file that was held back or left out, and why, for plan, result and prompt. */
export interface LeftOut {
  readonly path: string;
  readonly reason:
    | 'secret'
    | 'binary'
    | 'generated'
    | 'vendored'
    | 'lock-file'
    | 'minified'
    | 'too-large'
    | 'budget'
    | 'unreadable'
    | 'symlink'
    | 'submodule'
    | 'lfs';
  /** For a secret: the rule that found it and the line, never the secret. */
  readonly detail?: string;
}

/** How many files were left out, by reason. */
export function countLeftOut(leftOut: readonly LeftOut[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const {reason} of leftOut) counts[reason] = (counts[reason] ?? 0) + 1;
  return counts;
}

/** `.env (password at line 3)` for every file that was held back because it holds a secret. */
export function nameHeldBack(leftOut: readonly LeftOut[]): string[] {
  return leftOut.filter(({reason}) => reason === 'secret').map(({path, detail}) => `${path} (${detail ?? 'secret'})`);
}

/** A file, or its beginning, that the model is shown. */
export interface ShownFile {
  readonly path: string;
  /** Blob id it was read from. */
  readonly id: string;
  readonly text: string;
  /** True when `text` is only the beginning. */
  readonly cut: boolean;
}

/** One commit as the model is shown it. */
export interface ShownCommit {
  readonly id: string;
  readonly author: string;
  /** ISO date, UTC, to the second. */
  readonly date: string;
  readonly subject: string;
  readonly body: string;
  /** Paths it touched against its first parent, at most a handful; absent when not computed. */
  readonly paths?: readonly string[];
}

/** What the model is shown of a repo at one commit, within a token budget. Pure data: the same repo state gives the same bytes. */
export interface RepoContext {
  /** Changes when the way a context is built changes, so that old results are not believed. */
  readonly version: number;
  readonly repo: string;
  readonly description?: string;
  readonly commit: string;
  readonly branch?: string;
  /** Indented outline of the tree; long folders are summarised. */
  readonly outline: string;
  readonly fileCount: number;
  /** Newest first. */
  readonly history: readonly ShownCommit[];
  readonly files: readonly ShownFile[];
  readonly leftOut: readonly LeftOut[];
  /** Estimated tokens of everything above when rendered. */
  readonly tokens: number;
}
