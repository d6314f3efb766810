/** First line of a Markdown file that was written without a model. A visible line, because readers do not see comments. */
const offlineNotice = '*Written without a model (offline): only what can be read off the repository.*';

/** The same when the file existed and what was in it is kept. */
export const completedNotice =
  '*Completed without a model (offline): the text that was here is kept, what was missing is read off the repository.*';

export function isOfflineNotice(line: string): boolean {
  return /^\*?(?:Written|Completed) without a model \(offline\):/.test(line.trimStart());
}

/** The notice as the first line of a file of that name. */
export function noticeFor(path: string): string {
  const words = offlineNotice.slice(1, -1);
  const extension = /\.([a-z0-9]{1,8})$/i.exec(path)?.[1]?.toLowerCase();
  switch (extension) {
    case undefined:
    case 'md':
    case 'mdx':
    case 'markdown':
      return offlineNotice;
    case 'html':
    case 'htm':
    case 'xml':
    case 'svg':
      return `<!-- ${words} -->`;
    case 'yaml':
    case 'yml':
    case 'toml':
    case 'sh':
    case 'py':
    case 'rb':
      return `# ${words}`;
    case 'json':
    case 'jsonc':
    case 'js':
    case 'ts':
    case 'css':
      return `/* ${words} */`;
    default:
      return words;
  }
}
