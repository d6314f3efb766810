/** One word of a POSIX shell command, quoted when it has to be. */
export function shellWord(text: string): string {
  return /^[\w./@:=+~-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
