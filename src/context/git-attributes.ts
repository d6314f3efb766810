import type {ObjectReader, TreeEntry} from '../domain/git.ts';
import {compileGlob} from '../util/glob.ts';

/** Says that the repo itself calls a path generated or vendored. */
export type Attributes = (path: string) => 'generated' | 'vendored' | undefined;

/** Reads the linguist attributes of the .gitattributes at the root. They can only leave files out, so they need not be trusted. */
export async function attributesOf(reader: ObjectReader, entries: readonly TreeEntry[]): Promise<Attributes> {
  const entry = entries.find(({path}) => path === '.gitattributes');
  if (entry === undefined || entry.kind !== 'file') return none;
  const [bytes] = await reader.blobs([entry.id]);
  return bytes === undefined || bytes.length > 64 * 1024 ? none : parseAttributes(bytes.toString('utf8'));
}

const none: Attributes = () => undefined;
const maxRules = 200;

function parseAttributes(text: string): Attributes {
  const rules: {matches: (path: string) => boolean; reason: 'generated' | 'vendored'; value: boolean}[] = [];
  for (const line of text.split('\n')) {
    if (line.startsWith('#') || !line.includes('linguist-') || line.length > 500 || rules.length === maxRules) continue;
    const [pattern = '', ...attributes] = line.trim().split(/\s+/);
    for (const attribute of attributes) {
      const found = /^(-)?linguist-(generated|vendored)(?:=(true|false|1|0))?$/.exec(attribute);
      if (found === null) continue;
      const value = found[1] === undefined && found[3] !== 'false' && found[3] !== '0';
      rules.push({matches: matcherOf(pattern), reason: found[2] as 'generated' | 'vendored', value});
    }
  }
  if (rules.length === 0) return none;
  // The last line that matches wins.
  return path => {
    for (const reason of ['generated', 'vendored'] as const) {
      if (rules.findLast(rule => rule.reason === reason && rule.matches(path))?.value === true) return reason;
    }
    return undefined;
  };
}

function matcherOf(pattern: string): (path: string) => boolean {
  return compileGlob(pattern, {anywhere: true, braces: false}).matches;
}
