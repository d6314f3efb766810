/**
 * The first line of untrusted text that says something in words that can stand in a title: a title becomes the subject of a commit when it
 * is squashed. Undefined when no line is left with two of them.
 */
export function plainTitle(text: string, maxCharacters: number): string | undefined {
  const lines = text.slice(0, 2000).split(/\r\n|[\n\r\u2028\u2029]/);
  for (const line of lines) {
    const title = plainWords(line, maxCharacters);
    if (title.includes(' ')) return title;
  }
  return undefined;
}

/** What of a line is nothing but words: no mention, reference, address or markup is left, whoever reads it. Empty when nothing is. */
export function plainWords(line: string, maxCharacters: number): string {
  const words = stripMarks(line)
    .replaceAll('`', '')
    .split(/\s+/)
    .map(word => word.replace(/^[*_]+|[*_]+$/g, ''))
    .filter(word => isPlain(word) || /^(?![.\d])[A-Za-z0-9_-]+(?:[./][A-Za-z0-9_-]+)*[.,;:]?$/.test(word))
    .filter(word => !isReference(word) && !/^www\.|-by:?$/i.test(word));
  let title = '';
  for (const word of words) {
    if (Array.from(title).length + Array.from(word).length + 1 > maxCharacters) break;
    title += `${title === '' ? '' : ' '}${word}`;
  }
  return title.replace(/[\s.,;:]+$/u, '');
}

/** Of a heading, a quotation or a point of a list. */
export function stripMarks(line: string): string {
  return line.replace(/^\s*(?:(?:#{1,6}|>|[-*+])(?:\s+|$))+/, '');
}

const plainWord =
  /^[("'“‘„«]*(?:[\p{L}\p{M}]+|\p{N}+(?:[.,]\p{N}+)*%?)(?:[-–’'][\p{L}\p{M}]+|[-–]\p{N}+)*[)"'”’»]*[.,;:?!…]{0,3}[)"'”’»]*$/u;

export function isPlain(word: string): boolean {
  return plainWord.test(word) || /^[-–—+&]$/.test(word);
}

/** `GH-12`, `ABC-12` and what could be the id of a commit are links on a forge. */
export function isReference(word: string): boolean {
  return (
    /[A-Za-z][A-Za-z0-9]*[-–]\d/.test(word) ||
    /(?<![\p{L}\p{N}])(?=[a-f]*\d)[0-9a-f]{7,64}(?![\p{L}\p{N}])/iu.test(word)
  );
}
