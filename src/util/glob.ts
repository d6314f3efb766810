import {expandBraces} from './expand-braces.ts';
import {coarsePattern, matchesName, type NamePattern, parseName} from './name-pattern.ts';

/** A glob that holds too much to be matched in a bounded time. */
export class GlobError extends Error {}

export interface Glob {
  /** For a path with `/` between its names, relative, as in a tree. */
  matches(path: string): boolean;
  /** For other programs: together they match at least what this one does. Plain names, `*` and `**` only, the rest escaped. */
  readonly coarse: readonly string[];
}

export interface GlobOptions {
  /** A glob without a slash is about a name in any folder. */
  readonly anywhere?: boolean;
  readonly ignoreCase?: boolean;
  /** Default true: `{a,b}` stands for each of them. */
  readonly braces?: boolean;
}

const maxAlternatives = 256;
const maxCharacters = 8000;

/**
 * `*`, `?`, `[a-z]`, `{a,b}` and `**` as a whole name, which stands for any number of folders. Names that begin with a dot are names like
 * others, `\` takes the next character as it is. The time is at most that of comparing every character with every other, whatever glob
 * and path are: who writes them need not be trusted. Throws `GlobError`.
 */
export function compileGlob(glob: string, options: GlobOptions = {}): Glob {
  const {anywhere = false, ignoreCase = false, braces = true} = options;
  const written = glob.replace(/^(?:\.?\/)+/, '');
  const isAnywhere = anywhere && !glob.startsWith('/') && !written.includes('/');
  const alternatives = braces && written.length <= maxCharacters ? expandBraces(written, maxAlternatives) : [written];
  if (alternatives === undefined) throw new GlobError(`it stands for more than ${maxAlternatives} alternatives`);
  if (alternatives.reduce((sum, {length}) => sum + length, 0) > maxCharacters)
    throw new GlobError(`it is longer than ${maxCharacters} characters, with all its alternatives`);
  const patterns = alternatives.map((alternative): Part[] => {
    const names: Part[] = alternative.split('/').map(name => (name === '**' ? anyFolders : parseName(fold(name))));
    return isAnywhere ? [anyFolders, ...names] : names;
  });
  return {
    matches(path) {
      const names = fold(path).split('/');
      return patterns.some(parts => matchesNames(parts, names));
    },
    get coarse() {
      return patterns.map(parts => parts.map(part => (part === anyFolders ? '**' : coarsePattern(part))).join('/'));
    },
  };

  function fold(text: string): string {
    return ignoreCase ? text.toLowerCase() : text;
  }
}

const anyFolders = Symbol('**');
type Part = NamePattern | typeof anyFolders;

/** What fits after the last `**` is as good as what fits after an earlier one, so one way back is enough. */
function matchesNames(pattern: readonly Part[], names: readonly string[]): boolean {
  let at = 0;
  let name = 0;
  let star = -1;
  let starName = 0;
  while (name < names.length) {
    const wanted = pattern[at];
    if (wanted === anyFolders) {
      star = at++;
      starName = name;
    } else if (wanted !== undefined && matchesName(wanted, names[name]!)) {
      at++;
      name++;
    } else if (star === -1) return false;
    else {
      at = star + 1;
      name = ++starName;
    }
  }
  while (pattern[at] === anyFolders) at++;
  return at === pattern.length;
}
