import {readdirSync, statSync} from 'node:fs';
import {join} from 'node:path';
import {gitObjectId} from '../../util/git-blob-id.ts';
import {readSmallFile} from '../../util/read-small-file.ts';
import type {ObjectReply} from '../reply-parser.ts';
import {readLooseObject} from './loose-object.ts';
import {PackFile} from './pack-file.ts';
import {PackIndex} from './pack-index.ts';
import type {StoredObject} from './stored-object.ts';

/** Repos with more, or larger indexes, are not worth reading all of them for the few objects that are asked for. */
const maxPacks = 24;
const maxIndexBytes = 8 * 1024 * 1024;
/** Objects of which only the size was wanted, and whose content mostly is next. */
const keptBytes = 1024 * 1024;

/**
 * The objects of one store (SHA-1) as they lie in its files: a few microseconds each, where git has to be started and asked through a pipe.
 * It need not know everything. What it does not find, or finds to be otherwise than git writes it, is `undefined`, and git is to be
 * asked; every content that it gives has been compared with its id.
 */
export class DirectObjects {
  readonly #directory: string;
  #packs: readonly PackFile[] | undefined;
  readonly #kept = new Map<string, ObjectReply>();
  #keptBytes = 0;

  constructor(objectsDirectory: string) {
    this.#directory = objectsDirectory;
  }

  /** Type and size, and of small objects the content too. */
  info(id: string): ObjectReply | undefined {
    const reply = this.content(id, 64 * 1024);
    if (reply?.content !== undefined && this.#keptBytes + reply.size <= keptBytes) {
      this.#kept.set(id, reply);
      this.#keptBytes += reply.size;
    }
    return reply;
  }

  /** The content is left out when it has more than `maxBytes`. */
  content(id: string, maxBytes: number): ObjectReply | undefined {
    const kept = this.#kept.get(id);
    if (kept !== undefined) return kept;
    const stored = this.#find(id, maxBytes);
    if (stored === undefined) return undefined;
    const {type, size, content} = stored;
    if (content === undefined) return {id, type, size, forged: false};
    const isWhatItSays = gitObjectId('sha1', type, content) === id;
    return isWhatItSays ? {id, type, size, content, forged: false} : undefined;
  }

  close(): void {
    for (const pack of this.#packs ?? []) pack.close();
    this.#packs = undefined;
    this.#kept.clear();
    this.#keptBytes = 0;
  }

  #find(id: string, maxBytes: number): StoredObject | undefined {
    const bytes = Buffer.from(id, 'hex');
    this.#packs ??= openPacks(join(this.#directory, 'pack'));
    for (const pack of this.#packs) {
      const found = pack.read(bytes, maxBytes);
      if (found !== undefined) return found;
    }
    return readLooseObject(this.#directory, id, maxBytes);
  }
}

function openPacks(directory: string): PackFile[] {
  try {
    const names = readdirSync(directory).filter(name => name.endsWith('.idx'));
    if (names.length > maxPacks) return [];
    const sizes = names.map(name => statSync(join(directory, name)).size);
    if (sizes.reduce((sum, size) => sum + size, 0) > maxIndexBytes) return [];
    return names.flatMap(name => {
      const bytes = readSmallFile(join(directory, name), maxIndexBytes);
      const index = bytes === undefined ? undefined : PackIndex.parse(bytes);
      return index === undefined ? [] : new PackFile(join(directory, `${name.slice(0, -4)}.pack`), index);
    });
  } catch {
    // No folder of packs, or one that cannot be read: git says what is wrong with it.
    return [];
  }
}
