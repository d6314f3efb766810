import type {FrontMatterValue} from './front-matter.ts';

/**
 * Entries of `allowed-tools` as the Agent Skills specification and others write them: separated by spaces, commas or as a YAML list, with
 * what they are limited to in parentheses, spaces included: `Bash(git add:*), Read(docs/**)`.
 */
export function readAllowedTools(value: FrontMatterValue | undefined, faults: string[]): string[] {
  if (value === undefined || value === null) return [];
  const texts = typeof value === 'string' ? [value] : value;
  if (!Array.isArray(texts) || !texts.every(text => typeof text === 'string')) {
    faults.push('allowed-tools must be a list of texts');
    return [];
  }
  return texts.flatMap(text => splitOutsideParentheses(text, faults));
}

function splitOutsideParentheses(text: string, faults: string[]): string[] {
  const entries: string[] = [];
  let entry = '';
  let depth = 0;
  for (const character of text) {
    if (character === '(') depth++;
    else if (character === ')') depth--;
    if (depth < 0) break;
    if (depth === 0 && /[\s,]/.test(character)) {
      entries.push(entry);
      entry = '';
    } else entry += character;
  }
  if (depth !== 0) faults.push(`${JSON.stringify(text)} has a parenthesis without its other half`);
  return [...entries, entry].filter(each => each !== '');
}
