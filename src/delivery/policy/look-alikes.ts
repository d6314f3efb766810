interface Alphabet {
  readonly name: string;
  readonly all: RegExp;
  /** Its letters that pass for Latin ones. Others of it make a word foreign at first sight. */
  readonly latin: ReadonlySet<string>;
}

const alphabets: readonly Alphabet[] = [
  {
    name: 'Cyrillic',
    all: /\p{Script=Cyrillic}/u,
    latin: new Set('аеорсухіјѕһԁԛԝӏкАВЕЅІЈКМНОРСТУХҮԌԚԜ'),
  },
  // Not ν, ρ and their like: E = hν and P = ρgh are how formulas are written.
  {name: 'Greek', all: /\p{Script=Greek}/u, latin: new Set('οΑΒΕΖΗΙΚΜΝΟΡΤΥΧ')},
  {name: 'Armenian', all: /\p{Script=Armenian}/u, latin: new Set('օոսցհՕՍ')},
  {name: 'Cherokee', all: /\p{Script=Cherokee}/u, latin: new Set()},
];

const mayMix = /[\u0370-\u058f\u13a0-\u13ff\uab70-\uabbf]/;

/**
 * A word of Latin letters with some of another alphabet that nobody tells apart, such as `pаypal` with a Cyrillic а: what it is mixed with
 * and the first such letter, as `U+0430`. Words of another language, formulas and classes of regular expressions are none.
 */
export function findLookAlike(line: string): {readonly alphabet: string; readonly letter: string} | undefined {
  if (!mayMix.test(line)) return undefined;
  for (const word of line.replace(escapes, ' ').match(/[\p{L}\p{M}\p{N}$]{3,}/gu) ?? []) {
    if (!/\p{Script=Latin}/u.test(word)) continue;
    for (const {name, all, latin} of alphabets) {
      const foreign = Array.from(word).filter(letter => all.test(letter));
      if (foreign.length === 0 || (latin.size > 0 && !foreign.every(letter => latin.has(letter)))) continue;
      if (isInflected(word, line, all)) continue;
      return {alphabet: name, letter: `U+${foreign[0]!.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`};
    }
  }
  return undefined;
}

/** Whose letter belongs to no word: `\n`, `\u043f`, `%d`, `&nbsp;`. */
const escapes = /\\(?:[abefnrtv0]|u\{?[0-9a-fA-F]+\}?|x[0-9a-fA-F]{2})|%[-+ #0-9.]*[a-zA-Z]|&[a-z]+;/g;

/** `PDFа`: an abbreviation with an ending, in a line of that language. */
function isInflected(word: string, line: string, all: RegExp): boolean {
  const [, ending = ''] = /^[A-Z][A-Z0-9]+(\p{L}{1,3})$/u.exec(word) ?? [];
  const isEnding = ending !== '' && Array.from(ending).every(letter => all.test(letter));
  return (
    isEnding && (line.match(/\p{L}{2,}/gu) ?? []).some(other => Array.from(other).every(letter => all.test(letter)))
  );
}
