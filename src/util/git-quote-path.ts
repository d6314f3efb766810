/** A path as it stands in a patch, with its prefix: between double quotes when it holds what would end or bend the line. */
export function gitQuotePath(path: string): string {
  if (!/["\\\p{Cc}]/u.test(path)) return path;
  return `"${path.replace(/["\\\p{Cc}]/gu, escapeCharacter)}"`;
}

const named: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\u0007': '\\a',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\v': '\\v',
  '\f': '\\f',
  '\r': '\\r',
};

function escapeCharacter(character: string): string {
  const bytes = [...Buffer.from(character)];
  return named[character] ?? bytes.map(byte => `\\${byte.toString(8).padStart(3, '0')}`).join('');
}
