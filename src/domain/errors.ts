import {formatProblem, type Problem} from './problem.ts';

/** Something the operator can fix. Printed as one line without a stack; ends the command with exit code 2 unless it says otherwise. */
export class OrchestratorError extends Error {
  readonly code: string;
  /** What to do next. */
  readonly hint: string | undefined;

  constructor(code: string, message: string, options: {hint?: string; cause?: unknown} = {}) {
    super(message, options.cause === undefined ? undefined : {cause: options.cause});
    this.name = 'OrchestratorError';
    this.code = code;
    this.hint = options.hint;
  }
}

/** Everything that is wrong with a configuration, a fleet file, a skill or the flags, at once. */
export class ConfigurationError extends OrchestratorError {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super('invalid-configuration', problems.map(formatProblem).join('\n'));
    this.name = 'ConfigurationError';
    this.problems = problems;
  }
}
