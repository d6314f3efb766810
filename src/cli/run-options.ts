import type {Flags} from '../config/settings.ts';
import {OrchestratorError} from '../domain/errors.ts';
import type {Shard} from '../run/plan-run.ts';

/** Options of `run` as commander gives them. */
export interface RunOptions {
  readonly config?: string;
  readonly skill?: string;
  readonly repos?: string[];
  readonly repoNames?: string[];
  readonly group?: string;
  readonly tag?: string;
  readonly select?: string;
  readonly exclude?: string[];
  readonly simple?: true;
  readonly agent?: true;
  readonly script?: true;
  readonly output?: string;
  readonly model?: string;
  readonly deliver?: string;
  readonly parallel?: true;
  readonly sequential?: true;
  readonly maxWorkers?: string;
  readonly budget?: string;
  readonly deadline?: string;
  readonly batch?: true;
  readonly force?: true;
  readonly logFile?: string;
  readonly dryRun?: boolean;
  readonly shard?: string;
  readonly queue?: string;
  readonly detach?: true;
  readonly json?: true;
  readonly resultsDir?: string;
  readonly fleet?: string;
  readonly skillsDir?: string;
  readonly envFile?: string;
}

export function toFlags(options: RunOptions): Flags {
  const mode = options.agent ? 'agent' : options.script ? 'script' : options.simple ? 'simple' : undefined;
  const parallel = options.sequential ? false : options.parallel ? true : undefined;
  const flags = {
    skill: options.skill,
    repos: options.repos,
    repoNames: options.repoNames,
    group: options.group,
    tag: options.tag,
    select: options.select,
    exclude: options.exclude,
    mode,
    output: options.output,
    model: options.model,
    deliver: options.deliver,
    parallel,
    maxWorkers: options.maxWorkers,
    budget: options.budget,
    deadline: options.deadline,
    batch: options.batch,
    force: options.force,
    logFile: options.logFile,
    resultsDir: options.resultsDir,
    fleet: options.fleet,
    skillsDir: options.skillsDir,
  };
  return Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined)) as Flags;
}

/** `2/5`: the second of five. */
export function parseShard(text: string | undefined): Shard | undefined {
  if (text === undefined) return undefined;
  const match = /^(\d{1,6})\/(\d{1,6})$/.exec(text);
  const index = Number(match?.[1]);
  const count = Number(match?.[2]);
  if (match === null || count < 1 || index < 1 || index > count) {
    throw new OrchestratorError(
      'bad-flag',
      `--shard — expected I/N with I from 1 to N, and N up to 999999, found "${text}"`,
      {
        hint: 'for example --shard 1/3',
      },
    );
  }
  return {index, count};
}
