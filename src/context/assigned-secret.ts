import {isPlaceholder} from './placeholder.ts';

/** Values assigned to names that say they are secret: quoted ones anywhere, unquoted ones in files that hold settings. */
export function findAssignedSecrets(path: string, text: string): {rule: string; start: number; end: number}[] {
  const found: {rule: string; start: number; end: number}[] = [];
  const unquotedCount = isSettingsFile(path);
  for (const match of text.matchAll(assignment)) {
    const [whole, name, quote, value] = match as unknown as [string, string, string, string];
    if (quote === '' && !(unquotedCount || isBareLine(text, match.index, whole))) continue;
    if (quote !== '' && text[match.index + whole.length] !== quote) continue;
    if (!looksSecret(name.toLowerCase(), value)) continue;
    const end = match.index + whole.length;
    found.push({rule: ruleOf(name), start: end - value.length, end});
  }
  return found;
}

/** False only when nothing can be found. */
export function mayAssignSecret(text: string): boolean {
  return keyword.test(text);
}

const words =
  'passw(?:or)?d|passphrase|passwd|pwd|secret|token|api[_-]?key|apikey|access[_-]?key|private[_-]?key|auth[_-]?key|encryption[_-]?key|signing[_-]?key|account[_-]?key|client[_-]?key|credentials?';
const keyword = new RegExp(words, 'i');
const assignment = new RegExp(
  `(${words})[\\w-]{0,20}["'\\]]{0,2}[ \\t]{0,8}(?::=|=>|[:=])[ \\t]{0,8}(["'\`]?)([^\\s"'\`,;]{6,200})`,
  'gi',
);

function looksSecret(name: string, value: string): boolean {
  if (isPlaceholder(value)) return false;
  const digits = /\d/.test(value);
  const letters = /[a-z]/i.test(value);
  // Names, paths, addresses, versions and words are what such variables hold most often.
  if (!digits || !letters || /^[a-z]+[-_.]?\d{0,2}$/i.test(value) || /^(?:\.{0,2}\/|~\/|https?:)/.test(value))
    return false;
  if (/^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+$/.test(value) || /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$/.test(value)) return false;
  if (/^[a-z0-9]+(?:[-_.:/][a-z0-9]+)+$/i.test(value) && !/\d[a-z]|[a-z]\d/i.test(value)) return false;
  if (
    /^(?:sha\d{1,3}|md5|hmac|aes|rsa|ecdsa|ed25519|pbkdf2|utf-?8|base64|hs\d{3}|rs\d{3}|es\d{3}|oauth2?|v\d)/i.test(
      value,
    )
  )
    return false;
  if (name.startsWith('pass') || name === 'pwd') return value.length >= 7;
  return value.length >= 12 && entropy(value) >= 3;
}

/** Bits a character, from how often each occurs. */
function entropy(value: string): number {
  const counts = new Map<string, number>();
  for (const character of value) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / value.length) * Math.log2(count / value.length);
  return bits;
}

function ruleOf(name: string): string {
  return /^p(?:ass|wd)/i.test(name) ? 'assigned-password' : 'assigned-secret';
}

function isSettingsFile(path: string): boolean {
  return /(?:\.(?:env|ini|cfg|conf|config|properties|ya?ml|toml|tfvars|hcl|txt|sh|bash|zsh|npmrc|service|list|desktop)|(?:^|\/)(?:\.[\w.-]+|[Dd]ockerfile[\w.-]*|[\w.]*rc|credentials|config))$|(?:^|\/)\.env\b/.test(
    path,
  );
}

/** `DB_PASSWORD=…` alone on its line and without spaces, as in a shell snippet in a README. */
function isBareLine(text: string, start: number, assigned: string): boolean {
  const next = text[start + assigned.length];
  if (!/^[\w-]+=\S/.test(assigned) || (next !== undefined && next !== '\n' && next !== '\r')) return false;
  const lineStart = Math.max(text.lastIndexOf('\n', start - 1) + 1, start - 100);
  return /^[ \t]{0,16}(?:export |set |ENV )?[\w.-]{0,60}$/.test(text.slice(lineStart, start));
}
