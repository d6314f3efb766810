/**
 * True only for what cannot be a secret: nothing, a variable, a row of one filler, a word that says that something else belongs there.
 * A weak password is a secret: `hunter2` opens its door as well as thirty random characters.
 */
export function isPlaceholder(value: string): boolean {
  return value === '' || isTemplate(value) || isFiller(value) || words.some(word => word.test(value));
}

/** Holds `${NAME}`, `{{ name }}`, `<name>` and the like, or is nothing but variables: `$NAME`, `%s`, `{0}`. */
function isTemplate(value: string): boolean {
  return (
    /\$\{|\{\{|#\{|<%|%\(|\$\(|<[\w .:/-]{1,60}>/.test(value) ||
    /^(?:\$\w+|%\w{0,60}%?|\{[\w.!:]{0,60}\}|[-_./:@])+$/.test(value)
  );
}

/** `xxxx`, `XXXX-XXXX`, `****`, `...`, also with a count behind. */
function isFiller(value: string): boolean {
  return /^[xX*.…•_\-?#]+\d{0,2}$/.test(value);
}

const words: readonly RegExp[] = [
  /^(?:change[-_ ]?(?:me|this|it)|replace[-_ ]?(?:me|this)|redacted|masked|hidden|example|todo|n\/a)[!.…]*\d{0,2}$/i,
  /^your(?:[-_ A-Z]|\w{0,20}(?:password|secret|token|key))|^(?:insert|enter|replace)[-_ ]|[-_]here$/,
  /^YOUR|EXAMPLE|placeholder/i,
  // The name of the thing in place of the thing.
  /^(?:(?:user|db|database|my|new|old|current)[-_]?)?(?:password|passwd|passphrase|pwd|pass)$/i,
  // Values and types of data.
  /^(?:null|nil|none|undefined|true|false|yes|no|on|off|string|str|text|integer|int|number|bool(?:ean)?|bytes|any|object)$/i,
];
