import stringWidth from 'string-width';
import {escapeLine} from '../util/escape-text.ts';
import {type PatchFile, parsePatch} from '../util/parse-patch.ts';

export interface PatchTextOptions {
  readonly color: boolean;
}

/** A patch as lines that are safe on a terminal: what is invisible or acts is shown as `\u{202E}`; tabs stay. Else as git prints it. */
export function patchLines(patch: string, {color}: PatchTextOptions): string[] {
  const paint = painter(color);
  return parsePatch(patch).flatMap(file => [
    ...file.header.map(line => paint('1', escapeCode(line))),
    ...bodyLines(file).map(({kind, text}) => paint(colors[kind], escapeCode(text))),
  ]);
}

/** Gives a text the colour of a code, where colours are wanted and the code is not empty. */
export function painter(color: boolean): (code: string, text: string) => string {
  return (code, text) => (color && code !== '' ? `\u001b[${code}m${text}\u001b[0m` : text);
}

const colors = {' ': '', '+': '32', '-': '31', '@': '36', '!': '33'} as const;

export interface ShownLine {
  readonly kind: ' ' | '+' | '-' | '@' | '!';
  readonly text: string;
}

function bodyLines({binary, hunks}: PatchFile): ShownLine[] {
  if (binary) return [{kind: '!', text: 'bytes that cannot be shown as text; orchestrator diff --raw gives the patch'}];
  return hunks.flatMap(({head, lines}) => [
    {kind: '@' as const, text: head},
    ...lines.flatMap(({sign, text, endsFile}): ShownLine[] => [
      {kind: sign, text: sign + text},
      ...(endsFile ? [{kind: ' ' as const, text: '\\ No newline at end of file'}] : []),
    ]),
  ]);
}

/** The same for a person who decides: names, line numbers, and what the header of a file says in words. */
export function reviewLines(patch: string): ShownLine[] {
  return parsePatch(patch).flatMap((file): ShownLine[] => [
    {kind: '@', text: `${file.path}${marks(file)}`},
    ...(file.binary
      ? [{kind: '!' as const, text: 'bytes that cannot be shown as text'}]
      : file.hunks.flatMap(({lines}, index): ShownLine[] => [
          ...(index === 0 ? [] : [{kind: '@' as const, text: '  ⋯'}]),
          ...lines.map(({sign, text, number}) => ({
            kind: sign,
            text: `${String(number).padStart(5)} │ ${sign} ${text}`,
          })),
        ])),
  ]);
}

function marks({header}: PatchFile): string {
  const said = header.flatMap(line => {
    if (line.startsWith('new file mode 120000')) return ['new link'];
    if (line.startsWith('new file mode 160000')) return ['new submodule'];
    if (line.startsWith('new file mode 100755')) return ['new, executable'];
    if (line.startsWith('new file mode')) return ['new'];
    if (line.startsWith('deleted file mode')) return ['removed'];
    if (line === 'new mode 100755') return ['becomes executable'];
    if (line === 'new mode 100644') return ['executable no more'];
    return [];
  });
  return said.length === 0 ? '' : `   (${said.join(', ')})`;
}

/** Untrusted text with its tabs. */
export function escapeCode(line: string): string {
  return line.split('\t').map(escapeLine).join('\t');
}

/** Cut into pieces of at most `columns` display cells: nothing may hide behind the edge of the screen. The text is escaped. */
export function wrapCells(text: string, columns: number): string[] {
  const flat = text.replaceAll('\t', '    ');
  if (stringWidth(flat) <= columns) return [flat];
  const pieces: string[] = [];
  let piece = '';
  let width = 0;
  for (const {segment} of new Intl.Segmenter().segment(flat)) {
    const cells = stringWidth(segment);
    if (width + cells > columns && piece !== '') {
      pieces.push(piece);
      piece = '        ↪ ';
      width = 10;
    }
    piece += segment;
    width += cells;
  }
  return [...pieces, piece];
}
