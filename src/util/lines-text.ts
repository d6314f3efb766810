import {sumLines} from './sum-lines.ts';

/** `+12 −4`. A change of bytes, or of a mode alone, is not shown as one of nothing. */
export function linesText(files: readonly {readonly added: number; readonly removed: number}[]): string {
  const {added, removed} = sumLines(files);
  return added + removed === 0 ? 'no lines' : `+${added} −${removed}`;
}
