import stringWidth from 'string-width';
import {truncate} from '../report/live-frame.ts';
import {escapeLine} from '../util/escape-text.ts';
import {wrapWords} from './wrap-words.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'right';
  /** Never cut: people copy it, or it means nothing in part. */
  readonly whole?: true;
  /** Display cells with which a cut cell still says something. */
  readonly least?: number;
}

export interface TableOptions {
  /** Display cells of the terminal; absent: lines are as long as they need to be. */
  readonly columns?: number;
}

/**
 * Lines of a table, aligned by display cells; where the terminal is too narrow for it, a block for each row, with nothing cut that is
 * whole. Cells are untrusted: what is invisible or acts is shown as an escape.
 */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  options: TableOptions = {},
): string {
  const cells = [columns.map(column => column.title), ...rows.map(row => row.map(escapeLine))];
  const natural = columns.map((_, index) => Math.max(...cells.map(row => stringWidth(row[index] ?? ''))));
  const widths = shrink(natural, columns, options.columns);
  if (widths === undefined) return renderBlocks(columns, cells.slice(1), options.columns!);
  return cells.map(row => `${renderRow(row, columns, widths)}\n`).join('');
}

const gap = '  ';
/** No column becomes narrower than this to make others fit. */
const narrowest = 8;

/** Takes cells from the widest columns until the table fits; undefined when it does not. */
function shrink(
  natural: readonly number[],
  columns: readonly Column[],
  available: number | undefined,
): number[] | undefined {
  const widths = [...natural];
  if (available === undefined) return widths;
  const total = (): number => widths.reduce((sum, width) => sum + width, 0) + gap.length * (widths.length - 1);
  while (total() > available) {
    const widest = Math.max(...widths.filter((width, index) => canShrink(columns[index]!, width)));
    if (widest === Number.NEGATIVE_INFINITY) return undefined;
    widths[widths.findIndex((width, index) => width === widest && canShrink(columns[index]!, width))] = widest - 1;
  }
  return widths;
}

function canShrink({align, whole, least = narrowest}: Column, width: number): boolean {
  return align !== 'right' && whole !== true && width > least;
}

/** Lines of a cell in a block; a message of a tool may be long. */
const linesOfCell = 6;

/** `NAME` alone on a line, then what the other columns say of it. */
function renderBlocks(columns: readonly Column[], rows: readonly (readonly string[])[], available: number): string {
  const label = Math.max(...columns.slice(1).map(({title}) => stringWidth(title)));
  const indent = ' '.repeat(gap.length * 2 + label);
  const lines = rows.flatMap(([name = '', ...cells]) => [
    ...wrapWords(name, {columns: available}),
    ...cells.flatMap((cell, index) => {
      if (cell === '') return [];
      const {title, whole} = columns[index + 1]!;
      const head = `${gap}${title.toLowerCase().padEnd(label)}${gap}`;
      return wrapWords(head + cell, {columns: available, indent, ...(whole ? {} : {maxLines: linesOfCell})});
    }),
  ]);
  return lines.map(line => `${line}\n`).join('');
}

function renderRow(row: readonly string[], columns: readonly Column[], widths: readonly number[]): string {
  return columns
    .map(({align}, index) => {
      const text = truncate(row[index] ?? '', widths[index]!);
      const space = ' '.repeat(Math.max(0, widths[index]! - stringWidth(text)));
      return align === 'right' ? space + text : text + space;
    })
    .join(gap)
    .trimEnd();
}
