import type {Skill} from '../../domain/skill.ts';
import type {Sandbox} from '../../sandbox/sandbox.ts';
import {quoteText} from '../../util/quote-text.ts';
import {type AllowedTools, readAllowedTools} from './allowed-tools.ts';
import {reachPath} from './reach-path.ts';
import {type Tool, ToolDenied, type ToolReach} from './tool.ts';
import {editFileTool} from './tools/edit-file.ts';
import {finishTool} from './tools/finish.ts';
import {listFilesTool} from './tools/list-files.ts';
import {readFileTool} from './tools/read-file.ts';
import {createRunCommandTool, runCommandName} from './tools/run-command.ts';
import {searchFilesTool} from './tools/search-files.ts';
import {writeFileTool} from './tools/write-file.ts';

const fileTools = [readFileTool, writeFileTool, editFileTool, listFilesTool, searchFilesTool];

export interface ToolSet {
  /** What the model is offered, always in the same order. */
  readonly offered: readonly Tool[];
  /** What its commands may reach. */
  readonly network: readonly string[];
  /** Throws `ToolDenied` for a tool that exists and is not offered; undefined for one that nobody knows. */
  find(name: string): Tool | undefined;
  /** Whether a call of this tool, which worked or failed, is made again when a job goes on after a crash. */
  isRepeated(name: string, failed: boolean): boolean;
}

/** The tools of a job: ours and those of the operator's servers, as far as the skill and the machine allow. */
export function createToolSet(
  skill: Pick<Skill, 'allowedTools'>,
  options: {readonly sandbox?: Pick<Sandbox, 'network'>; readonly more?: readonly Tool[]},
): ToolSet {
  const allowed = readAllowedTools(skill.allowedTools);
  const {sandbox} = options;
  const network = sandbox?.network ?? [];
  const runCommand = createRunCommandTool(network);
  const ownTools = [...fileTools, runCommand, finishTool];
  const all = [...ownTools.map(tool => narrowed(tool, allowed)), ...(options.more ?? [])];
  const offered = all.filter(({name}) => allowed.allows(name) && (name !== runCommand.name || sandbox !== undefined));
  return {
    offered,
    network,
    isRepeated: (name, failed) =>
      offered.some(tool => tool.name === name && (failed ? tool.mutatesOnError === true : tool.mutates)),
    find(name) {
      const tool = offered.find(candidate => candidate.name === name);
      if (tool !== undefined || !all.some(candidate => candidate.name === name)) return tool;
      throw new ToolDenied(
        allowed.allows(name) ? `${name} needs a sandbox, which is not here` : `the skill does not allow ${name}`,
      );
    },
  };
}

/** The tool with the limits that the skill sets to it. */
function narrowed(tool: Tool, allowed: AllowedTools): Tool {
  const {name} = tool;
  return {
    ...tool,
    async call(input, reach) {
      const {command, path} = input;
      const problem = typeof command === 'string' ? allowed.commandProblem(command) : undefined;
      if (name === runCommandName && problem !== undefined) throw new ToolDenied(problem);
      if (oneFileTools.has(name) && typeof path === 'string') assertInScope(name, path, reach, allowed);
      return await tool.call(input, {...reach, shows: file => allowed.allowsPath(name, file)});
    },
  };
}

const oneFileTools: ReadonlySet<string> = new Set([readFileTool.name, writeFileTool.name, editFileTool.name]);

/** Files of the skill can be read in any case: it brought them to be read. */
function assertInScope(name: string, path: string, reach: ToolReach, allowed: AllowedTools): void {
  const {inside, isSkill} = reachPath(path, reach);
  const plain = inside
    .split('/')
    .filter(segment => segment !== '' && segment !== '.')
    .join('/');
  if (isSkill || allowed.allowsPath(name, plain)) return;
  throw new ToolDenied(`the skill allows ${name} only for ${allowed.describePaths(name)}, not for ${quoteText(path)}`);
}
