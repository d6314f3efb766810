import {splitSections} from './markdown-sections.ts';
import {topicOf} from './topics.ts';

/** Markdown by topic; absent or empty when nothing is known. */
export type Values = Readonly<Record<string, string | undefined>>;

const unknown = 'not known without a model';

/** Stands where a section has to be and nothing of it is known. */
export const unknownSentence = `${unknown[0]!.toUpperCase()}${unknown.slice(1)}.`;

/**
 * Fills `{{placeholders}}`. Comments go, a line that held nothing but unknown placeholders goes, a section that is left
 * empty goes; inside a sentence an unknown placeholder says so. A template without any placeholder is filled by its headings.
 * Values are inserted once and never read as template. A heading that holds one of the `required` texts stays.
 */
export function fillTemplate(template: string, values: Values, required: readonly string[] = []): string {
  const bare = removeComments(template.slice(0, 200_000).replace(/\r\n?/g, '\n'));
  const byHeading = !/\{\{[^{}\n]{1,100}\}\}/.test(bare);
  const sections = splitSections(bare).map(section => {
    const [first = '', ...below] = section.level === 0 ? ['', ...section.lines] : section.lines;
    if (byHeading && section.level > 0) return {...section, ...fromHeading(section, first, below, values)};
    return {...section, head: fillLine(first, values) ?? '', body: fillLines(below, values)};
  });
  // backwards, because a heading stays for the sake of what is below it
  const kept: string[] = [];
  let keptLevel = 0;
  for (const {level, head, body: known} of sections.toReversed()) {
    const isEmpty = known === '' && keptLevel <= level;
    const isRequired = level > 0 && required.some(text => head.includes(text));
    const body = isEmpty && level > 1 && isRequired ? unknownSentence : known;
    if (level > 1 && body === '' && keptLevel <= level) continue;
    if (level === 0 && body === '') continue;
    kept.push([head, body].filter(part => part !== '').join('\n\n'));
    keptLevel = level;
  }
  return `${kept.reverse().join('\n\n').trim()}\n`;
}

function fillLines(lines: readonly string[], values: Values): string {
  const filled: string[] = [];
  for (const line of lines) {
    const text = fillLine(line, values);
    if (text !== undefined) filled.push(text);
  }
  return filled
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}

/** Undefined when the line held nothing but what is not known. */
function fillLine(line: string, values: Values): string | undefined {
  if (line.length > 5000 || !line.includes('{{')) return line;
  const known = (name: string): string | undefined => values[topicOf(name) ?? ''] || undefined;
  const pattern = /\{\{\{?[ \t]{0,8}([#/^>!&]?)[ \t]{0,8}([^{}\n]{0,80})\}\}\}?/g;
  const words = line.replace(pattern, '').replace(/[\s>*_|:#-]/g, '');
  let found = false;
  const filled = line.replace(pattern, (_, sigil: string, name: string) => {
    if (sigil !== '' && sigil !== '&') return '';
    const value = known(name) ?? known(name.split(/[|\s:]/, 1)[0]!);
    if (value !== undefined) found = true;
    return value ?? unknown;
  });
  return found || words !== '' ? filled : undefined;
}

function fromHeading(
  section: {level: number; heading: string},
  line: string,
  below: readonly string[],
  values: Values,
): {head: string; body: string} {
  const value = values[topicOf(section.heading) ?? ''];
  if (section.level === 1) return {head: `# ${values['name'] ?? section.heading}`, body: values['summary'] ?? ''};
  const isEmpty = below.every(text => text.trim() === '');
  return {head: line, body: value ?? (isEmpty ? '' : unknownSentence)};
}

function removeComments(text: string): string {
  let kept = '';
  let from = 0;
  for (;;) {
    const start = text.indexOf('<!--', from);
    if (start < 0) return kept + text.slice(from);
    const end = text.indexOf('-->', start);
    kept += text.slice(from, start);
    if (end < 0) return kept;
    from = end + 3;
  }
}
