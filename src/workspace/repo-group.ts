import type {CatFile} from './cat-file.ts';
import type {ObjectFormat} from './git-directory.ts';
import {locateRepo, type RepoLocation} from './locate-repo.ts';

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
  readonly #locations = new Map<string, Promise<RepoLocation | undefined>>();
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

  /** Where a member is; undefined when it cannot be found. Looked up once for the whole group. */
  locate(path: string): Promise<RepoLocation | undefined> {
    let location = this.#locations.get(path);
    if (location === undefined) {
      // Its own job says what is wrong with it; its neighbours do without.
      location = locateRepo(path).catch(() => undefined);
      this.#locations.set(path, location);
    }
    return location;
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
    // Repos of another format do no harm: git passes over packs that are not of its own.
    const locations = await Promise.all(this.#paths.map(path => this.locate(path)));
    return this.#start(format, [...new Set(locations.flatMap(location => location?.objectsDirectory ?? []))]);
  }
}

/** More make starting git cheaper a repo, and finding a loose object dearer: git looks into one repo after the other. */
const groupSize = 16;
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
