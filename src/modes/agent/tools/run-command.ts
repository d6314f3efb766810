import {JobFailure} from '../../../domain/outcome.ts';
import {SandboxError} from '../../../sandbox/sandbox.ts';
import {objectSchema, readOptionalCount, readText} from '../read-arguments.ts';
import {type Tool, ToolDenied, ToolError} from '../tool.ts';

const defaultSeconds = 120;
const maxSeconds = 1200;
const maxCharacters = 30_000;

export const runCommandName = 'run_command';

/** In a sandbox whose commands may reach these hosts. */
export function createRunCommandTool(network: readonly string[]): Tool {
  return {
    name: runCommandName,
    description: `Runs a shell command in the repo, in a sandbox without ${network.length === 0 ? 'network' : `network (but for ${network.join(', ')}, through the proxy of its environment)`} and without keys. The repo is the working directory, the folder of the skill is $ORCHESTRATOR_SKILL_DIR.`,
    parameters: objectSchema({
      command: {type: 'string', description: 'For /bin/sh.'},
      'timeout_s?': {type: 'integer', description: `Seconds after which it is killed; default ${defaultSeconds}.`},
    }),
    mutates: true,
    mutatesOnError: true,
    async call(input, reach) {
      const command = readText(input, 'command');
      const seconds = Math.min(readOptionalCount(input, 'timeout_s', 1) ?? defaultSeconds, maxSeconds);
      if (reach.commands === undefined) throw new ToolDenied('commands need a sandbox, which is not here');
      if (command.trim() === '') throw new ToolError('"command" is empty');
      if (command.length > 100_000 || command.includes('\0'))
        throw new ToolError('"command" is too long, or holds a NUL character');
      const {sandbox, skill} = reach.commands;
      const {end, output} = await sandbox
        .run({
          argv: ['/bin/sh', '-c', command],
          workspace: reach.directory,
          mounts: [skill],
          env: {ORCHESTRATOR_SKILL_DIR: sandbox.seenAt(skill)},
          timeoutMs: seconds * 1000,
          signal: reach.signal,
        })
        .catch((error: unknown) => {
          // Commands were promised; the job does not go on without them in silence.
          if (error instanceof SandboxError) throw new JobFailure('sandbox-unavailable', error.message);
          throw error;
        });
      reach.signal.throwIfAborted();
      const [found] = await reach.findSecrets('output.txt', output);
      const shown =
        found === undefined
          ? cut(output)
          : `[the output is held back: line ${found.line} of it holds what looks like a secret (${found.rule})]`;
      switch (end.kind) {
        case 'exited':
          return {text: `exit code ${end.exitCode}\n${shown}`, isError: end.exitCode !== 0};
        case 'limit':
          return {text: `killed: it reached its limit of ${end.limit}\n${shown}`, isError: true};
        case 'aborted':
          throw new ToolError('the command was stopped');
        default:
          return end satisfies never;
      }
    },
  };
}

function cut(output: string): string {
  if (output.length <= maxCharacters) return output === '' ? '[no output]' : output;
  const half = maxCharacters / 2;
  return `${output.slice(0, half)}\n[cut: ${output.length - maxCharacters} characters]\n${output.slice(-half)}`;
}
