import {escapeHtml, renderText} from '../util/escape-html.ts';
import {pairLines} from './pair-lines.ts';
import type {PatchFile, PatchHunk, PatchLine} from './patch-view.ts';

/** One file of a change as HTML; everything in it is plain text. */
export function renderDiff(file: PatchFile): string {
  const chips = [
    ...(file.kind === 'changed' ? [] : [`<span class="chip">${file.kind}</span>`]),
    ...file.marks.map(mark => `<span class="chip chip-bad">${escapeHtml(mark)}</span>`),
  ];
  const lines =
    file.hunks.length === 0
      ? `<p class="muted pad">${file.marks.includes('binary') ? 'Bytes, not text.' : 'No line differs.'}</p>`
      : `<div class="scroll"><table class="diff">${file.hunks.map(renderHunk).join('')}</table></div>`;
  const cut = file.cut === 0 ? '' : `<p class="muted pad">${file.cut} more lines</p>`;
  return `<section class="diff-file"><h3>${renderText(file.path)}${chips.join('')}</h3>${lines}${cut}</section>`;
}

function renderHunk({header, lines}: PatchHunk): string {
  const pieces = new Map<PatchLine, readonly [number, number]>();
  for (const {left, right, leftPiece, rightPiece} of pairLines(lines)) {
    if (left !== undefined && leftPiece !== undefined) pieces.set(left, leftPiece);
    if (right !== undefined && rightPiece !== undefined) pieces.set(right, rightPiece);
  }
  const rows = lines.map(line => renderLine(line, pieces.get(line)));
  return `<tbody><tr class="hunk"><td colspan="4">${renderText(header)}</td></tr>${rows.join('')}</tbody>`;
}

const styles = {' ': 'same', '+': 'added', '-': 'removed'} as const;

function renderLine({sign, text, old, now, isOpen}: PatchLine, piece: readonly [number, number] | undefined): string {
  const shown =
    piece === undefined
      ? renderText(text)
      : `${renderText(text.slice(0, piece[0]))}<mark>${renderText(text.slice(...piece))}</mark>${renderText(text.slice(piece[1]))}`;
  const open = isOpen ? '<span class="chip">no line end</span>' : '';
  return `<tr class="${styles[sign]}"><td class="line-number">${old ?? ''}</td><td class="line-number">${now ?? ''}</td><td class="line-sign">${sign}</td><td class="line">${shown}${open}</td></tr>`;
}
