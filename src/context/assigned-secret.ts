import {isPlaceholder} from './placeholder.ts';
import {holdsSetting, isStatement, textKindOf} from './unquoted-value.ts';

/** Values assigned to names that say they are secret: quoted ones anywhere, unquoted ones where settings stand. */
export function findAssignedSecrets(path: string, text: string): {rule: string; start: number; end: number}[] {
  const found: {rule: string; start: number; end: number}[] = [];
  const kind = textKindOf(path);
  for (const match of text.matchAll(assignment)) {
    const [whole, word, rest, sign, quote, value] = match as unknown as [
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    const end = match.index + whole.length;
    const isQuoted = quote !== '' && text[end] === quote;
    if (quote !== '' && !isQuoted) continue;
    if (!isQuoted && !holdsSetting(kind, text, {start: match.index, end, sign, value})) continue;
    const name = nameBefore(text, match.index) + word + rest;
    const isPlain = !isQuoted && sign === '=';
    const isField =
      isQuoted && (kind === 'code' || kind === 'prose') && !isStatement(text, {start: match.index, end, sign});
    const rule = ruleOf(word.toLowerCase(), {name, rest, value, isPlain, isField});
    if (rule !== undefined) found.push({rule, start: end - value.length, end});
  }
  return found;
}

/** False only when nothing can be found. */
export function mayAssignSecret(text: string): boolean {
  return keyword.test(text);
}

const words =
  'passw(?:or)?d|passphrase|passwd|pwd|secret(?:[_-]?access)?[_-]?key|secret|token|(?:api|access|private|auth|encryption|signing|account|client)[_-]?key|credentials?';
const keyword = new RegExp(words, 'i');
const assignment = new RegExp(
  `(${words})([\\w-]{0,20})["'\\]]{0,2}([ \\t]{0,8}(?::=|=>|[:=])[ \\t]{0,8})(["'\`]?)([^\\s"'\`,;]{3,200})`,
  'gi',
);

function nameBefore(text: string, at: number): string {
  return /[\w.-]*$/.exec(text.slice(Math.max(0, at - 40), at))![0];
}

interface Assigned {
  readonly name: string;
  /** What follows the word in its name: of `token_type` it is `_type`. */
  readonly rest: string;
  readonly value: string;
  /** `NAME=value`. */
  readonly isPlain: boolean;
  /** An argument or a field in code; most that are one plain word are made up for a test. */
  readonly isField: boolean;
}

function ruleOf(word: string, {name, rest, value, isPlain, isField}: Assigned): string | undefined {
  if (isPlaceholder(value) || isReference(value) || isName(value, name)) return undefined;
  const isWhole = /^s?\d{0,2}$/.test(rest);
  if (!isWhole)
    return isRandom(value, 8) && !keyword.test(value) && !isAlgorithm(value) ? 'assigned-secret' : undefined;
  if (word.startsWith('p') && !word.includes('key')) {
    if (/^\d+(?:\.\d+)+$/.test(value)) return undefined;
    if (value.length >= 7 && isMixed(value)) return 'assigned-password';
    return isField && value.length < 12 && /^[a-z]+$/i.test(value) ? undefined : weakPassword;
  }
  const isVariable = isPlain && (word === 'secret' || /^[A-Z0-9_]+$/.test(name));
  if (isVariable && value.length >= 8 && !/^[a-z]+(?:[.:/][\w-]+)+$/i.test(value)) return 'assigned-secret';
  return isRandom(value, 12) && !isAlgorithm(value) ? 'assigned-secret' : undefined;
}

/** Rule for passwords that anybody could have made up: they stay here, and are no fault of a text that shows one as an example. */
export const weakPassword = 'weak-password';

/** `RESET_PASSWORD = "reset_password"` names something. */
function isName(value: string, name: string): boolean {
  const bare = (text: string): string => text.toLowerCase().replaceAll(/[^a-z]/g, '');
  return keyword.test(value) && bare(name).endsWith(bare(value));
}

/** Says where the secret is: a path, an address, an entry of a vault, what encrypted it. */
function isReference(value: string): boolean {
  return (
    /^(?:\.{0,2}\/|~\/|(?:https?|file|path|ref|vault|op|ssm|arn|env|data|secretsmanager|keyring):|ENC[[(]|[*&!|>]|[A-Za-z_][\w.]*\(.*\)$)/.test(
      value,
    ) || /^(?:process\.env|os\.environ|env\.|ENV\[|secrets\.|vars\.|config\.|settings\.|self\.|this\.)/.test(value)
  );
}

function isMixed(value: string): boolean {
  return /\d/.test(value) && /[a-z]/i.test(value) && !/^[a-z]+[-_.]?\d{0,2}$/i.test(value);
}

/** Not made of words and numbers, names and paths, which such variables hold most often. */
function isRandom(value: string, least: number): boolean {
  if (value.length < least || !isMixed(value) || /[[\](){}|\\^]/.test(value)) return false;
  if (/^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+$/.test(value) || /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$/.test(value)) return false;
  if (/^[a-z0-9]+(?:[-_.:/][a-z0-9]+)+$/i.test(value) && !/\d[a-z]|[a-z]\d/i.test(value)) return false;
  return entropy(value) >= 3;
}

function isAlgorithm(value: string): boolean {
  return /^(?:sha\d{1,3}|md5|hmac|aes|rsa|ecdsa|ed25519|pbkdf2|utf-?8|base64|hs\d{3}|rs\d{3}|es\d{3}|oauth2?|v\d)/i.test(
    value,
  );
}

/** Bits a character, from how often each occurs. */
function entropy(value: string): number {
  const counts = new Map<string, number>();
  for (const character of value) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / value.length) * Math.log2(count / value.length);
  return bits;
}
