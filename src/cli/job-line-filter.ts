import {escapeWord} from '../util/escape-text.ts';

export type LineFilter = (line: string) => boolean;

/** Lines of a log about these jobs, named `skill/repo`; all lines when none is named. Lines of a stack belong to the line above them. */
export function jobLineFilter(labels: readonly string[]): LineFilter {
  if (labels.length === 0) return () => true;
  const words = new Set(labels.map(escapeWord));
  let keeps = false;
  return line => {
    if (line.startsWith('    ')) return keeps;
    const rest = /^\S+ \S+ run=\S+ job=(.*)$/.exec(line)?.[1];
    keeps = rest !== undefined && [...words].some(word => rest.startsWith(`${word} `));
    return keeps;
  };
}
