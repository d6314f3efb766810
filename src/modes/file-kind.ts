/** By its name: `.md`, `.markdown`, `.mdx`. */
export function isMarkdownPath(path: string): boolean {
  return /\.(?:md|markdown|mdx)$/i.test(path);
}
