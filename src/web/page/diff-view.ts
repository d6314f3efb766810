import {type ComponentChild, h} from 'preact';
import {useMemo, useState} from 'preact/hooks';
import type {Piece} from '../../report/mark-words.ts';
import {cutPieces, hunkTitle, pairLines, type SplitRow} from '../../report/pair-lines.ts';
import type {PatchFile, PatchHunk, PatchLine} from '../../report/patch-view.ts';
import {FileList} from './file-list.ts';
import {Diffstat} from './pieces.ts';
import {Text} from './text.ts';
import {useNarrow} from './use-narrow.ts';

const place = 'diff';

/** The files of a change, unified or, where there is room for two, side by side. */
export function DiffView({files}: {files: readonly PatchFile[]}): ComponentChild {
  const [isWanted, setWanted] = useState(localStorage.getItem(place) === 'split');
  const isNarrow = useNarrow();
  const isSplit = isWanted && !isNarrow;
  const choose = (split: boolean): void => {
    localStorage.setItem(place, split ? 'split' : 'unified');
    setWanted(split);
  };
  return h(
    'div',
    {class: 'diffs'},
    h(
      'div',
      {class: 'diff-bar'},
      h(FileList, {files}),
      isNarrow
        ? null
        : h(
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
            {class: `diff ${isSplit ? 'split' : 'unified'}${isLong(file) ? ' long' : ''}`},
            // Without it a fixed layout takes its widths from the first row, which is one cell for all.
            h(
              'colgroup',
              null,
              (isSplit ? splitColumns : unifiedColumns).map(style => h('col', {class: style})),
            ),
            file.hunks.map((hunk, index) => h(Hunk, {key: index, hunk, isSplit})),
          ),
        ),
    file.cut > 0
      ? h('p', {class: 'muted pad'}, `${file.cut.toLocaleString('en')} more lines; the whole: orchestrator diff`)
      : null,
  );
}

/** Its line numbers have five digits and more. */
function isLong({hunks}: PatchFile): boolean {
  return (hunks.at(-1)?.line ?? 0) > 9_000;
}

const unifiedColumns = ['col-number', 'col-number', 'col-sign', ''];
const splitColumns = ['col-number', 'col-sign', '', 'col-number', 'col-sign', ''];

function Hunk({hunk, isSplit}: {hunk: PatchHunk; isSplit: boolean}): ComponentChild {
  const rows = useMemo(() => pairLines(hunk.lines), [hunk]);
  const title = hunkTitle(hunk);
  return h(
    'tbody',
    null,
    title === ''
      ? null
      : h('tr', {class: 'hunk'}, h('td', {colSpan: isSplit ? splitColumns.length : 4}, h(Text, {of: title}))),
    isSplit ? rows.map(row => h(SplitLine, {row})) : unify(rows).map(([line, pieces]) => h(Line, {line, pieces})),
  );
}

type Pieces = readonly Piece[] | undefined;

/** All that goes before all that comes, as in a patch. */
function unify(rows: readonly SplitRow[]): [PatchLine, Pieces][] {
  const lines: [PatchLine, Pieces][] = [];
  let added: [PatchLine, Pieces][] = [];
  for (const {left, right, leftPieces, rightPieces} of rows) {
    if (left !== undefined && left === right) {
      lines.push(...added, [left, undefined]);
      added = [];
      continue;
    }
    if (left !== undefined) lines.push([left, leftPieces]);
    if (right !== undefined) added.push([right, rightPieces]);
  }
  return [...lines, ...added];
}

function Line({line, pieces}: {line: PatchLine; pieces: Pieces}): ComponentChild {
  return h(
    'tr',
    {class: styles[line.sign]},
    h('td', {class: 'line-number'}, line.old ?? ''),
    h('td', {class: 'line-number'}, line.now ?? ''),
    h('td', {class: 'line-sign'}, signs[line.sign]),
    h('td', {class: 'line'}, h(LineText, {line, pieces})),
  );
}

function SplitLine({row}: {row: SplitRow}): ComponentChild {
  const side = (line: PatchLine | undefined, pieces: Pieces, number: number | undefined): ComponentChild[] => {
    const style = line === undefined ? 'none' : styles[line.sign];
    return [
      h('td', {class: `line-number ${style}`}, number ?? ''),
      h('td', {class: `line-sign ${style}`}, line === undefined ? '' : signs[line.sign]),
      h('td', {class: `line ${style}`}, line === undefined ? '' : h(LineText, {line, pieces})),
    ];
  };
  return h('tr', null, side(row.left, row.leftPieces, row.left?.old), side(row.right, row.rightPieces, row.right?.now));
}

function LineText({line, pieces}: {line: PatchLine; pieces: Pieces}): ComponentChild {
  return h(
    'span',
    null,
    cutPieces(line.text, pieces).map((piece, index) =>
      index % 2 === 0 ? h(Text, {of: piece}) : h('mark', null, h(Text, {of: piece})),
    ),
    line.isOpen ? h('span', {class: 'chip'}, 'no line end') : null,
  );
}

const styles = {' ': 'same', '+': 'added', '-': 'removed'} as const;
/** A hyphen is hardly seen. */
const signs = {' ': '', '+': '+', '-': '−'} as const;
