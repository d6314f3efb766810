import type {ShownFile} from '../../domain/context.ts';

/** What a manifest says. Untrusted text throughout. */
export interface Manifest {
  readonly path: string;
  /** For people: `Node.js`, `Python`. */
  readonly stack: string;
  readonly name?: string | undefined;
  readonly version?: string | undefined;
  readonly description?: string | undefined;
  readonly license?: string | undefined;
  /** Such as `Node.js >=20`. */
  readonly requires?: readonly string[];
  readonly dependencies?: readonly string[];
  readonly developmentDependencies?: readonly string[];
  /** In the order a person would run them. */
  readonly commands?: readonly Command[];
  readonly entryPoints?: readonly EntryPoint[];
}

export interface Command {
  readonly kind: 'install' | 'build' | 'run' | 'test' | 'other';
  readonly command: string;
  /** What it does: the text of a script, or the comment of a target. */
  readonly note?: string | undefined;
}

export interface EntryPoint {
  readonly path: string;
  /** What is started there: `command wordfreq`, `library`. */
  readonly role: string;
}

export interface ManifestInput {
  readonly file: ShownFile;
  /** Every path of the repo, relative to the folder of the manifest. */
  readonly paths: ReadonlySet<string>;
}

/** Text of at most `limit` characters on one line, or undefined when there is none. */
export function textOf(value: unknown, limit = 300): string | undefined {
  if (typeof value !== 'string') return undefined;
  const line = value
    .slice(0, limit * 4)
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, limit);
  return line === '' ? undefined : line;
}

/** Names that can be typed on a command line without quotes, and nothing else. */
export function isPlainWord(word: string): boolean {
  return /^[\p{L}\p{N}_@][\p{L}\p{N}_.:@/+-]{0,79}$/u.test(word);
}
