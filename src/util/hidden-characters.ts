/**
 * Characters of a line that nobody sees, or that change how the line is read: control and bidirectional characters, and those without
 * width. Where they belong they do not count: joiners in emoji and in scripts that need them, selectors behind what they select, a tab.
 * As `U+202E`, each once, in the order found.
 */
export function hiddenCharacters(line: string): string[] {
  const found = new Set<string>();
  if (!mayHide.test(line)) return [];
  for (const match of line.replace(visible, ' ').matchAll(hidden)) {
    found.add(`U+${match[0].codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`);
  }
  return [...found];
}

const mayHide = /[^\t\x20-\x7e]/;

const hidden =
  /[\0-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\ufff9-\ufffb\p{Noncharacter_Code_Point}\p{Default_Ignorable_Code_Point}]|\p{Bidi_Control}|\p{Cs}/gu;

/** Invisible characters where they belong. */
const visible = new RegExp(
  [
    // Flags of regions: a black flag, tags, and the tag that ends them.
    '\\u{1f3f4}[\\u{e0061}-\\u{e007a}\\u{e0030}-\\u{e0039}]{1,6}\\u{e007f}',
    // Keycaps, and pictures that are asked for in colour or in black and white, alone or joined.
    '[0-9#*]\\ufe0f?\\u20e3',
    '[\\p{Extended_Pictographic}\\p{S}\\p{P}][\\ufe0e\\ufe0f]?\\p{Emoji_Modifier}?(?:\\u200d\\p{Extended_Pictographic}[\\ufe0e\\ufe0f]?\\p{Emoji_Modifier}?)*',
    // Joiners between letters of scripts whose spelling has them.
    `(?<=[${scripts()}]\\p{M}?)[\\u200c\\u200d](?=[${scripts()}])`,
    // Variants of a Han character.
    '(?<=\\p{Script=Han})[\\u{e0100}-\\u{e01ef}\\ufe00-\\ufe02]',
  ].join('|'),
  'gu',
);

function scripts(): string {
  return [
    'Arabic',
    'Syriac',
    'Mongolian',
    'Devanagari',
    'Bengali',
    'Gurmukhi',
    'Gujarati',
    'Oriya',
    'Tamil',
    'Telugu',
    'Kannada',
    'Malayalam',
    'Sinhala',
    'Khmer',
    'Myanmar',
  ]
    .map(script => `\\p{Script=${script}}`)
    .join('');
}
