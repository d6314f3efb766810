import {createHash, type Hash} from 'node:crypto';
import type {RepoContext} from '../domain/context.ts';
import type {TreeEntry} from '../domain/git.ts';

/** Which part of the input changed. SHA-256, hexadecimal. */
export interface ContextDigests {
  /** Every path, kind and content of the tree. */
  readonly tree: string;
  /** The commits shown. */
  readonly history: string;
  /** What is said of the repo, which files are shown and how much of each. */
  readonly shown: string;
}

/** Branch and commit do not count: the same content elsewhere is the same input. */
export function digestContext(context: RepoContext, entries: readonly TreeEntry[]): ContextDigests {
  const tree = createHash('sha256');
  for (const entry of entries) addFields(tree, [entry.path, entry.kind, entry.id]);
  const history = createHash('sha256');
  for (const commit of context.history) {
    addFields(history, [
      commit.id,
      commit.author,
      commit.date,
      commit.subject,
      commit.body,
      ...(commit.paths ?? ['-']),
    ]);
  }
  const shown = createHash('sha256');
  addFields(shown, [`${context.version}`, context.repo, context.description ?? '', context.outline]);
  // The id stands for the text: of the same content the same beginning is shown.
  for (const file of context.files) addFields(shown, [file.path, file.id, file.cut ? `${file.text.length}` : 'whole']);
  for (const {path, reason, detail = ''} of context.leftOut) addFields(shown, [path, reason, detail]);
  return {tree: tree.digest('hex'), history: history.digest('hex'), shown: shown.digest('hex')};
}

/** So that no two lists of fields look alike. */
function addFields(hash: Hash, fields: readonly string[]): void {
  hash.update(JSON.stringify(fields));
}
