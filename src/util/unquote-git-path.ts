/** The path that git wrote between double quotes. */
export function unquoteGitPath(quoted: string): string {
  const bytes: number[] = [];
  const body = quoted.replace(/^"|"$/g, '');
  for (const [whole, octal, named] of body.matchAll(/\\([0-7]{3})|\\(.)|[^\\]+/gsu)) {
    if (octal !== undefined) bytes.push(Number.parseInt(octal, 8));
    else bytes.push(...Buffer.from(named === undefined ? whole : (names[named] ?? named)));
  }
  return Buffer.from(bytes).toString('utf8');
}

const names: Readonly<Record<string, string>> = {a: '\u0007', b: '\b', t: '\t', n: '\n', v: '\v', f: '\f', r: '\r'};
