/** Untrusted text on one line between double quotes: control, invisible and direction-changing characters are shown as escapes. */
export function quoteText(text: string, maxCharacters = 200): string {
  const characters = Array.from(text.slice(0, maxCharacters * 2));
  const shown =
    characters.length > maxCharacters ? `${characters.slice(0, maxCharacters).join('')}…` : characters.join('');
  return JSON.stringify(shown).replace(unprintable, character => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}

const unprintable = /[\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]/gu;
