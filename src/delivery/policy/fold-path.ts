/**
 * The path as the most forgiving file system reads it: letter case, width, accents, compatibility forms and invisible characters do not
 * count, nor do `.` segments, backslashes for slashes, dots and spaces at the end of a name, or the name of a stream behind a colon.
 */
export function foldPath(path: string): string {
  return path
    .split(/[/\\\u2044\u2215\u29f5\u29f8\ufe68\uff0f\uff3c]/)
    .map(foldName)
    .filter(name => name !== '' && name !== '.')
    .join('/');
}

function foldName(name: string): string {
  const folded = name
    .normalize('NFKD')
    .replace(/[\p{M}\p{Cf}\p{Cc}\p{Co}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]/gu, '')
    .toLowerCase()
    // Lower case may bring marks of its own, as of İ.
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replaceAll('ı', 'i')
    .replace(/[\u2010-\u2015\u2212]/g, '-')
    .replace(/:.*$/, '');
  const bare = folded.trim().replace(/[. ]+$/, '');
  return bare === '' && folded.startsWith('..') ? '..' : bare;
}

/** `GITHUB~1` or `PACKAG~1.JSO`: Windows may take it for a longer name. */
export function isShortName(name: string): boolean {
  return /^[^.~]{1,7}~\d{1,5}(?:\.[^.]{0,3})?$/u.test(name) && name.indexOf('~') <= 6;
}

/** Two alphabets in one name where a letter of one can be taken for a letter of the other; undefined for all else. */
export function mixedScripts(path: string): string | undefined {
  for (const name of path.split(/[/._\-\s]+/)) {
    if (!/\p{Script=Latin}/u.test(name)) continue;
    if (/\p{Script=Cyrillic}/u.test(name)) return 'Latin and Cyrillic';
    if (/\p{Script=Greek}/u.test(name)) return 'Latin and Greek';
    if (/\p{Script=Cherokee}/u.test(name)) return 'Latin and Cherokee';
  }
  return undefined;
}
