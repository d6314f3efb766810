import {escapeHtml, renderText} from '../util/escape-html.ts';
import type {Piece} from './mark-words.ts';
import {cutPieces, hunkTitle, pairLines} from './pair-lines.ts';
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

function renderHunk(hunk: PatchHunk): string {
  const pieces = new Map<PatchLine, readonly Piece[]>();
  for (const {left, right, leftPieces, rightPieces} of pairLines(hunk.lines)) {
    if (left !== undefined && leftPieces !== undefined) pieces.set(left, leftPieces);
    if (right !== undefined && rightPieces !== undefined) pieces.set(right, rightPieces);
  }
  const title = hunkTitle(hunk);
  const shown = hunk.lines.map(line => renderLine(line, pieces.get(line)));
  return `${title === '' ? '' : `<span class="hunk">${renderText(title)}\n</span>`}${shown.join('')}`;
}

/** One element for a line that changed and none for one that did not: a report may have tens of thousands. */
function renderLine({sign, text, old, now, isOpen}: PatchLine, pieces: readonly Piece[] | undefined): string {
  const shown = cutPieces(text, pieces).map((piece, index) =>
    index % 2 === 0 ? renderText(piece) : `<mark>${renderText(piece)}</mark>`,
  );
  const numbers = `${String(old ?? '').padStart(5)} ${String(now ?? '').padStart(5)}`;
  const line = `${numbers} ${sign} ${shown.join('')}${isOpen ? '<span class="chip">no line end</span>' : ''}\n`;
  return sign === ' ' ? line : `<span class="${sign === '+' ? 'added' : 'removed'}">${line}</span>`;
}
