/** A piece of text as it is, or one character that cannot be seen or acts: `U+202E`. */
export type TextPiece = string | {readonly hidden: string};

// Line feed, tab, and what joins or colours emoji are no surprise.
const plain = /\t|\n|\ufe0e|\ufe0f|(?<=\p{Extended_Pictographic}\ufe0f?)\u200d(?=\p{Extended_Pictographic})/u.source;
const unseen = /\p{Cc}|\p{Cf}|\p{Cs}|\p{Default_Ignorable_Code_Point}|[\u2028\u2029]/u.source;
const hidden = new RegExp(`(?!${plain})(?:${unseen})`, 'gu');

/** Untrusted text for a place that shows plain text, with what would not be seen made visible. */
export function splitHidden(text: string): TextPiece[] {
  const pieces: TextPiece[] = [];
  let from = 0;
  for (const match of text.matchAll(hidden)) {
    if (match.index > from) pieces.push(text.slice(from, match.index));
    pieces.push({hidden: `U+${match[0].codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`});
    from = match.index + match[0].length;
  }
  if (from < text.length || pieces.length === 0) pieces.push(text.slice(from));
  return pieces;
}
