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
      : `<pre class="diff">${file.hunks.map(renderHunk).join('')}</pre>`;
  const cut = file.cut === 0 ? '' : `<p class="muted pad">${file.cut} more lines</p>`;
  return `<section class="diff-file"><h3>${renderText(file.path)}${chips.join('')}</h3>${lines}${cut}</section>`;
}

function renderHunk({header, lines}: PatchHunk): string {
  const pieces = new Map<PatchLine, readonly [number, number]>();
  for (const {left, right, leftPiece, rightPiece} of pairLines(lines)) {
    if (left !== undefined && leftPiece !== undefined) pieces.set(left, leftPiece);
    if (right !== undefined && rightPiece !== undefined) pieces.set(right, rightPiece);
  }
  const shown = lines.map(line => renderLine(line, pieces.get(line)));
  return `<span class="hunk">${renderText(header)}\n</span>${shown.join('')}`;
}

/** One element for a line that changed and none for one that did not: a report may have tens of thousands. */
function renderLine({sign, text, old, now, isOpen}: PatchLine, piece: readonly [number, number] | undefined): string {
  const shown =
    piece === undefined
      ? renderText(text)
      : `${renderText(text.slice(0, piece[0]))}<mark>${renderText(text.slice(...piece))}</mark>${renderText(text.slice(piece[1]))}`;
  const numbers = `${String(old ?? '').padStart(5)} ${String(now ?? '').padStart(5)}`;
  const line = `${numbers} ${sign} ${shown}${isOpen ? '<span class="chip">no line end</span>' : ''}\n`;
  return sign === ' ' ? line : `<span class="${sign === '+' ? 'added' : 'removed'}">${line}</span>`;
}
