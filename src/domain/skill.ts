export type Mode = 'simple' | 'agent' | 'script';
export const modes = ['simple', 'agent', 'script'] as const satisfies readonly Mode[];

/** What the skill says a good result looks like; every one that is given must hold before delivery. */
export interface SkillChecks {
  /** Each string must occur in the output. */
  readonly mustContain?: readonly string[];
  /** None of these may occur in the output. */
  readonly mustNotContain?: readonly string[];
  readonly minCharacters?: number;
  readonly maxCharacters?: number;
  /** The output must start with a Markdown heading of level one. Default: true for `.md` outputs. */
  readonly heading?: boolean;
  /** Fences are closed and tables have the shape of tables in the Markdown that was changed. Default: true. */
  readonly markdown?: boolean;
  /** Relative links and anchors of that Markdown lead somewhere inside the repo. Default: false. */
  readonly links?: boolean;
}

/** A folder with a SKILL.md: instructions and what they need, read once and immutable for a run. */
export interface Skill {
  readonly name: string;
  readonly description: string;
  /** Absolute path of the folder. */
  readonly directory: string;
  /** `shipped` for those in the package. */
  readonly source: 'operator' | 'shipped';
  /** Body of SKILL.md, without the front matter. */
  readonly instructions: string;
  /** template.md, when there is one. */
  readonly template?: string;
  /** Texts under references/, by path relative to the skill folder, in path order. */
  readonly references: ReadonlyMap<string, string>;
  /** `metadata.output`: a file, a folder (ends in `/`), or a pattern with YYYY, MM, DD. */
  readonly output?: string;
  /** `metadata.outputs`: several files that one reply may give; simple mode then asks for marked sections. */
  readonly outputs: readonly string[];
  readonly mode?: Mode;
  /** `metadata.verify`: what a task that says nothing runs before and after a change. */
  readonly verify?: readonly string[] | 'auto';
  /** It has a `scripts/run`, which script mode starts. */
  readonly hasScript?: boolean;
  /** `metadata.context`: globs of the files that matter most, best first. */
  readonly contextGlobs: readonly string[];
  readonly checks: SkillChecks;
  readonly allowedTools: readonly string[];
  readonly license?: string;
  readonly compatibility?: string;
  /** SHA-256 over every byte and path of the folder, hexadecimal. */
  readonly digest: string;
}

/** Every file of a skill folder, so that a machine without the folder can use the skill. */
export interface SkillContent {
  readonly digest: string;
  readonly name: string;
  readonly source: Skill['source'];
  /** Base64 by path relative to the folder. */
  readonly files: Readonly<Record<string, string>>;
}
