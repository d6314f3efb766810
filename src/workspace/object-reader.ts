import type {CommitInfo, Head, ObjectReader, TreeChange, TreeEntry} from '../domain/git.ts';
import {JobFailure} from '../domain/outcome.ts';
import {compareTrees} from './compare-trees.ts';
import {flattenTree} from './flatten-tree.ts';
import type {ObjectFormat} from './git-directory.ts';
import type {RepoLocation} from './locate-repo.ts';
import {parseCommit, parseTree, type TreeItem} from './parse-object.ts';
import type {ObjectReply} from './reply-parser.ts';

/** Asks git on behalf of one repo. Rejects with a `JobFailure` when git cannot answer. */
export interface ObjectSource {
  info(names: readonly string[]): Promise<(ObjectReply | undefined)[]>;
  contents(names: readonly string[], maxBytes: number): Promise<(ObjectReply | undefined)[]>;
  release(): void;
}

const commitsAtOnce = 32;
const maxCommitBytes = 4 * 1024 * 1024;
const maxTreeBytes = 64 * 1024 * 1024;
const maxBlobBytes = 10 * 1024 * 1024;

/** Reads one repo's objects. Parsed trees are kept until it is released. */
export class RepoReader implements ObjectReader {
  readonly location: RepoLocation;
  readonly head: Head;
  readonly objectFormat: ObjectFormat;
  readonly #source: ObjectSource;
  readonly #trees = new Map<string, Promise<TreeItem[]>>();
  #released = false;

  constructor(location: RepoLocation, head: Head, objectFormat: ObjectFormat, source: ObjectSource) {
    this.location = location;
    this.head = head;
    this.objectFormat = objectFormat;
    this.#source = source;
  }

  /** The same repo as if HEAD stood at this commit, in place of this reader; undefined when the commit is not there. */
  async at(commit: string): Promise<RepoReader | undefined> {
    if (commit === this.head.commit) return this;
    if ((await this.rawCommit(commit)) === undefined) return undefined;
    return new RepoReader(this.location, {...this.head, commit}, this.objectFormat, this.#source);
  }

  async history(commit: string, limit: number): Promise<CommitInfo[]> {
    const commits: CommitInfo[] = [];
    let next: string | undefined = commit;
    while (next !== undefined && commits.length < limit) {
      next = await this.#historyFrom(next, Math.min(limit - commits.length, commitsAtOnce), commits);
    }
    if (commits.length === 0 && limit > 0)
      throw new JobFailure('repo-corrupt', 'The commit that HEAD names is missing');
    return commits;
  }

  tree(treeId: string, options: {maxEntries?: number} = {}): Promise<TreeEntry[]> {
    return flattenTree(treeId, options.maxEntries ?? 200_000, ids => this.#readTrees(ids));
  }

  changes(before: string | undefined, after: string, limit: number): Promise<TreeChange[]> {
    return compareTrees(before, after, limit, ids => this.#readTrees(ids));
  }

  async sizes(ids: readonly string[]): Promise<(number | undefined)[]> {
    this.#check();
    return (await this.#source.info(ids)).map(reply => reply?.size);
  }

  async blobs(ids: readonly string[]): Promise<(Buffer | undefined)[]> {
    this.#check();
    const replies = await this.#source.contents(ids, maxBlobBytes);
    return replies.map(reply => (reply === undefined || reply.type !== 'blob' ? undefined : verified(reply)));
  }

  /** Entries of one folder as they stand in its tree object. */
  async folder(treeId: string): Promise<readonly TreeItem[]> {
    return (await this.#readTrees([treeId])).get(treeId)!;
  }

  /** A commit object as it is stored; undefined when it is missing, or no commit. */
  async rawCommit(id: string): Promise<Buffer | undefined> {
    this.#check();
    const [reply] = await this.#source.contents([id], maxCommitBytes);
    return reply === undefined || reply.type !== 'commit' ? undefined : verified(reply);
  }

  /** Gives back what it holds; it answers nothing after that. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#trees.clear();
    this.#source.release();
  }

  [Symbol.dispose](): void {
    this.release();
  }

  /** Adds up to `count` commits from `start` on and gives the parent to go on with. One question to git, whatever the count. */
  async #historyFrom(start: string, count: number, commits: CommitInfo[]): Promise<string | undefined> {
    this.#check();
    // git walks the parents for us; that each reply is the parent of the one before is checked here.
    const names = Array.from({length: count}, (_, generation) => (generation === 0 ? start : `${start}~${generation}`));
    let expected: string | undefined = start;
    for (const reply of await this.#source.contents(names, maxCommitBytes)) {
      if (expected === undefined || reply === undefined || reply.id !== expected) return undefined;
      const content = verified(reply);
      if (content === undefined || reply.type !== 'commit')
        throw new JobFailure('repo-corrupt', 'A commit object is not a commit');
      const info = parseCommit(reply.id, content);
      commits.push(info);
      expected = info.parents[0];
    }
    return expected;
  }

  async #readTrees(ids: readonly string[]): Promise<Map<string, TreeItem[]>> {
    this.#check();
    const missing = [...new Set(ids)].filter(id => !this.#trees.has(id));
    if (missing.length > 0) {
      const replies = this.#source.contents(missing, maxTreeBytes);
      for (const [index, id] of missing.entries()) {
        const parsed = replies.then(all => this.#parseTree(all[index]));
        // Whoever awaits it sees the failure; the cached copy must not count as unhandled.
        parsed.catch(() => {});
        this.#trees.set(id, parsed);
      }
    }
    const found = new Map<string, TreeItem[]>();
    for (const id of ids) if (!found.has(id)) found.set(id, await this.#trees.get(id)!);
    return found;
  }

  #parseTree(reply: ObjectReply | undefined): TreeItem[] {
    if (reply === undefined) throw new JobFailure('repo-corrupt', 'A tree object is missing');
    const content = verified(reply);
    if (content === undefined) throw new JobFailure('tree-too-large', 'A folder has too many entries');
    if (reply.type !== 'tree') throw new JobFailure('repo-corrupt', 'A tree object is not a tree');
    return parseTree(content, this.objectFormat === 'sha1' ? 20 : 32);
  }

  #check(): void {
    if (this.#released) throw new Error('the reader was released');
  }
}

function verified(reply: ObjectReply): Buffer | undefined {
  if (reply.forged) throw new JobFailure('repo-corrupt', `The content of object ${reply.id} does not match its id`);
  return reply.content;
}
