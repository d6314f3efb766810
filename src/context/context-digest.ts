import {createHash} from 'node:crypto';
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
  return {
    tree: digest(entries, ({path, kind, id}) => [path, kind, id]),
    history: digest(context.history, ({id, author, date, subject, body, paths = ['-']}) => [
      id,
      author,
      date,
      subject,
      body,
      ...paths,
    ]),
    shown: digest(
      [
        [`${context.version}`, context.repo, context.description ?? '', context.outline],
        // The id stands for the text: of the same content the same beginning is shown.
        ...context.files.map(file => [file.path, file.id, file.cut ? `${file.text.length}` : 'whole']),
        ...context.leftOut.map(({path, reason, detail = ''}) => [path, reason, detail]),
      ],
      list => list,
    ),
  };
}

/** Each as a list of fields in JSON, so that no two look alike. */
function digest<Item>(items: readonly Item[], fieldsOf: (item: Item) => readonly string[]): string {
  const hash = createHash('sha256');
  // Few updates, since each costs more than a short text; and never all of it at once, since a tree can have any size.
  let text = '';
  for (const item of items) {
    text += JSON.stringify(fieldsOf(item));
    if (text.length < 32 * 1024) continue;
    hash.update(text);
    text = '';
  }
  return hash.update(text).digest('hex');
}
