import {mkdir} from 'node:fs/promises';
import {CatFile} from './cat-file.ts';
import {ensureGitDirectory, type ObjectFormat} from './git-directory.ts';
import {locateRepo, type RepoLocation} from './locate-repo.ts';
import {RepoReader} from './object-reader.ts';
import {type HeadPosition, readHead} from './read-head.ts';
import {groupPaths, RepoGroup, type StartGit} from './repo-group.ts';
import {RepoSource} from './repo-source.ts';

export interface ObjectStoreOptions {
  /** Where our own git dirs are, made when missing; `<state>/git`. */
  readonly directory: string;
  /** Default `git`, found through PATH. */
  readonly gitPath?: string;
  /** How long git may say nothing when asked, default 20 s. */
  readonly silenceMs?: number;
}

/** Opens repos for reading. A few git processes serve any number of them. */
export interface ObjectStore extends AsyncDisposable {
  /** Says which repos will be opened, in which order, so that neighbours share a process. A path may come several times. */
  plan(paths: Iterable<string>): void;
  /** Throws `JobFailure` when there is no repo, no commit or no right to read. Release the reader when done. */
  open(path: string): Promise<RepoReader>;
  /** The same for a repo that was found and looked at already, by whichever thread. Nothing is looked at again. */
  openFound(repo: FoundRepo): RepoReader;
  close(): Promise<void>;
}

/** Where a repo is, and where its HEAD was. */
export interface FoundRepo extends HeadPosition {
  readonly location: RepoLocation;
}

export async function openObjectStore(options: ObjectStoreOptions): Promise<ObjectStore> {
  await mkdir(options.directory, {recursive: true, mode: 0o700});
  return new GroupedObjectStore(options);
}

/** git processes kept although no repo of theirs is open at the moment. */
const idleGroups = 4;

class GroupedObjectStore implements ObjectStore {
  readonly #options: ObjectStoreOptions;
  readonly #planned = new Map<string, RepoGroup[]>();
  /** Groups whose git runs, in the order they were last used. */
  readonly #running = new Set<RepoGroup>();
  readonly #directories = new Map<ObjectFormat, Promise<string>>();
  #closed = false;

  constructor(options: ObjectStoreOptions) {
    this.#options = options;
  }

  plan(paths: Iterable<string>): void {
    for (const members of groupPaths(paths)) {
      const group = this.#group(members);
      for (const path of members) {
        const groups = this.#planned.get(path);
        if (groups === undefined) this.#planned.set(path, [group]);
        else groups.push(group);
      }
    }
  }

  async open(path: string): Promise<RepoReader> {
    if (this.#closed) throw new Error('the object store was closed');
    const group = this.#take(path);
    group.enter();
    try {
      return this.#read(group, await this.#look(group, path));
    } catch (error) {
      group.leave();
      throw error;
    }
  }

  openFound(repo: FoundRepo): RepoReader {
    const group = this.#group([repo.location.path]);
    group.enter();
    return this.#read(group, repo);
  }

  #read(group: RepoGroup, {location, objectFormat, ...head}: FoundRepo): RepoReader {
    const source = new RepoSource(group, location.objectsDirectory, objectFormat, this.#start);
    return new RepoReader(location, head, objectFormat, source);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#planned.clear();
    await Promise.all([...this.#running].map(group => group.stop()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** HEAD is read anew each time; where the repo is only when that fails. */
  async #look(group: RepoGroup, path: string): Promise<FoundRepo> {
    const known = await group.locate(path);
    if (known !== undefined) {
      try {
        return {location: known, ...(await readHead(known, this.#gitPath()))};
      } catch {
        // The repo may have moved since its group was located; then that is what is wrong.
      }
    }
    const location = await locateRepo(path);
    return {location, ...(await readHead(location, this.#gitPath()))};
  }

  #take(path: string): RepoGroup {
    const groups = this.#planned.get(path);
    const group = groups?.shift();
    if (groups?.length === 0) this.#planned.delete(path);
    return group ?? this.#group([path]);
  }

  #group(paths: readonly string[]): RepoGroup {
    return new RepoGroup(paths, this.#start, {
      started: group => {
        this.#running.delete(group);
        this.#running.add(group);
        this.#stopIdle();
      },
      stopped: group => this.#running.delete(group),
    });
  }

  #stopIdle(): void {
    const idle = [...this.#running].filter(group => group.isIdle);
    for (const group of idle.slice(0, Math.max(0, idle.length - idleGroups))) void group.stop();
  }

  readonly #start: StartGit = async (objectFormat, objectDirectories) => {
    let directory = this.#directories.get(objectFormat);
    if (directory === undefined) {
      directory = ensureGitDirectory(this.#options.directory, objectFormat);
      this.#directories.set(objectFormat, directory);
    }
    return new CatFile({
      gitPath: this.#options.gitPath ?? 'git',
      gitDirectory: await directory,
      objectFormat,
      objectDirectories,
      silenceMs: this.#options.silenceMs ?? 20_000,
    });
  };

  #gitPath(): {gitPath?: string} {
    return this.#options.gitPath === undefined ? {} : {gitPath: this.#options.gitPath};
  }
}
