/** One line of untrusted text as Markdown that shows it as it is: no markup, no HTML, no line break; code spans stay. */
export function escapeText(text: string, limit = 300): string {
  const line = plainLine(text, limit);
  const parts = line.split('`');
  const escaped = parts.map((part, index) => {
    const inCode = parts.length % 2 === 1 && index % 2 === 1;
    return inCode ? part : part.replace(/[\\*[\]<|~]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '\\$&');
  });
  return escaped
    .join(parts.length % 2 === 1 ? '`' : '\\`')
    .replace(/^(?:[#+=>-]|\d{1,9}(?=[.)](?:\s|$)))/, start => (/\d/.test(start) ? `${start}\\` : `\\${start}`));
}

/** Untrusted text as inline code. */
export function code(text: string, limit = 200): string {
  const line = plainLine(text, limit);
  const longest = longestRun(line);
  if (longest === 0) return `\`${line}\``;
  const fence = '`'.repeat(longest + 1);
  return `${fence} ${line} ${fence}`;
}

/** Text as a fenced block; the fence is longer than any inside. */
export function codeBlock(lines: readonly string[], language = ''): string {
  const text = lines.map(line => stripUnseen(line)).join('\n');
  const fence = '`'.repeat(Math.max(3, longestRun(text) + 1));
  return `${fence}${language}\n${text}\n${fence}`;
}

/** Cells are Markdown already. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map(cell => cell.replace(/(?<!\\)\|/g, '\\|')).join(' | ')} |`;
  return [line(header), `|${' --- |'.repeat(header.length)}`, ...rows.map(line)].join('\n');
}

export function bullets(items: readonly string[]): string {
  return items.map(item => `- ${item}`).join('\n');
}

/** A path as a link when it can stand in one, else as code. */
export function linkTo(path: string): string {
  return /^[\w./@+-]{1,200}$/.test(path) ? `[${path.replace(/_/g, '\\_')}](${path})` : code(path);
}

/** Collapses white space and removes what cannot be seen; cuts at `limit` characters, at a word if one is near. */
export function plainLine(text: string, limit = 300): string {
  const line = stripUnseen(text.slice(0, limit * 4).replace(/\s+/g, ' ')).trim();
  if (line.length <= limit) return line;
  const cut = line.slice(0, limit - 1).replace(/[\uD800-\uDBFF]$/, '');
  const space = cut.lastIndexOf(' ');
  return `${space > limit / 2 ? cut.slice(0, space) : cut}…`;
}

// C0 and C1 controls, soft hyphen, zero width and bidirectional marks, and the byte order mark
function stripUnseen(text: string): string {
  return text.replace(
    /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u00AD\u061C\u200B-\u200F\u2028-\u202E\u2060-\u206F\uFEFF]/g,
    '',
  );
}

function longestRun(text: string): number {
  let longest = 0;
  for (const run of text.match(/`+/g) ?? []) longest = Math.max(longest, run.length);
  return longest;
}
