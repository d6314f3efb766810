import {createHash, type Hash} from 'node:crypto';
import type {Change, FileEdit, Proposal} from '../domain/change.ts';
import type {ObjectReader, TreeEntry} from '../domain/git.ts';
import type {ChangedFile} from '../domain/outcome.ts';
import {idOfAfter} from './parse-object.ts';
import {type PatchSide, patchFile} from './patch-file.ts';

/** The diff of a proposal: without edits that change nothing, counted, and as a patch that `git apply` takes. */
export async function makeChange(
  reader: Pick<ObjectReader, 'head' | 'objectFormat' | 'blobs'>,
  proposal: Proposal,
): Promise<Change> {
  const edits: FileEdit[] = [];
  const files: ChangedFile[] = [];
  const patch: string[] = [];
  const identity = createHash('sha256');
  for (const edit of [...proposal.edits].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    const {path} = edit;
    const after = afterSide(edit, reader.objectFormat);
    if (edit.before?.kind === after?.kind && edit.before?.id === after?.id) continue;
    const before = await beforeSide(edit, reader);
    let [added, removed] = [0, 0];
    for (const [old, now] of isReplaced(before, after)
      ? [[before, undefined] as const, [undefined, after] as const]
      : [[before, after] as const]) {
      const part = await patchFile(path, old, now);
      patch.push(part.text);
      added += part.added;
      removed += part.removed;
      identify(identity, [path, old?.kind ?? '', now?.kind ?? '', ...part.identity]);
    }
    edits.push(edit);
    files.push({path, added, removed});
  }
  const {summary} = proposal;
  return {
    commit: reader.head.commit,
    edits,
    files,
    patch: patch.join(''),
    patchId: identity.digest('hex'),
    ...(summary === undefined ? {} : {summary}),
  };
}

/** git shows what becomes another kind of thing as removed and made anew; a file that becomes executable stays the same file. */
function isReplaced(before: PatchSide | undefined, after: PatchSide | undefined): boolean {
  return before !== undefined && after !== undefined && typeOf(before.kind) !== typeOf(after.kind);
}

function typeOf(kind: TreeEntry['kind']): string {
  return kind === 'executable' ? 'file' : kind;
}

function afterSide({after}: FileEdit, format: 'sha1' | 'sha256'): PatchSide | undefined {
  return after === undefined ? undefined : {...after, id: idOfAfter(format, after)};
}

async function beforeSide({before}: FileEdit, reader: Pick<ObjectReader, 'blobs'>): Promise<PatchSide | undefined> {
  if (before === undefined) return undefined;
  const bytes = before.kind === 'submodule' ? Buffer.from(before.id) : (await reader.blobs([before.id]))[0];
  return {kind: before.kind, id: before.id, ...(bytes === undefined ? {} : {bytes})};
}

/** Each part with its length, so that no two lists give the same bytes. */
function identify(hash: Hash, parts: readonly string[]): void {
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:`).update(part);
}
