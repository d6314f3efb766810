import type {FileEdit} from '../../src/domain/change.ts';

/** These texts as the edits that a mode would propose. */
export function textEdits(files: Iterable<{readonly path: string; readonly text: string}>): FileEdit[] {
  return Array.from(files, ({path, text}) => ({path, after: {kind: 'file', bytes: Buffer.from(text)}}));
}
