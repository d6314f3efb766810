import {isUtf8} from 'node:buffer';
import type {BigIntStats} from 'node:fs';
import {setImmediate} from 'node:timers/promises';
import type {FileEdit, LeftOutPath} from '../domain/change.ts';
import type {ObjectReader, TreeEntry} from '../domain/git.ts';
import {JobFailure} from '../domain/outcome.ts';
import {gitBlobId} from '../util/git-blob-id.ts';
import {quoteText} from '../util/quote-text.ts';
import {type FileStamp, stampOf} from './checkout-stamps.ts';
import {type IgnoreOptions, type IgnoreRules, openIgnoreRules} from './ignored-paths.ts';
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

/** Compares a checkout with the tree it was made from. Throws `change-too-large` when the difference is beyond what can be handled. */
export async function findEdits(
  state: CheckoutState,
): Promise<{readonly edits: FileEdit[]; readonly leftOut: LeftOutPath[]}> {
  const search = new EditSearch(state);
  await search.walk();
  return search.finish();
}

class EditSearch {
  readonly #state: CheckoutState;
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

  constructor(state: CheckoutState) {
    this.#state = state;
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

  /** Folders that the repo has first; then, round by round, new ones that it does not ignore. */
  async walk(): Promise<void> {
    for (let folders = ['']; folders.length > 0; ) {
      const fresh = new Map<string, BigIntStats>();
      for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
        await setImmediate();
        for (const {name, stat} of this.#folder.list(folder.slice(0, -1))) {
          this.#entries++;
          if (this.#entries > maxEntries) throw tooLarge(`it holds more than ${maxEntries} files`);
          const next = this.#visit(folder, name, stat);
          if (next === undefined) continue;
          if (this.#baseFolders.has(next)) folders.push(next);
          else fresh.set(next, stat);
        }
      }
      this.#rules ??= openIgnoreRules(this.#state.reader, this.#state.base, this.#state.ignore);
      const ignored = await (await this.#rules).ignored([...fresh.keys()]);
      for (const [path, stat] of fresh) {
        if (ignored.has(path)) this.#leftOut.push({path, why: 'ignored'});
        else if (path.endsWith('/')) folders.push(path);
        else this.#add({path, after: this.#read(path, stat)});
      }
    }
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

  /** Compares what the repo has; gives the path of what is new, and of a folder to look into. */
  #visit(folder: string, name: Buffer, stat: BigIntStats): string | undefined {
    const path = folder + name.toString('utf8');
    if (!isUtf8(name) || Buffer.byteLength(path) > 4096) {
      this.#visitUnreadable(path);
      return undefined;
    }
    const shown = stat.isDirectory() ? `${path}/` : path;
    const before = this.#base.get(path);
    if (name.toString('latin1').toLowerCase() === '.git') {
      this.#leftOut.push({path: shown, why: 'git'});
    } else if (stat.isDirectory()) {
      if (before?.kind !== 'submodule') return shown;
      this.#seen.add(path);
      if (this.#folder.list(path).length > 0) this.#leftOut.push({path: shown, why: 'submodule'});
    } else if (!stat.isFile() && !stat.isSymbolicLink()) {
      this.#leftOut.push({path, why: 'special'});
    } else if (before === undefined) {
      return path;
    } else {
      this.#seen.add(path);
      if (this.#state.stamps.get(path) !== stampOf(stat)) this.#compare(path, before, stat);
    }
    return undefined;
  }

  /** The name cannot be written back, so it is part of no change; what the repo has there counts as still there. */
  #visitUnreadable(path: string): void {
    const before = this.#base.get(path);
    if (before !== undefined && !before.readable) this.#seen.add(path);
    else this.#leftOut.push({path, why: 'name'});
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
