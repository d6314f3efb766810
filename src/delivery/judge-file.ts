import {isUtf8} from 'node:buffer';
import {JobFailure} from '../domain/outcome.ts';
import {countLineChanges} from '../util/count-line-changes.ts';
import {gitBlobId} from '../util/git-blob-id.ts';
import {quoteText} from '../util/quote-text.ts';
import type {DeliveryPlace, IntendedFile} from './delivery.ts';
import type {FilesRequest} from './files.ts';

export type Verdict =
  /** The file is as proposed and nobody waits to hear that we wrote it. */
  | {readonly kind: 'same'; readonly blob: string}
  /** A delivery that a crash cut off wrote it. */
  | {readonly kind: 'landed'; readonly intended: IntendedFile}
  | {readonly kind: 'write'; readonly intended: IntendedFile; readonly bytes: Buffer}
  | {readonly kind: 'remove'; readonly intended: IntendedFile};

/** Throws `uncommitted-changes` when what is there is the user's work, whatever is to be written. */
export function assertOurs(path: string, current: Buffer | undefined, place: DeliveryPlace): void {
  if (current === undefined) {
    if (place.committed.has(path)) throw notOurs(path, 'was deleted, and that is not committed', place);
    return;
  }
  const text = current.toString();
  const {objectFormat} = place.reader;
  const id = gitBlobId(objectFormat, current);
  const ours = ownBlobs(path, place);
  if (ours.has(id)) return;
  if (lineEndings(text) !== 'lf' && ours.has(gitBlobId(objectFormat, Buffer.from(toLf(text))))) return;
  throw notOurs(
    path,
    place.committed.has(path) ? 'has changes that are not committed' : 'exists and is not committed',
    place,
  );
}

function ownBlobs(path: string, {committed, earlier}: DeliveryPlace): Set<string> {
  const ours = new Set(earlier.filter(known => known.path === path).map(({blob}) => blob));
  const blob = committed.get(path);
  if (blob !== undefined) ours.add(blob);
  return ours;
}

/** Whether the proposed content may replace what is there, and with which bytes. Throws `uncommitted-changes` when that is the user's work. */
export function judgeFile(path: string, proposed: Buffer, current: Buffer | undefined, request: FilesRequest): Verdict {
  const format = request.reader.objectFormat;
  const isText = isUtf8(proposed) && !proposed.includes(0);
  if (current === undefined) {
    assertOurs(path, current, request);
    const intended = describe(path, Buffer.alloc(0), proposed, gitBlobId(format, proposed), undefined);
    return {kind: 'write', bytes: proposed, intended};
  }

  const endings = isText ? lineEndings(current.toString()) : 'lf';
  const id = gitBlobId(format, current);
  // What git stores when it turns LF into CRLF on checkout (core.autocrlf, or eol=crlf in .gitattributes).
  const idWithLf = endings === 'lf' ? id : gitBlobId(format, Buffer.from(toLf(current.toString())));
  const unconfirmed = unconfirmedAt(path, request);
  const bytes = endings === 'crlf' ? Buffer.from(toLf(proposed.toString()).replaceAll('\n', '\r\n')) : proposed;
  if (current.equals(bytes)) {
    const intended = unconfirmed.findLast(({blob}) => blob === id || blob === idWithLf);
    return intended === undefined
      ? {kind: 'same', blob: ownBlobs(path, request).has(id) ? id : idWithLf}
      : {kind: 'landed', intended};
  }

  const isUnconfirmed = unconfirmed.some(({blob}) => blob === id || blob === idWithLf);
  if (!isUnconfirmed) assertOurs(path, current, request);
  const storedAsIs = endings !== 'crlf' || ownBlobs(path, request).has(id);
  const blob = gitBlobId(format, storedAsIs ? bytes : Buffer.from(toLf(proposed.toString())));
  return {kind: 'write', bytes, intended: describe(path, current, bytes, blob, storedAsIs ? id : idWithLf)};
}

/** What stands for content where a file goes. */
export const goneBlob = '';

/** Whether a file may be removed: only as it is committed. Throws `uncommitted-changes` when anything of it is the user's work. */
export function judgeRemoval(path: string, current: Buffer | undefined, request: FilesRequest): Verdict {
  if (current === undefined) {
    const intended = unconfirmedAt(path, request).findLast(({blob}) => blob === goneBlob);
    return intended === undefined ? {kind: 'same', blob: goneBlob} : {kind: 'landed', intended};
  }
  assertOurs(path, current, {...request, earlier: []});
  const before = request.committed.get(path);
  return {kind: 'remove', intended: describe(path, current, Buffer.alloc(0), goneBlob, before)};
}

function unconfirmedAt(path: string, request: FilesRequest): IntendedFile[] {
  return (request.unconfirmed ?? []).filter(intended => intended.path === path);
}

function describe(
  path: string,
  before: Buffer,
  after: Buffer,
  blob: string,
  blobBefore: string | undefined,
): IntendedFile {
  const isBinary = before.includes(0) || after.includes(0);
  const counts = isBinary ? {added: 0, removed: 0} : countLineChanges(before.toString(), after.toString());
  return {path, ...counts, blob, before: blobBefore};
}

function lineEndings(text: string): 'lf' | 'crlf' | 'mixed' {
  if (!text.includes('\r\n')) return 'lf';
  return /(?<!\r)\n/.test(text) ? 'mixed' : 'crlf';
}

function toLf(text: string): string {
  return text.replaceAll('\r\n', '\n');
}

function notOurs(path: string, what: string, {reader}: DeliveryPlace): JobFailure {
  return new JobFailure(
    'uncommitted-changes',
    `${quoteText(path)} ${what} (compared with commit ${reader.head.commit.slice(0, 12)}); it was left alone.`,
  );
}
