import stringWidth from 'string-width';
import {truncate} from '../report/live-frame.ts';
import {escapeLine} from '../util/escape-text.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'right';
  /** Never cut: people copy it, or it means nothing in part. */
  readonly whole?: true;
}

export interface TableOptions {
  /** Display cells of the terminal; absent: lines are as long as they need to be. */
  readonly columns?: number;
}

/** Lines of a table, aligned by display cells. Cells are untrusted: what is invisible or acts is shown as an escape. */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  options: TableOptions = {},
): string {
  const cells = [columns.map(column => column.title), ...rows.map(row => row.map(escapeLine))];
  const natural = columns.map((_, index) => Math.max(...cells.map(row => stringWidth(row[index] ?? ''))));
  const widths = shrink(natural, columns, options.columns);
  return cells.map(row => `${renderRow(row, columns, widths)}\n`).join('');
}

const gap = '  ';
/** No column becomes narrower than this to make others fit. */
const narrowest = 8;

/** Takes cells from the widest columns until the table fits. */
function shrink(natural: readonly number[], columns: readonly Column[], available: number | undefined): number[] {
  const widths = [...natural];
  if (available === undefined) return widths;
  const total = (): number => widths.reduce((sum, width) => sum + width, 0) + gap.length * (widths.length - 1);
  while (total() > available) {
    const widest = Math.max(...widths.filter((_, index) => canShrink(columns[index]!)));
    if (widest <= narrowest) break;
    widths[widths.findIndex((width, index) => width === widest && canShrink(columns[index]!))] = widest - 1;
  }
  return widths;
}

function canShrink({align, whole}: Column): boolean {
  return align !== 'right' && whole !== true;
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
