import path from 'node:path/posix';
import type {Values} from './fill-template.ts';

/** What is read off a repo links from its root; the file that is written may lie in a folder. */
export function rebaseLinks(values: Values, file: string): Values {
  const folder = path.dirname(file);
  if (folder === '.') return values;
  const rebase = (text: string): string =>
    text.replaceAll(
      /(\]\()(?![a-z][a-z0-9+.-]*:|[/#<])([^()\s]+)(\))/gi,
      (_, open: string, target: string, close: string) => `${open}${path.relative(folder, target)}${close}`,
    );
  return Object.fromEntries(Object.entries(values).map(([name, text]) => [name, text && rebase(text)]));
}
