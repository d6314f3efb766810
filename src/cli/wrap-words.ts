import stringWidth from 'string-width';
import {truncate} from '../report/live-frame.ts';

export interface WrapOptions {
  /** Display cells of a line. */
  readonly columns: number;
  /** Stands before every line but the first. */
  readonly indent?: string;
  /** More are cut, and the last one says so. Default: as many as it takes. */
  readonly maxLines?: number;
}

/** One line as several, parted between words; a word that is longer than a line is parted too, so that nothing is lost. The text is escaped. */
export function wrapWords(
  text: string,
  {columns, indent = '', maxLines = Number.POSITIVE_INFINITY}: WrapOptions,
): string[] {
  const lines: string[] = [];
  let line = '';
  const room = (): number => columns - (lines.length === 0 ? 0 : stringWidth(indent));
  const end = (): void => {
    lines.push((lines.length === 0 ? '' : indent) + line.trimEnd());
    line = '';
  };
  for (const word of text.split(/(?<=\s)(?=\S)/)) {
    if (line !== '' && stringWidth(line + word.trimEnd()) > room()) end();
    for (const piece of pieces(word, room)) {
      if (line !== '' && stringWidth(line + piece.trimEnd()) > room()) end();
      line += piece;
    }
  }
  end();
  if (lines.length <= maxLines) return lines;
  const last = lines[maxLines - 1]!;
  return [...lines.slice(0, maxLines - 1), truncate(`${last}…`, columns)];
}

/** A word that fits is one piece. */
function pieces(word: string, room: () => number): string[] {
  if (stringWidth(word.trimEnd()) <= room()) return [word];
  const most = Math.max(1, room());
  const found = [''];
  for (const {segment} of new Intl.Segmenter().segment(word)) {
    if (stringWidth(found.at(-1)! + segment) > most) found.push('');
    found[found.length - 1] += segment;
  }
  return found;
}
