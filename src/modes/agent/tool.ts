import type {Mount, Sandbox} from '../../sandbox/sandbox.ts';
import type {AgentFiles} from './agent-files.ts';

/** What tools reach. Everything outside of it is out of their reach. */
export interface ToolReach {
  readonly files: AgentFiles;
  /** Files of the skill, under `/skill/`. */
  readonly skillFiles: AgentFiles;
  /** Absolute path of the private folder. */
  readonly directory: string;
  /** Whether a tool that shows many files may show this one of the repo; all of them when it is absent. */
  readonly shows?: (path: string) => boolean;
  /** Absent: no commands. */
  readonly commands?: {
    readonly sandbox: Sandbox;
    /** The skill, where commands can read it. */
    readonly skill: Mount;
  };
  /** Rules that keep the file from being shown, by its content or by its name alone. */
  readonly findSecrets: (
    path: string,
    text: string,
  ) => Promise<readonly {readonly rule: string; readonly line: number}[]>;
  readonly secretNameRule: (path: string) => string | undefined;
  /** Where programs of our own are found, as in PATH. */
  readonly programPath: string;
  readonly signal: AbortSignal;
}

/** What a tool call came to. */
export interface ToolAnswer {
  readonly text: string;
  /** True when the repo is not as it was before. */
  readonly changed?: boolean;
  /** The call did what it was asked for, and that came to nothing good: a command that failed, or was stopped. */
  readonly isError?: boolean;
  /** Set by `finish`. */
  readonly finished?: {readonly summary: string; readonly nothingToChange: boolean};
}

/** Something that the model may ask for. */
export interface Tool {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of its arguments. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Whether it can change the repo: such calls are made again when a job goes on after a crash. */
  readonly mutates: boolean;
  /** Whether a call that failed can have changed the repo all the same. */
  readonly mutatesOnError?: true;
  /** Throws `ToolError` for what the model can mend, `ToolDenied` for what it may not do. */
  call(input: Readonly<Record<string, unknown>>, reach: ToolReach): Promise<ToolAnswer>;
}

/** The call did not work; the model is told why, and goes on. */
export class ToolError extends Error {}

/** The call asked for what is not allowed; the model is told, goes on, and it stands in the record. */
export class ToolDenied extends ToolError {}
