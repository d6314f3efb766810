/** Untrusted text on one line between double quotes: control, invisible and direction-changing characters are shown as escapes. */
export function quoteText(text: string, maxCharacters = 200): string {
  const quoted = JSON.stringify(shorten(text, maxCharacters));
  if (plain.test(quoted)) return quoted;
  return quoted.replace(unprintable, character => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}

/** With an ellipsis where something was cut off. */
export function shorten(text: string, maxCharacters: number): string {
  const kept = cutText(text, maxCharacters);
  return kept === text ? text : `${kept}…`;
}

/** At most the first `maxCharacters`; a surrogate pair is one and is never split. */
export function cutText(text: string, maxCharacters: number): string {
  if (text.length <= maxCharacters) return text;
  return Array.from(text.slice(0, maxCharacters * 2))
    .slice(0, maxCharacters)
    .join('');
}

/** Most names are. */
const plain = /^[ -~]*$/;

const unprintable = /[\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]/gu;
