/** One name of a path, as a glob writes it: a text, `*`, `?` and sets, in order. */
export type NamePattern = readonly Token[];

/** Characters as they are, any one, one of a set; or `*`. */
type Token = string | typeof anyCharacter | typeof anyText | CharacterSet;
const anyCharacter = Symbol('?');
const anyText = Symbol('*');

interface CharacterSet {
  readonly negated: boolean;
  readonly ranges: readonly (readonly [from: number, to: number])[];
}

export function parseName(text: string): NamePattern {
  const characters = [...text];
  const tokens: Token[] = [];
  for (let index = 0; index < characters.length; index++) {
    const character = characters[index]!;
    const set = character === '[' ? readSet(characters, index) : undefined;
    if (set !== undefined) {
      tokens.push(set.token);
      index = set.end;
    } else if (character === '*') {
      if (tokens.at(-1) !== anyText) tokens.push(anyText);
    } else if (character === '?') tokens.push(anyCharacter);
    else if (character === '\\' && index + 1 < characters.length) tokens.push(characters[++index]!);
    else tokens.push(character);
  }
  return tokens;
}

/** What fits after the last star is as good as what fits after an earlier one, so one way back is enough. */
export function matchesName(tokens: NamePattern, name: string): boolean {
  let at = 0;
  let index = 0;
  let star = -1;
  let starIndex = 0;
  while (index < name.length) {
    const token = tokens[at];
    const next = token === undefined || token === anyText ? -1 : afterMatch(token, name, index);
    if (token === anyText) {
      star = at++;
      starIndex = index;
    } else if (next !== -1) {
      at++;
      index = next;
    } else if (star === -1) return false;
    else {
      at = star + 1;
      starIndex = afterMatch(anyCharacter, name, starIndex);
      index = starIndex;
    }
  }
  while (tokens[at] === anyText) at++;
  return at === tokens.length;
}

/** The same for other programs: it matches at least as much, and has no other special character than `*`. */
export function coarsePattern(tokens: NamePattern): string {
  const text = tokens.map(token => (typeof token === 'string' ? token.replace(/[^\w.\u0080-\uffff-]/g, '\\$&') : '*'));
  return text.join('').replace(/\*{2,}/g, '*');
}

/** Where the name goes on after what the token stands for, or -1. */
function afterMatch(token: Exclude<Token, typeof anyText>, name: string, index: number): number {
  if (typeof token === 'string') return name.startsWith(token, index) ? index + token.length : -1;
  const code = name.codePointAt(index)!;
  const next = index + (code > 0xffff ? 2 : 1);
  if (token === anyCharacter) return next;
  return token.ranges.some(([from, to]) => code >= from && code <= to) !== token.negated ? next : -1;
}

/** Undefined when it has no end: then the bracket is itself. */
function readSet(characters: readonly string[], start: number): {token: CharacterSet; end: number} | undefined {
  let index = start + 1;
  const negated = characters[index] === '!' || characters[index] === '^';
  if (negated) index++;
  const first = index;
  const ranges: [number, number][] = [];
  for (; index < characters.length && (characters[index] !== ']' || index === first); index++) {
    if (characters[index] === '\\') index++;
    const from = characters[index]?.codePointAt(0) ?? 0;
    const isRange = characters[index + 1] === '-' && ![undefined, ']'].includes(characters[index + 2]);
    if (isRange) index += 2;
    ranges.push([from, characters[index]?.codePointAt(0) ?? 0]);
  }
  return index < characters.length ? {token: {negated, ranges}, end: index} : undefined;
}
