import type {CatFile} from './cat-file.ts';
import type {ObjectFormat} from './git-directory.ts';
import {locateRepo} from './locate-repo.ts';
import {readHead} from './read-head.ts';

export type StartGit = (objectFormat: ObjectFormat, objectDirectories: readonly string[]) => Promise<CatFile>;

interface GroupWatcher {
  started(group: RepoGroup): void;
  stopped(group: RepoGroup): void;
}

/** Repos that share a git process for each object format. It starts when one of them asks, and stops when all have been read. */
export class RepoGroup {
  readonly #paths: readonly string[];
  readonly #start: StartGit;
  readonly #watcher: GroupWatcher;
  readonly #processes = new Map<ObjectFormat, Promise<CatFile>>();
  #members: Promise<Map<ObjectFormat, string[]>> | undefined;
  #open = 0;
  #left: number;

  constructor(paths: readonly string[], start: StartGit, watcher: GroupWatcher) {
    this.#paths = paths;
    this.#left = paths.length;
    this.#start = start;
    this.#watcher = watcher;
  }

  get isIdle(): boolean {
    return this.#open === 0;
  }

  enter(): void {
    this.#open++;
    this.#left--;
  }

  leave(): void {
    this.#open--;
    if (this.#open === 0 && this.#left <= 0) void this.stop();
  }

  /** The process that reads this format; its repos are those of the group that could be found. */
  git(format: ObjectFormat): Promise<CatFile> {
    let process = this.#processes.get(format);
    if (process === undefined) {
      process = this.#startFor(format);
      this.#processes.set(format, process);
      this.#watcher.started(this);
    }
    return process;
  }

  /** Forgets a process that ended, so that the next question starts another. */
  forget(format: ObjectFormat, git: Promise<CatFile>): void {
    if (this.#processes.get(format) === git) this.#processes.delete(format);
  }

  async stop(): Promise<void> {
    const processes = [...this.#processes.values()];
    this.#processes.clear();
    this.#watcher.stopped(this);
    await Promise.all(processes.map(process => process.then(git => git.close())));
  }

  async #startFor(format: ObjectFormat): Promise<CatFile> {
    this.#members ??= findMembers(this.#paths);
    return this.#start(format, (await this.#members).get(format) ?? []);
  }
}

const groupSize = 32;
/** One environment variable holds at most 128 KiB on Linux; quoting can double a path. */
const groupCharacters = 24_000;

export function* groupPaths(paths: Iterable<string>): Generator<string[]> {
  let group: string[] = [];
  let characters = 0;
  for (const path of paths) {
    if (group.length === groupSize || (group.length > 0 && characters + path.length > groupCharacters)) {
      yield group;
      group = [];
      characters = 0;
    }
    group.push(path);
    characters += path.length;
  }
  if (group.length > 0) yield group;
}

async function findMembers(paths: readonly string[]): Promise<Map<ObjectFormat, string[]>> {
  const members = new Map<ObjectFormat, string[]>([
    ['sha1', []],
    ['sha256', []],
  ]);
  const found = await Promise.all(
    [...new Set(paths)].map(async path => {
      try {
        const location = await locateRepo(path);
        return {format: (await readHead(location)).objectFormat, directory: location.objectsDirectory};
      } catch {
        // Its own job says what is wrong with it; its neighbours do without.
        return undefined;
      }
    }),
  );
  for (const member of found) {
    if (member !== undefined) members.get(member.format)!.push(member.directory);
  }
  return members;
}
