import {OrchestratorError} from '../domain/errors.ts';
import {gitEnvironment} from '../util/git-environment.ts';
import {type CommandOptions, type CommandResult, runCommand} from '../util/run-command.ts';

export interface OwnGitOptions {
  readonly gitPath?: string | undefined;
  /** Our own git dir. */
  readonly gitDirectory: string;
  /** Object directories that are read beside its own. */
  readonly objectDirectories: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs git in a git dir of ours over the objects of a repo; nothing of that repo's configuration is read. A bad exit code is the caller's to judge. */
export async function runOwnGit(
  args: readonly string[],
  {gitPath = 'git', gitDirectory, objectDirectories, env}: OwnGitOptions,
  options: Omit<CommandOptions, 'env'> = {},
): Promise<CommandResult> {
  try {
    return await runCommand(gitPath, args, {
      timeoutMs: 600_000,
      ...options,
      env: gitEnvironment({
        GIT_DIR: gitDirectory,
        ...alternateObjects(objectDirectories),
        ...env,
      }),
    });
  } catch (error) {
    throw new OrchestratorError('git-missing', 'git cannot be started', {
      hint: 'install git 2.36 or newer, or put it into PATH',
      cause: error,
    });
  }
}

/** The variable by which git reads further object directories: entries are C-quoted when they hold the separator or begin with what has a meaning. */
export function alternateObjects(directories: readonly string[]): Record<string, string> {
  return directories.length === 0 ? {} : {GIT_ALTERNATE_OBJECT_DIRECTORIES: directories.map(quotePath).join(':')};
}

function quotePath(path: string): string {
  if (!/[:"\\\n]/.test(path)) return path;
  return `"${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}
