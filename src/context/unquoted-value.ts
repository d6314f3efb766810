/** What an unquoted word behind `=` or `:` is in a file: a value, a part of an expression, or a part of a sentence. */
type TextKind = 'settings' | 'yaml' | 'data' | 'shell' | 'prose' | 'code';

export function textKindOf(path: string): TextKind {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase();
  if (/\.ya?ml$/.test(name)) return 'yaml';
  if (
    /\.(?:sh|bash|zsh|ksh|fish|bat|cmd|ps1)$|^dockerfile|^containerfile|^makefile|^\.(?:bash|zsh)|^\.?profile$/.test(
      name,
    )
  )
    return 'shell';
  if (/\.(?:json|jsonc|json5|toml|hcl|tf|tfvars|xml|plist|csv)$/.test(name)) return 'data';
  if (/\.(?:md|mdx|markdown|rst|adoc|html?)$/.test(name)) return 'prose';
  if (
    /\.(?:env|ini|cfg|cnf|conf|config|properties|txt|log|service|list|desktop|npmrc)$|(?:^|\.)env(?:\.|$)|^\.[\w-]+rc$|^\.[^.]+$|^[^.]+$/.test(
      name,
    )
  )
    return 'settings';
  return 'code';
}

interface Unquoted {
  /** Where the word that says that it is secret begins, and where the value ends. */
  readonly start: number;
  readonly end: number;
  /** With the blanks around it. */
  readonly sign: string;
  readonly value: string;
}

/** True when the value is one, and is all there is: what follows it on its line is at most a comment. */
export function holdsSetting(kind: TextKind, text: string, {start, end, sign, value}: Unquoted): boolean {
  const isPlain = sign === '=';
  const before = lineBefore(text, start);
  // The last argument of a call.
  if (before.includes('(') && /[()]/.test(value)) return false;
  const isLast = /^[ \t]*(?:$|\r?\n|[ \t][#;])/.test(text.slice(end, end + 40));
  switch (kind) {
    case 'settings':
      return isPlain || (isLast && /^[^=:]*$/.test(before));
    case 'yaml':
      if (isPlain) return /(?:^|[\s"'?&-])[\w.]*$/.test(before);
      return (isLast || text[end] === ',') && sign.trimEnd() === ':' && /(?:^|[{,])[\s#-]*["']?[\w.-]*$/.test(before);
    case 'shell':
      return isPlain;
    case 'prose':
      return isPlain || (isLast && /\d/.test(value) && /[a-z]/i.test(value));
    case 'data':
    case 'code':
      if (!isPlain || /[()[\]{}]|=>/.test(value)) return false;
      return isInString(before) || (isLast && isLineOfSettings(before, text[start]!, value));
    default:
      return kind satisfies never;
  }
}

/** `password = "…"` for itself, or with blanks around its sign as nobody writes them between arguments. */
export function isStatement(text: string, {start, end, sign}: Omit<Unquoted, 'value'>): boolean {
  if (/ :?=(?!>)/.test(sign)) return true;
  const isWhole = /^["'`][ \t]*;?[ \t]*(?:$|\r?\n|#|\/\/)/.test(text.slice(end, end + 20));
  return (
    sign === '=' &&
    isWhole &&
    /^[ \t]{0,8}(?:(?:#|\/\/|\*)[ \t]*)?(?:export |set |ENV |\$)?[\w.-]*$/.test(lineBefore(text, start))
  );
}

/** Cut, and with something in place of what was cut, so that a file of one line takes no longer than others. */
function lineBefore(text: string, at: number): string {
  const window = text.slice(Math.max(0, at - 100), at);
  const lineStart = window.lastIndexOf('\n');
  return lineStart === -1 && at > 100 ? `…${window}` : window.slice(lineStart + 1);
}

/** `"host=db password=…"`: a quote has begun and not ended. */
function isInString(before: string): boolean {
  const count = (quote: string): number => before.split(quote).length - 1;
  return count('"') % 2 === 1 || count('`') % 2 === 1 || count("'") % 2 === 1;
}

/** `DB_PASSWORD=…` alone on its line, as in a comment or a text inside code, and nothing that could be an expression. */
function isLineOfSettings(before: string, first: string, value: string): boolean {
  if (/^[ \t]*(?:#|\/\/|\*|--|;|rem\b)[ \t]*(?:export |set |ENV )?[\w.-]*$/i.test(before)) return true;
  if (!/^[ \t]{0,16}(?:export |set |ENV )?[\w.-]*$/.test(before)) return false;
  if (/[A-Z]/.test(first) && /^(?:export |set |ENV )?[A-Z0-9_]*$/.test(before)) return true;
  const isExpression = /^[a-z_$][\w$]*(?:(?:\.|->|::|\?\.)[\w$]+)*$|^[\d._]+$/i.test(value);
  return !isExpression || /^\w*[a-z]\d+\w*$/i.test(value);
}
