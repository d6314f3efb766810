import type {Change} from '../domain/change.ts';
import {formatOfId, gitBlobId} from '../util/git-blob-id.ts';
import type {Blobs, IntendedFile} from './delivery.ts';

/** What a change hands over, file by file, as the ledger keeps it: a person who commits exactly that has changed nothing. */
export function intendedFiles({edits, files, commit}: Change): {
  readonly intended: readonly IntendedFile[];
  readonly blobs: Blobs;
} {
  const format = formatOfId(commit);
  const counts = new Map(files.map(file => [file.path, file]));
  const intended = edits.flatMap(({path, before, after}): IntendedFile[] => {
    if (after === undefined || after.kind === 'submodule') return [];
    const {added, removed} = counts.get(path)!;
    return [{path, added, removed, blob: gitBlobId(format, after.bytes), before: before?.id}];
  });
  return {intended, blobs: new Map(intended.map(({path, blob}) => [path, blob]))};
}
