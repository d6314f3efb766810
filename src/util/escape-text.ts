// Control characters, line and paragraph separators, bidirectional and invisible format characters, and lone surrogates.
const unsafe =
  /[\p{Cc}\u2028\u2029\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]|\p{Cs}/gu;

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
