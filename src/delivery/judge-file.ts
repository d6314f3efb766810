import {JobFailure} from '../domain/outcome.ts';
import type {ProposedFile} from '../domain/proposed-file.ts';
import {countLineChanges} from '../util/count-line-changes.ts';
import {gitBlobId} from '../util/git-blob-id.ts';
import {quoteText} from '../util/quote-text.ts';
import type {DeliveryRequest, IntendedFile} from './delivery.ts';

export type Verdict =
  /** The file is as proposed and nobody waits to hear that we wrote it. */
  | {readonly kind: 'same'}
  /** A delivery that a crash cut off wrote it. */
  | {readonly kind: 'landed'; readonly intended: IntendedFile}
  | {readonly kind: 'write'; readonly intended: IntendedFile; readonly bytes: Buffer};

/** Whether the proposed file may replace what is there, and with which bytes. Throws `uncommitted-changes` when that is the user's work. */
export function judgeFile(file: ProposedFile, current: Buffer | undefined, request: DeliveryRequest): Verdict {
  const format = request.reader.objectFormat;
  const committed = request.committed.get(file.path);
  if (current === undefined) {
    if (committed !== undefined) throw notOurs(file.path, 'was deleted, and that is not committed', request);
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
    return intended === undefined ? {kind: 'same'} : {kind: 'landed', intended};
  }

  const ours = new Set(
    [...request.earlier.filter(({path}) => path === file.path), ...unconfirmed].map(({blob}) => blob),
  );
  if (committed !== undefined) ours.add(committed);
  if (!ours.has(id) && !ours.has(idWithLf)) {
    throw notOurs(
      file.path,
      committed === undefined ? 'exists and is not committed' : 'has changes that are not committed',
      request,
    );
  }
  const storedAsIs = endings !== 'crlf' || ours.has(id);
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

function notOurs(path: string, what: string, {reader}: DeliveryRequest): JobFailure {
  return new JobFailure(
    'uncommitted-changes',
    `${quoteText(path)} ${what} (compared with commit ${reader.head.commit.slice(0, 12)}); it was left alone.`,
  );
}
