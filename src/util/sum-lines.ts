/** Lines that files of a change add and remove together. */
export function sumLines(files: readonly {readonly added: number; readonly removed: number}[]): {
  readonly added: number;
  readonly removed: number;
} {
  return {
    added: files.reduce((sum, file) => sum + file.added, 0),
    removed: files.reduce((sum, file) => sum + file.removed, 0),
  };
}
