import {randomBytes} from 'node:crypto';
import {mkdir, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {readSmallFile} from '../util/read-small-file.ts';
import type {NewObject} from './build-tree.ts';
import {ensureGitDirectory} from './git-directory.ts';
import {judgeOwner, judgeTip, type Owner, type Tip, type WantedTip} from './judge-tip.ts';
import type {RepoReader} from './object-reader.ts';
import {openObjectStore} from './object-store.ts';
import type {RemoteGit} from './remote-git.ts';
import type {RemoteUrl} from './remote-url.ts';
import {discardFolder, workspaceName} from './workspace-folders.ts';
import {writeObjects} from './write-objects.ts';

export interface RemoteBranchesOptions {
  /** `<state>/workspaces`; it exists. */
  readonly directory: string;
  readonly remoteGit: RemoteGit;
  readonly gitPath?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The branches of a remote. Works in git dirs of ours in a folder that `close` removes. */
export class RemoteBranches {
  readonly #reader: RepoReader;
  readonly #remote: RemoteUrl;
  readonly #options: RemoteBranchesOptions;
  #tips: ReadonlyMap<string, string> | undefined;
  #folder: string | undefined;

  constructor(reader: RepoReader, remote: RemoteUrl, options: RemoteBranchesOptions) {
    this.#reader = reader;
    this.#remote = remote;
    this.#options = options;
  }

  /** All `names` are asked for at once, at the first time. */
  async judge(names: readonly string[], branch: string, wanted: WantedTip): Promise<Tip> {
    const commit = await this.#tip(names, branch);
    if (commit === undefined) return {kind: 'absent'};
    if (commit === wanted.commit) return {kind: 'ours', commit};
    return await this.#look(branch, commit, reader => judgeTip(reader, commit, wanted));
  }

  /** What `judge` can say before there is a commit. */
  async owner(names: readonly string[], branch: string, key: string): Promise<Owner> {
    const commit = await this.#tip(names, branch);
    if (commit === undefined) return 'absent';
    return await this.#look(branch, commit, reader => judgeOwner(reader, commit, key));
  }

  async #tip(names: readonly string[], branch: string): Promise<string | undefined> {
    const refs = names.map(name => `refs/heads/${name}`);
    this.#tips ??= (await this.#options.remoteGit.list(this.#remote, refs, this.#options.signal)).refs;
    return this.#tips.get(`refs/heads/${branch}`);
  }

  async move(
    branch: string,
    expected: string | undefined,
    commit: string,
    objects: readonly NewObject[],
  ): Promise<void> {
    const gitDirectory = await this.#openGitDirectory('push');
    await writeObjects(join(gitDirectory, 'objects'), objects);
    const {location} = this.#reader;
    const shallow = readSmallFile(join(location.commonDirectory, 'shallow'), 4 * 1024 * 1024)?.toString('latin1');
    // Where the history of the repo ends, git must not look for more of it.
    if (shallow !== undefined && /^(?:[0-9a-f]+\n)*$/.test(shallow))
      await writeFile(join(gitDirectory, 'shallow'), shallow);
    const from = {gitDirectory, objectDirectories: [location.objectsDirectory]};
    await this.#options.remoteGit.push(this.#remote, from, {branch, expected, commit}, this.#options.signal);
  }

  async close(): Promise<void> {
    const folder = this.#folder;
    this.#folder = undefined;
    if (folder !== undefined) await discardFolder(folder);
  }

  async #look<Value>(branch: string, commit: string, judge: (reader: RepoReader) => Promise<Value>): Promise<Value> {
    // Where it was pushed from here, its objects are here.
    if ((await this.#reader.rawCommit(commit)) !== undefined) return await judge(this.#reader);
    const ref = `refs/heads/${branch}`;
    const {remoteGit, gitPath, signal} = this.#options;
    const gitDirectory = await this.#openGitDirectory('tip');
    // `none` is where HEAD of our git dirs leads.
    await remoteGit.fetch(this.#remote, gitDirectory, [`+${ref}:refs/heads/none`], {depth: 2, blobs: false}, signal);
    const directory = join(this.#folder!, 'git');
    const store = await openObjectStore({directory, ...(gitPath === undefined ? {} : {gitPath})});
    try {
      const fetched = await store.open(gitDirectory);
      // It may have moved since it was listed; then the push will not find what it expects.
      return await judge(fetched).finally(() => fetched.release());
    } finally {
      await store.close();
    }
  }

  async #openGitDirectory(name: string): Promise<string> {
    if (this.#folder === undefined) {
      this.#folder = join(this.#options.directory, workspaceName(randomBytes(6).toString('hex')));
      await mkdir(this.#folder, {mode: 0o700});
    }
    const directory = join(this.#folder, name);
    await mkdir(directory, {recursive: true});
    return await ensureGitDirectory(directory, this.#reader.objectFormat);
  }
}
