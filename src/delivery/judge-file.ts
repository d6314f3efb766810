import {JobFailure} from '../domain/outcome.ts';
import type {ProposedFile} from '../domain/proposed-file.ts';
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
  | {readonly kind: 'write'; readonly intended: IntendedFile; readonly bytes: Buffer};

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

/** Whether the proposed file may replace what is there, and with which bytes. Throws `uncommitted-changes` when that is the user's work. */
export function judgeFile(file: ProposedFile, current: Buffer | undefined, request: FilesRequest): Verdict {
  const format = request.reader.objectFormat;
  if (current === undefined) {
    assertOurs(file.path, current, request);
    const bytes = Buffer.from(file.text);
    return {kind: 'write', bytes, intended: describe(file.path, '', file.text, gitBlobId(format, bytes), undefined)};
  }

  const before = current.toString();
  const endings = lineEndings(before);
  const id = gitBlobId(format, current);
  // What git stores when it turns LF into CRLF on checkout (core.autocrlf, or eol=crlf in .gitattributes).
  const idWithLf = endings === 'lf' ? id : gitBlobId(format, Buffer.from(toLf(before)));
  const unconfirmed = (request.unconfirmed ?? []).filter(({path}) => path === file.path);
  const text = endings === 'crlf' ? toLf(file.text).replaceAll('\n', '\r\n') : file.text;
  const bytes = Buffer.from(text);
  if (current.equals(bytes)) {
    const intended = unconfirmed.findLast(({blob}) => blob === id || blob === idWithLf);
    return intended === undefined
      ? {kind: 'same', blob: ownBlobs(file.path, request).has(id) ? id : idWithLf}
      : {kind: 'landed', intended};
  }

  const isUnconfirmed = unconfirmed.some(({blob}) => blob === id || blob === idWithLf);
  if (!isUnconfirmed) assertOurs(file.path, current, request);
  const storedAsIs = endings !== 'crlf' || ownBlobs(file.path, request).has(id);
  const blob = storedAsIs ? gitBlobId(format, bytes) : gitBlobId(format, Buffer.from(toLf(file.text)));
  return {kind: 'write', bytes, intended: describe(file.path, before, text, blob, storedAsIs ? id : idWithLf)};
}

function describe(
  path: string,
  before: string,
  after: string,
  blob: string,
  blobBefore: string | undefined,
): IntendedFile {
  return {path, ...countLineChanges(before, after), blob, before: blobBefore};
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
