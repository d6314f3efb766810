// Control characters, line and paragraph separators, bidirectional and invisible characters, and lone surrogates. A variation selector
// behind a picture or a sign, as in ❤️, is how that is written.
const unsafe =
  /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Bidi_Control}\ufff9-\ufffb\p{Noncharacter_Code_Point}]|(?<![\p{Extended_Pictographic}\p{S}0-9#*])[\ufe0e\ufe0f]|(?![\ufe0e\ufe0f])\p{Default_Ignorable_Code_Point}/gu;

/** Makes untrusted text safe for one line of a terminal or a log: what is invisible or acts becomes `\u{…}`. */
export function escapeLine(text: string): string {
  return text.replace(unsafe, character => {
    if (character === '\n') return '\\n';
    if (character === '\t') return '\\t';
    if (character === '\r') return '\\r';
    return `\\u{${character.codePointAt(0)!.toString(16)}}`;
  });
}

/** As `escapeLine`, but keeps line ends and tabs. */
export function escapeBlock(text: string): string {
  return text
    .split('\n')
    .map(line => line.split('\t').map(escapeLine).join('\t'))
    .join('\n');
}

/** One word of a log line: quoted when it holds spaces or quotes, so that fields can be told apart. */
export function escapeWord(text: string): string {
  const escaped = escapeLine(text);
  return /[\s"\\=]/.test(escaped) || escaped === ''
    ? JSON.stringify(text).replace(unsafe, character => escapeLine(character))
    : escaped;
}
