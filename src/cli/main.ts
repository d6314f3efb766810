import {CommanderError} from 'commander';
import {ConfigurationError, OrchestratorError} from '../domain/errors.ts';
import {formatProblem} from '../domain/problem.ts';
import {escapeBlock} from '../util/escape-text.ts';
import {guardOutput, isCi} from '../util/guard-output.ts';
import {type Io, processIo} from './io.ts';
import {createProgram} from './program.ts';

/** Runs one command line and sets the exit code of the process. */
export async function main(argv: readonly string[], io: Io = processIo()): Promise<void> {
  const exitCode = await runCommand(argv, io);
  const fault = await io.outFault?.();
  if (fault !== undefined) io.err(`orchestrator: stdout cannot be written (${fault})\n`);
  process.exitCode = exitCode === 0 && fault !== undefined ? 1 : exitCode;
}

/** Errors to exit codes, in this one place. All that a command says goes through one gate. */
export async function runCommand(argv: readonly string[], given: Io): Promise<number> {
  const io = guarded(given);
  let exitCode = 0;
  try {
    const program = createProgram(io, code => {
      exitCode = code;
    });
    await program.parseAsync([...argv], {from: 'user'});
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof ConfigurationError) {
      const lines = error.problems.map(
        problem => `${problem.file === undefined ? 'orchestrator: ' : ''}${formatProblem(problem)}`,
      );
      io.err(`${escapeBlock(lines.join('\n'))}\n`);
      return 2;
    }
    if (error instanceof OrchestratorError) {
      io.err(escapeBlock(`orchestrator: ${error.message}${error.hint === undefined ? '' : `; ${error.hint}`}\n`));
      return 2;
    }
    io.err(
      `orchestrator met an error of its own. Please report it with what follows.\n${escapeBlock(error instanceof Error ? (error.stack ?? error.message) : String(error))}\n`,
    );
    return 1;
  }
}

function guarded(io: Io): Io {
  const ci = isCi(io.env);
  return {
    ...io,
    out: text => io.out(guardOutput(text, ci)),
    err: text => io.err(guardOutput(text, ci)),
    outExact: io.out,
  };
}
