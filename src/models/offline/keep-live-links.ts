import path from 'node:path/posix';
import {linkTargets} from '../../util/markdown-links.ts';
import {escapeText} from './markdown.ts';

/**
 * Markdown of a person that is quoted in another file, from the root of the repo, with the words instead of the links that would lead nowhere.
 * `paths` are the files of the repo.
 */
export function keepLiveLinks(text: string, paths: readonly string[]): string {
  const isLive = (target: string): boolean =>
    /^(?:[a-z][a-z0-9+.-]*:|\/\/)/i.test(target) ||
    paths.includes(path.normalize(target)) ||
    paths.some(file => file.startsWith(`${path.normalize(target).replace(/\/$/, '')}/`));
  const bare = text.replaceAll(
    /!?\[([^[\]]*)\]\(([^()\s<>]*)(?: "[^"]*")?\)/g,
    (link: string, words: string, target: string) => (isLive(target) ? link : words),
  );
  return linkTargets(bare).every(isLive) ? bare : escapeText(bare, 700);
}
