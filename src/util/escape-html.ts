import {splitHidden} from './split-hidden.ts';

/** Untrusted text for the content or a quoted attribute of HTML. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** As content, with what cannot be seen shown as a chip. */
export function renderText(text: string): string {
  return splitHidden(text)
    .map(piece =>
      typeof piece === 'string' ? escapeHtml(piece) : `<span class="chip chip-bad">${piece.hidden}</span>`,
    )
    .join('');
}
