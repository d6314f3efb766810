/**
 * The single-line values of a TOML file by table: enough for manifests, and never throws.
 * Values are unquoted when they are strings; lists that span lines are joined into one line.
 */
export function readTomlLines(text: string): Map<string, Map<string, string>> {
  const tables = new Map<string, Map<string, string>>();
  let entries = tableOf(tables, '');
  const lines = text.split('\n', 5000);
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index]!.trim().slice(0, 1000);
    const header = /^\[\[?([^\]]{1,100})\]/.exec(line);
    if (header !== null) {
      entries = tableOf(tables, header[1]!.trim().replaceAll('"', ''));
      continue;
    }
    const equals = line.indexOf('=');
    if (equals <= 0 || line.startsWith('#')) continue;
    let value = line.slice(equals + 1).trim();
    // a list may go on below; one that never ends stops being read
    if (value.startsWith('[') && !withoutComment(value).endsWith(']')) {
      const end = Math.min(lines.length, index + 200);
      while (++index < end) {
        const more = withoutComment(lines[index]!.trim().slice(0, 300));
        value += ` ${more}`;
        if (more.endsWith(']') && !more.endsWith(']"')) break;
      }
    }
    entries.set(unquote(line.slice(0, equals).trim()), unquote(withoutComment(value)));
  }
  return tables;
}

/** The strings in a list such as `["a>=1", 'b']`. */
export function listItems(value: string | undefined): string[] {
  return [...(value ?? '').slice(0, 20_000).matchAll(/"([^"]{1,200})"|'([^']{1,200})'/g)].map(
    match => match[1] ?? match[2]!,
  );
}

function tableOf(tables: Map<string, Map<string, string>>, name: string): Map<string, string> {
  const entries = tables.get(name) ?? new Map<string, string>();
  tables.set(name, entries);
  return entries;
}

function unquote(value: string): string {
  const quoted = /^(["'])(.*)\1$/.exec(value);
  return quoted === null ? value : quoted[2]!;
}

function withoutComment(value: string): string {
  const hash = value.indexOf(' #');
  return (hash < 0 ? value : value.slice(0, hash)).trim();
}
