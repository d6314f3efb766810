import {OrchestratorError} from '../domain/errors.ts';
import {JobFailure} from '../domain/outcome.ts';
import {type CatFile, GitDied} from './cat-file.ts';
import type {ObjectFormat} from './git-directory.ts';
import type {ObjectSource} from './object-reader.ts';
import {DirectObjects} from './objects/direct-objects.ts';
import type {ObjectReply} from './reply-parser.ts';
import type {RepoGroup, StartGit} from './repo-group.ts';

type Replies = (ObjectReply | undefined)[];

/**
 * Reads the files of the store itself. What it does not find there it asks the group's git, and a git of the repo's own once that died or
 * could not give an object: a repo which kills git, or holds a damaged copy of an object, takes no neighbour along.
 */
export class RepoSource implements ObjectSource {
  readonly #group: RepoGroup;
  readonly #objectsDirectory: string;
  readonly #format: ObjectFormat;
  readonly #start: StartGit;
  readonly #direct: DirectObjects | undefined;
  #own: Promise<CatFile> | undefined;

  constructor(group: RepoGroup, objectsDirectory: string, format: ObjectFormat, start: StartGit) {
    this.#group = group;
    this.#objectsDirectory = objectsDirectory;
    this.#format = format;
    this.#start = start;
    this.#direct = format === 'sha1' ? new DirectObjects(objectsDirectory) : undefined;
  }

  info(names: readonly string[]): Promise<Replies> {
    return this.#answer(
      names,
      (direct, id) => direct.info(id),
      (git, rest) => git.info(rest),
    );
  }

  contents(names: readonly string[], maxBytes: number): Promise<Replies> {
    return this.#answer(
      names,
      (direct, id) => direct.content(id, maxBytes),
      (git, rest) => git.contents(rest, maxBytes),
    );
  }

  release(): void {
    this.#direct?.close();
    this.#group.leave();
    void this.#own?.then(git => git.close());
  }

  async #answer(
    names: readonly string[],
    read: (direct: DirectObjects, id: string) => ObjectReply | undefined,
    question: (git: CatFile, names: readonly string[]) => Promise<Replies>,
  ): Promise<Replies> {
    const replies: Replies = [];
    // An alternate, a pack that is new or odd, a damaged object: git may know what was not found in the files.
    const unread: number[] = [];
    let next: string | undefined | 'none';
    for (const [index, name] of names.entries()) {
      const id = name.includes('~') ? next : name;
      const reply =
        this.#direct === undefined || id === undefined || id === 'none' ? undefined : read(this.#direct, id);
      replies.push(reply);
      if (reply === undefined && id !== 'none') unread.push(index);
      next = id === 'none' ? id : parentOf(reply);
    }
    if (unread.length === 0) return replies;
    const rest = unread.map(index => names[index]!);
    const answers = await this.#ask(rest, git => question(git, rest));
    for (const [at, index] of unread.entries()) replies[index] = answers[at];
    return replies;
  }

  async #ask(names: readonly string[], question: (git: CatFile) => Promise<Replies>): Promise<Replies> {
    if (this.#own === undefined) {
      const shared = this.#group.git(this.#format);
      const git = await shared;
      if (git.serves(this.#objectsDirectory)) {
        try {
          const replies = await question(git);
          if (git.isAlone || !isDoubtful(names, replies)) return replies;
        } catch (error) {
          if (!(error instanceof GitDied)) throw error;
          this.#group.forget(this.#format, shared);
        }
      }
      this.#own ??= this.#start(this.#format, [this.#objectsDirectory]);
    }
    try {
      return await question(await this.#own);
    } catch (error) {
      if (error instanceof GitDied) throw faultOf(error);
      throw error;
    }
  }
}

/** The first parent of a commit that was read, `none` where it is the first one. */
function parentOf(commit: ObjectReply | undefined): string | 'none' | undefined {
  if (commit?.type !== 'commit' || commit.content === undefined) return undefined;
  // `tree <id>` and a line feed come first.
  const line = commit.content.toString('latin1', 46, 93);
  return line.startsWith('parent ') ? line.slice(7) : 'none';
}

/** An ancestor, `id~3`, is mostly missing because there is none. */
function isDoubtful(names: readonly string[], replies: Replies): boolean {
  return replies.some((reply, index) => (reply === undefined ? !names[index]!.includes('~') : reply.forged));
}

function faultOf(died: GitDied): Error {
  if (died.cause !== undefined) {
    const hint = 'install git 2.36 or newer, or put it into PATH';
    return new OrchestratorError('git-missing', 'git cannot be started', {hint, cause: died.cause});
  }
  // What git answers to an option that it does not know.
  if (died.exitCode === 129) {
    return new OrchestratorError('git-too-old', 'git is too old to read repositories', {
      hint: 'install git 2.36 or newer',
    });
  }
  return new JobFailure('repo-corrupt', 'git stopped while it was reading the objects of the repository', {
    cause: died,
  });
}
