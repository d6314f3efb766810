import {readOpening} from '../../util/document-opening.ts';
import {readMarkdownLines} from '../../util/markdown-lines.ts';
import {splitSections} from './markdown-sections.ts';
import {completedNotice, isOfflineNotice} from './notice.ts';
import {topicOf} from './topics.ts';

/**
 * The text of a person with the sections it lacks, the title too where there has to be one, and every line of it kept.
 * Sections are compared by what their headings are about. When nothing is missing, the same text comes back, byte for byte.
 */
export function keepExisting(existing: string, generated: string, title?: string): string {
  const [firstLine = '', ...rest] = existing.split('\n');
  const own = isOfflineNotice(firstLine) ? rest.join('\n').replace(/^\n+/, '') : existing;
  const present = new Set(splitSections(own).map(({heading}) => topicOf(heading) ?? heading.toLowerCase()));
  const missing = splitSections(generated)
    .filter(({level, heading}) => level === 2 && !present.has(topicOf(heading) ?? heading.toLowerCase()))
    .map(({lines}) => lines.join('\n').trim());
  const titles = title === undefined || hasTitle(own) ? [] : [title];
  if (missing.length === 0 && titles.length === 0) return existing;

  const {front, body} = splitFrontMatter(own);
  const sections = splitSections(body);
  const last = sections.at(-1);
  const licenseIsLast = last !== undefined && last.level > 0 && topicOf(last.heading) === 'license';
  const before = (licenseIsLast ? sections.slice(0, -1) : sections).flatMap(({lines}) => lines).join('\n');
  const after = licenseIsLast ? last.lines.join('\n') : '';
  const parts = [completedNotice, ...titles, trimEndLines(before), ...missing, trimEndLines(after)].filter(
    part => part.trim() !== '',
  );
  return `${front}${parts.join('\n\n')}\n`;
}

function hasTitle(text: string): boolean {
  const {kind, line} = readOpening(readMarkdownLines(text).lines);
  return kind === 'title' && line !== '';
}

const trimEndLines = (text: string): string => text.replace(/^\n+/, '').trimEnd();

/** Site generators read front matter only at the very beginning, so the notice has to stand below it. */
function splitFrontMatter(text: string): {front: string; body: string} {
  if (!text.startsWith('---\n')) return {front: '', body: text};
  const end = text.indexOf('\n---\n', 4);
  return end < 0 ? {front: '', body: text} : {front: text.slice(0, end + 5), body: text.slice(end + 5)};
}
