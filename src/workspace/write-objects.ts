import {randomBytes} from 'node:crypto';
import {closeSync, constants, linkSync, lstatSync, mkdirSync, openSync, unlinkSync, writeFileSync} from 'node:fs';
import {promisify} from 'node:util';
import {deflate} from 'node:zlib';
import {
  type Directory,
  type DirectoryAccess,
  detectDirectoryAccess,
  flush,
  giveToOwnerOf,
  openChild,
  openRoot,
} from '../util/directory.ts';
import {ignoreCode} from '../util/ignore-code.ts';
import type {NewObject} from './build-tree.ts';

/**
 * Adds loose objects to an object store as git does: whole and on the disk under their name, or not at all. No git runs there. What is
 * made belongs to the owner of the store. Throws the system's error.
 */
export async function writeObjects(objectsDirectory: string, objects: readonly NewObject[]): Promise<void> {
  const access = detectDirectoryAccess();
  const root = openRoot(objectsDirectory, access);
  try {
    // What refers to another object comes after it.
    for (const object of objects) await writeObject(root, object, access);
    await flush(root.descriptor);
  } finally {
    root.close();
  }
}

async function writeObject(root: Directory, {id, type, bytes}: NewObject, access: DirectoryAccess): Promise<void> {
  const folder = openFolder(root, id.slice(0, 2), access);
  const name = id.slice(2);
  try {
    if (lstatSync(folder.at(name), {throwIfNoEntry: false})?.isFile() === true) return;
    const packed = await promisify(deflate)(Buffer.concat([Buffer.from(`${type} ${bytes.length}\0`), bytes]));
    // git removes what it finds under such a name and is old.
    const temporary = `tmp_obj_${randomBytes(6).toString('hex')}`;
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
    const descriptor = openSync(folder.at(temporary), flags, 0o444);
    try {
      writeFileSync(descriptor, packed);
      giveToOwnerOf(root, descriptor);
      await flush(descriptor);
      // Never in place of what came there meanwhile: under one name there is only one content.
      ignoreCode('EEXIST', () => linkSync(folder.at(temporary), folder.at(name)));
    } finally {
      closeSync(descriptor);
      unlinkSync(folder.at(temporary));
    }
    await flush(folder.descriptor);
  } finally {
    folder.close();
  }
}

function openFolder(root: Directory, name: string, access: DirectoryAccess): Directory {
  try {
    return openChild(root, name, access);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  ignoreCode('EEXIST', () => mkdirSync(root.at(name), {mode: Number(root.stat.mode) & 0o7777}));
  const folder = openChild(root, name, access);
  giveToOwnerOf(root, folder.descriptor);
  return folder;
}
