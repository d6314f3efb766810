import {isUtf8} from 'node:buffer';
import type {BigIntStats} from 'node:fs';
import type {FileEdit, LeftOutPath} from '../domain/change.ts';
import type {ObjectReader, TreeEntry} from '../domain/git.ts';
import {JobFailure} from '../domain/outcome.ts';
import {gitBlobId} from '../util/git-blob-id.ts';
import {quoteText} from '../util/quote-text.ts';
import {takeRests} from '../util/take-rests.ts';
import {type FileStamp, stampOf} from './checkout-stamps.ts';
import {type IgnoreOptions, type IgnoreRules, openIgnoreRules} from './ignored-paths.ts';
import {type NewPath, takeNewPaths} from './new-paths.ts';
import {UntrustedFolder} from './untrusted-folder.ts';

export interface CheckoutState {
  readonly directory: string;
  readonly base: readonly TreeEntry[];
  readonly stamps: ReadonlyMap<string, FileStamp>;
  readonly reader: Pick<ObjectReader, 'blobs' | 'objectFormat'>;
  readonly ignore: IgnoreOptions;
}

const maxEntries = 500_000;
const maxEdits = 20_000;
const maxFileBytes = 32 * 1024 * 1024;
const maxTotalBytes = 256 * 1024 * 1024;

/**
 * Compares a checkout with the tree it was made from. Throws `change-too-large` when the difference is beyond what can be handled, and the
 * reason of the signal when that aborts.
 */
export async function findEdits(
  state: CheckoutState,
  signal?: AbortSignal,
): Promise<{readonly edits: FileEdit[]; readonly leftOut: LeftOutPath[]}> {
  const search = new EditSearch(state, takeRests(signal));
  try {
    await search.walk();
    return search.finish();
  } finally {
    search.close();
  }
}

class EditSearch {
  readonly #state: CheckoutState;
  readonly #rest: () => Promise<void> | undefined;
  readonly #folder: UntrustedFolder;
  readonly #base: ReadonlyMap<string, TreeEntry>;
  /** Folders of the base tree, each ending in `/`. */
  readonly #baseFolders = new Set<string>();
  readonly #seen = new Set<string>();
  readonly #edits: FileEdit[] = [];
  readonly #leftOut: LeftOutPath[] = [];
  #rules: Promise<IgnoreRules> | undefined;
  #entries = 0;
  #bytes = 0;

  constructor(state: CheckoutState, rest: () => Promise<void> | undefined) {
    this.#state = state;
    this.#rest = rest;
    this.#folder = new UntrustedFolder(state.directory);
    this.#base = new Map(state.base.map(entry => [entry.path, entry]));
    for (const {path} of state.base) {
      for (let end = path.lastIndexOf('/'); end !== -1; end = path.lastIndexOf('/', end - 1)) {
        const folder = path.slice(0, end + 1);
        if (this.#baseFolders.has(folder)) break;
        this.#baseFolders.add(folder);
      }
    }
  }

  /** Folders that the repo has first, then what is new in them. */
  async walk(): Promise<void> {
    const folders = [''];
    const first: NewPath<LeftOutPath['why']>[] = [];
    for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
      for (const found of await this.#look(folder)) {
        if (this.#baseFolders.has(found.path)) folders.push(found.path);
        else first.push(found);
      }
    }
    await takeNewPaths({
      first,
      look: folder => this.#look(folder),
      rules: () => {
        this.#rules ??= openIgnoreRules(this.#state.reader, this.#state.base, this.#state.ignore);
        return this.#rules;
      },
      take: (path, stat) => this.#add({path, after: this.#read(path, stat)}),
      leaveOut: (path, why) => this.#leftOut.push({path, why}),
      rest: this.#rest,
    });
  }

  finish(): {edits: FileEdit[]; leftOut: LeftOutPath[]} {
    for (const {path, kind, id, readable} of this.#state.base) {
      if (this.#seen.has(path)) continue;
      if (readable) this.#add({path, before: {kind, id}});
      else this.#leftOut.push({path, why: 'name'});
    }
    const byPath = (a: {path: string}, b: {path: string}): number => (a.path < b.path ? -1 : 1);
    return {edits: this.#edits.sort(byPath), leftOut: this.#leftOut.sort(byPath)};
  }

  close(): void {
    this.#folder.close();
  }

  /** Compares what the repo has in a folder; gives what is new, and the folders. */
  async #look(folder: string): Promise<NewPath<LeftOutPath['why']>[]> {
    const found: NewPath<LeftOutPath['why']>[] = [];
    for (const {name, stat} of await this.#folder.list(folder.slice(0, -1), this.#rest)) {
      await this.#rest();
      this.#entries++;
      if (this.#entries > maxEntries) throw tooLarge(`it holds more than ${maxEntries} files`);
      const item = await this.#visit(folder, name, stat);
      if (item !== undefined) found.push(item);
    }
    return found;
  }

  async #visit(folder: string, name: Buffer, stat: BigIntStats): Promise<NewPath<LeftOutPath['why']> | undefined> {
    const path = folder + name.toString('utf8');
    const before = this.#base.get(path);
    if (!isUtf8(name) || Buffer.byteLength(path) > 4096) {
      // The name cannot be written back, so it is part of no change; what the repo has there counts as still there.
      if (before === undefined || before.readable) return {path, why: 'name'};
      this.#seen.add(path);
      return undefined;
    }
    const shown = stat.isDirectory() ? `${path}/` : path;
    if (name.toString('latin1').toLowerCase() === '.git') return {path: shown, why: 'git'};
    if (stat.isDirectory()) {
      if (before?.kind !== 'submodule') return {path: shown, stat};
      this.#seen.add(path);
      return (await this.#folder.isEmpty(path)) ? undefined : {path: shown, why: 'submodule'};
    }
    if (!stat.isFile() && !stat.isSymbolicLink()) return {path, why: 'special'};
    if (before === undefined) return {path, stat};
    this.#seen.add(path);
    if (this.#state.stamps.get(path) !== stampOf(stat)) this.#compare(path, before, stat);
    return undefined;
  }

  #compare(path: string, before: TreeEntry, stat: BigIntStats): void {
    const after = this.#read(path, stat);
    const isSame = after.kind === before.kind && gitBlobId(this.#state.reader.objectFormat, after.bytes) === before.id;
    if (!isSame) this.#add({path, before: {kind: before.kind, id: before.id}, after});
  }

  #read(path: string, stat: BigIntStats): NonNullable<FileEdit['after']> {
    const bytes = this.#folder.read(path, maxFileBytes);
    if (bytes === undefined) throw tooLarge(`${quoteText(path)} has ${stat.size} bytes`);
    const kind = stat.isSymbolicLink() ? 'symlink' : (stat.mode & 0o100n) === 0n ? 'file' : 'executable';
    return {kind, bytes};
  }

  #add(edit: FileEdit): void {
    this.#bytes += edit.after?.bytes.length ?? 0;
    this.#edits.push(edit);
    if (this.#bytes > maxTotalBytes) throw tooLarge(`more than ${maxTotalBytes} bytes differ from the planned commit`);
    if (this.#edits.length > maxEdits) throw tooLarge(`more than ${maxEdits} files differ from the planned commit`);
  }
}

function tooLarge(what: string): JobFailure {
  return new JobFailure('change-too-large', `The workspace cannot be made into a change: ${what}.`);
}
