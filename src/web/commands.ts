import type {StartedCommand} from './api.ts';

/** Starts `orchestrator ARGS` as a process of its own, which outlives the page. */
export type StartProgram = (
  args: readonly string[],
  on: {
    /** All that it said so far, cut to its end. */
    said(text: string): void;
    ended(exitCode: number): void;
  },
) => void;

/** Command lines that the page has started; one at a time for each run. */
export class Commands {
  readonly #start: StartProgram;
  readonly #tell: (command: StartedCommand) => void;
  readonly #all = new Map<string, StartedCommand>();

  constructor(start: StartProgram, tell: (command: StartedCommand) => void) {
    this.#start = start;
    this.#tell = tell;
  }

  /** Undefined when one for this run goes on. */
  start(run: string, what: StartedCommand['what'], args: readonly string[]): StartedCommand | undefined {
    if (this.ofRun(run).some(({exitCode}) => exitCode === undefined)) return undefined;
    const id = String(this.#all.size + 1);
    const update = (change: Partial<StartedCommand>): void => {
      const command = {...this.#all.get(id)!, ...change};
      this.#all.set(id, command);
      this.#tell(command);
    };
    const command: StartedCommand = {id, run, what, line: ['orchestrator', ...args].join(' '), said: ''};
    this.#all.set(id, command);
    this.#start(args, {
      said: said => update({said}),
      ended: exitCode => update({exitCode, ...summaryOf(this.#all.get(id)!.said)}),
    });
    this.#tell(command);
    return command;
  }

  /** Newest first. */
  ofRun(run: string): StartedCommand[] {
    return [...this.#all.values()].filter(command => command.run === run).reverse();
  }
}

/** Of the last line that says how a run ended. */
function summaryOf(said: string): {summary?: string} {
  const summary = said
    .split('\n')
    .findLast(line => / finished: /.test(line))
    ?.replace(/^.* finished: /, '');
  return summary === undefined ? {} : {summary};
}
