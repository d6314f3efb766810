import {type ComponentChild, h} from 'preact';
import {useMemo, useState} from 'preact/hooks';
import {pairLines, type SplitRow} from '../../report/pair-lines.ts';
import type {PatchFile, PatchHunk, PatchLine} from '../../report/patch-view.ts';
import {Diffstat} from './pieces.ts';
import {Text} from './text.ts';

const place = 'diff';

/** The files of a change, unified or side by side. */
export function DiffView({files}: {files: readonly PatchFile[]}): ComponentChild {
  const [isSplit, setSplit] = useState(localStorage.getItem(place) === 'split');
  const choose = (split: boolean): void => {
    localStorage.setItem(place, split ? 'split' : 'unified');
    setSplit(split);
  };
  return h(
    'div',
    {class: 'diffs'},
    h(
      'div',
      {class: 'diff-bar'},
      files.length < 2
        ? null
        : h(
            'ul',
            {class: 'files'},
            files.map((file, index) =>
              h('li', null, h('a', {href: `#file-${index}`}, h(Text, {of: file.path})), ' ', h(Diffstat, {of: file})),
            ),
          ),
      h(
        'div',
        {role: 'group', 'aria-label': 'Layout of the diff', class: 'tabs small'},
        h('button', {type: 'button', 'aria-pressed': !isSplit, onClick: () => choose(false)}, 'Unified'),
        h('button', {type: 'button', 'aria-pressed': isSplit, onClick: () => choose(true)}, 'Split'),
      ),
    ),
    files.map((file, index) => h(File, {key: file.path, file, isSplit, id: `file-${index}`})),
  );
}

function File({file, isSplit, id}: {file: PatchFile; isSplit: boolean; id: string}): ComponentChild {
  return h(
    'section',
    {class: 'diff-file', id, 'aria-label': file.path},
    h(
      'h3',
      null,
      h(Text, {of: file.path}),
      file.kind === 'changed' ? null : h('span', {class: 'chip'}, file.kind),
      file.marks.map(mark => h('span', {class: 'chip chip-bad'}, mark)),
      h(Diffstat, {of: file}),
    ),
    file.hunks.length === 0
      ? h('p', {class: 'muted pad'}, file.marks.includes('binary') ? 'Bytes, not text.' : 'No line differs.')
      : h(
          'div',
          {class: 'scroll', tabIndex: 0, role: 'region', 'aria-label': `Lines of ${file.path}`},
          h(
            'table',
            {class: `diff ${isSplit ? 'split' : 'unified'}`},
            file.hunks.map((hunk, index) => h(Hunk, {key: index, hunk, isSplit})),
          ),
        ),
    file.cut > 0
      ? h('p', {class: 'muted pad'}, `${file.cut.toLocaleString('en')} more lines; the whole: orchestrator diff`)
      : null,
  );
}

function Hunk({hunk, isSplit}: {hunk: PatchHunk; isSplit: boolean}): ComponentChild {
  const rows = useMemo(() => pairLines(hunk.lines), [hunk]);
  return h(
    'tbody',
    null,
    h('tr', {class: 'hunk'}, h('td', {colSpan: 4}, h(Text, {of: hunk.header}))),
    isSplit ? rows.map(row => h(SplitLine, {row})) : unify(rows).map(([line, piece]) => h(Line, {line, piece})),
  );
}

type Piece = readonly [from: number, to: number] | undefined;

/** All that goes before all that comes, as in a patch. */
function unify(rows: readonly SplitRow[]): [PatchLine, Piece][] {
  const lines: [PatchLine, Piece][] = [];
  let added: [PatchLine, Piece][] = [];
  for (const {left, right, leftPiece, rightPiece} of rows) {
    if (left !== undefined && left === right) {
      lines.push(...added, [left, undefined]);
      added = [];
      continue;
    }
    if (left !== undefined) lines.push([left, leftPiece]);
    if (right !== undefined) added.push([right, rightPiece]);
  }
  return [...lines, ...added];
}

function Line({line, piece}: {line: PatchLine; piece: Piece}): ComponentChild {
  return h(
    'tr',
    {class: styles[line.sign]},
    h('td', {class: 'line-number'}, line.old ?? ''),
    h('td', {class: 'line-number'}, line.now ?? ''),
    h('td', {class: 'line-sign'}, line.sign),
    h('td', {class: 'line'}, h(LineText, {line, piece})),
  );
}

function SplitLine({row}: {row: SplitRow}): ComponentChild {
  const side = (line: PatchLine | undefined, piece: Piece, number: number | undefined): ComponentChild[] => {
    const style = line === undefined ? 'none' : styles[line.sign];
    return [
      h('td', {class: `line-number ${style}`}, number ?? ''),
      h('td', {class: `line ${style}`}, line === undefined ? '' : h(LineText, {line, piece})),
    ];
  };
  return h('tr', null, side(row.left, row.leftPiece, row.left?.old), side(row.right, row.rightPiece, row.right?.now));
}

function LineText({line, piece}: {line: PatchLine; piece: Piece}): ComponentChild {
  const {text} = line;
  const open = line.isOpen ? h('span', {class: 'chip'}, 'no line end') : null;
  if (piece === undefined) return h('span', null, h(Text, {of: text}), open);
  const [from, to] = piece;
  return h(
    'span',
    null,
    h(Text, {of: text.slice(0, from)}),
    h('mark', null, h(Text, {of: text.slice(from, to)})),
    h(Text, {of: text.slice(to)}),
    open,
  );
}

const styles = {' ': 'same', '+': 'added', '-': 'removed'} as const;
