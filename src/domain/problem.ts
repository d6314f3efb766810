/** One thing that is wrong in what the operator wrote. All problems of a start are reported together. */
export interface Problem {
  /** File as the operator would type it; absent for flags. */
  readonly file?: string;
  /** 1-based. */
  readonly line?: number;
  /** 1-based, in UTF-16 units as editors count. */
  readonly column?: number;
  /** JSON path such as `tasks[1].skill`, or the flag such as `--group`. */
  readonly path?: string;
  /** What is wrong. */
  readonly message: string;
  /** What to do next, for example `did you mean "readme-generator"?`. */
  readonly hint?: string;
}

/** `config/overnight.json:14:7 tasks[1].skill — no skill "readme-genrator"; did you mean "readme-generator"?` */
export function formatProblem(problem: Problem): string {
  const place = [problem.file, problem.line, problem.column].filter(part => part !== undefined).join(':');
  const head = [place, problem.path].filter(part => part !== undefined && part !== '').join(' ');
  const hint = problem.hint === undefined ? '' : `; ${problem.hint}`;
  return `${head === '' ? '' : `${head} — `}${problem.message}${hint}`;
}
