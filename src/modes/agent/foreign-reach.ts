import path from 'node:path';
import type {
  ReadTextFileRequest,
  RequestPermissionRequest,
  RequestPermissionResponse,
  WriteTextFileRequest,
} from '@agentclientprotocol/sdk';
import type {FileEdit} from '../../domain/change.ts';
import type {Skill} from '../../domain/skill.ts';
import {quoteText} from '../../util/quote-text.ts';
import {openAgentFiles} from './agent-files.ts';
import {type AllowedTools, readAllowedTools} from './allowed-tools.ts';
import type {Shortfall} from './judge-end.ts';
import {ToolDenied} from './tool.ts';

const maxFileBytes = 8 * 1024 * 1024;

export interface ForeignReachOptions {
  /** The work tree. */
  readonly directory: string;
  readonly skill: Pick<Skill, 'allowedTools'>;
  /** It can write nothing but the work tree, whatever it does. */
  readonly contained: boolean;
  /** A line for the transcript. */
  readonly note: (line: object) => void;
}

/**
 * What another agent may do when it asks: read and change files of the work tree, as far as its skill allows; no commands, no network, nothing
 * else. Everything that it asks for stands in the record with its answer.
 */
export class ForeignReach {
  /** Everything that was refused, and the changes among it. */
  denied = 0;
  deniedChanges = 0;
  readonly #options: ForeignReachOptions;
  readonly #allowed: AllowedTools;
  readonly #files: ReturnType<typeof openAgentFiles>;

  constructor(options: ForeignReachOptions) {
    this.#options = options;
    this.#allowed = readAllowedTools(options.skill.allowedTools);
    this.#files = openAgentFiles({root: options.directory, writable: true});
  }

  decide({toolCall, options}: RequestPermissionRequest): RequestPermissionResponse {
    const isAllowed = this.#mayDo(toolCall);
    const wanted = isAllowed ? 'allow_once' : 'reject_once';
    const option =
      options.find(({kind}) => kind === wanted) ??
      (isAllowed ? undefined : options.find(({kind}) => kind === 'reject_always'));
    if (!isAllowed) this.#countDenied(isChange(toolCall.kind));
    this.#options.note({
      type: 'result',
      tool: `${toolCall.kind ?? 'other'}: ${toolCall.title ?? ''}`,
      error: !isAllowed,
      ...(isAllowed ? {} : {refused: true}),
      text: isAllowed ? 'allowed' : 'refused',
    });
    return option === undefined
      ? {outcome: {outcome: 'cancelled'}}
      : {outcome: {outcome: 'selected', optionId: option.optionId}};
  }

  async readFile(wanted: ReadTextFileRequest): Promise<{content: string}> {
    return await this.#use('read', wanted.path, async inside => {
      if (!this.#mayRead(inside)) throw notAllowed(inside);
      const text = (await this.#files.read(inside, maxFileBytes)).toString('utf8');
      return {content: cutLines(text, wanted)};
    });
  }

  async writeFile({path: file, content}: WriteTextFileRequest): Promise<Record<string, never>> {
    return await this.#use('write', file, async inside => {
      // What is too large or of another kind is there all the same.
      const before = await this.#files.readIfThere(inside, 1).catch(() => Buffer.alloc(0));
      if (!this.#mayWrite(inside, before === undefined)) throw notAllowed(inside);
      await this.#files.write(inside, Buffer.from(content));
      return {};
    });
  }

  /** It has hands of its own, so what its skill does not allow is seen in the diff at the latest. */
  judge(edits: readonly FileEdit[]): Shortfall | undefined {
    const [first, ...more] = edits.filter(({path: file, before}) => !this.#mayWrite(file, before === undefined));
    if (first === undefined) return undefined;
    const others = more.length === 0 ? '' : ` and ${more.length} more`;
    return {reason: 'tools-denied', message: `The skill does not allow to change ${quoteText(first.path)}${others}.`};
  }

  async #use<Value>(what: 'read' | 'write', file: string, act: (inside: string) => Promise<Value>): Promise<Value> {
    const line = {type: 'result', tool: `fs/${what}_text_file: ${file}`};
    try {
      if (!this.#isInside(file)) throw new ToolDenied(`${quoteText(file)} is outside of the work tree`);
      const value = await act(this.#inside(file));
      this.#options.note({...line, error: false, text: 'done'});
      return value;
    } catch (error) {
      const isRefused = error instanceof ToolDenied;
      if (isRefused) this.#countDenied(what === 'write');
      const text = error instanceof Error ? error.message : String(error);
      this.#options.note({...line, error: true, ...(isRefused ? {refused: true} : {}), text});
      throw error;
    }
  }

  #mayDo({kind, locations}: RequestPermissionRequest['toolCall']): boolean {
    const files = (locations ?? []).map(location => location.path);
    if (!files.every(file => this.#isInside(file))) return false;
    const paths = files.map(file => this.#inside(file));
    switch (kind) {
      case 'read':
      case 'search':
        return this.#allowed.allows('read_file') && paths.every(inside => this.#mayRead(inside));
      case 'think':
        return true;
      case 'edit':
      case 'delete':
      case 'move':
        // Without a place nobody knows where it would write, unless it can write nowhere else.
        return (
          (this.#options.contained || paths.length > 0) &&
          (this.#allowed.allows('edit_file') || this.#allowed.allows('write_file')) &&
          paths.every(inside => this.#mayWrite(inside, false))
        );
      default:
        return false;
    }
  }

  #mayRead(inside: string): boolean {
    return this.#allowed.allows('read_file') && this.#allowed.allowsPath('read_file', inside);
  }

  #mayWrite(inside: string, isNew: boolean): boolean {
    const tools = isNew ? ['write_file'] : ['write_file', 'edit_file'];
    return tools.some(tool => this.#allowed.allows(tool) && this.#allowed.allowsPath(tool, inside));
  }

  #countDenied(isOfChange: boolean): void {
    this.denied++;
    if (isOfChange) this.deniedChanges++;
  }

  #isInside(file: string): boolean {
    const inside = this.#inside(file);
    return inside !== '' && !inside.startsWith('..') && !path.isAbsolute(inside);
  }

  /** Relative to the work tree. */
  #inside(file: string): string {
    return path.relative(this.#options.directory, path.resolve(this.#options.directory, file));
  }
}

function isChange(kind: RequestPermissionRequest['toolCall']['kind']): boolean {
  return kind === 'edit' || kind === 'delete' || kind === 'move';
}

function notAllowed(inside: string): ToolDenied {
  return new ToolDenied(`the skill does not allow it for ${quoteText(inside)}`);
}

function cutLines(text: string, {line, limit}: Pick<ReadTextFileRequest, 'line' | 'limit'>): string {
  if (!line && !limit) return text;
  const start = Math.max(0, (line ?? 1) - 1);
  return text
    .split('\n')
    .slice(start, limit ? start + limit : undefined)
    .join('\n');
}
