import {randomBytes} from 'node:crypto';
import {constants} from 'node:fs';
import {link, lstat, mkdir, open, unlink} from 'node:fs/promises';
import {promisify} from 'node:util';
import {deflate} from 'node:zlib';
import {type Directory, type DirectoryAccess, detectDirectoryAccess, openChild, openRoot} from '../util/directory.ts';
import {effectiveUserId} from '../util/effective-user.ts';
import type {NewObject} from './build-tree.ts';

/**
 * Adds loose objects to an object store as git does: whole and on the disk under their name, or not at all. No git runs there. What is
 * made belongs to the owner of the store. Throws the system's error.
 */
export async function writeObjects(objectsDirectory: string, objects: readonly NewObject[]): Promise<void> {
  const access = detectDirectoryAccess();
  const root = await openRoot(objectsDirectory, access);
  try {
    // What refers to another object comes after it.
    for (const object of objects) await writeObject(root, object, access);
    await root.handle.sync();
  } finally {
    await root.handle.close();
  }
}

async function writeObject(root: Directory, {id, type, bytes}: NewObject, access: DirectoryAccess): Promise<void> {
  const folder = await openFolder(root, id.slice(0, 2), access);
  const name = id.slice(2);
  try {
    if ((await lstat(folder.at(name)).catch(() => undefined))?.isFile() === true) return;
    const packed = await promisify(deflate)(Buffer.concat([Buffer.from(`${type} ${bytes.length}\0`), bytes]));
    // git removes what it finds under such a name and is old.
    const temporary = `tmp_obj_${randomBytes(6).toString('hex')}`;
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
    const handle = await open(folder.at(temporary), flags, 0o444);
    try {
      await handle.writeFile(packed);
      await giveToOwnerOf(root, handle);
      await handle.sync();
      // Never in place of what came there meanwhile: under one name there is only one content.
      await link(folder.at(temporary), folder.at(name)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
      });
    } finally {
      await handle.close();
      await unlink(folder.at(temporary));
    }
    await folder.handle.sync();
  } finally {
    await folder.handle.close();
  }
}

async function openFolder(root: Directory, name: string, access: DirectoryAccess): Promise<Directory> {
  try {
    return await openChild(root, name, access);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  await mkdir(root.at(name), {mode: Number(root.stat.mode) & 0o7777}).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  const folder = await openChild(root, name, access);
  await giveToOwnerOf(root, folder.handle);
  return folder;
}

/** What root makes in another user's repo has to be that user's, or git there cannot go on. */
export async function giveToOwnerOf(parent: Directory, handle: Directory['handle']): Promise<void> {
  const {uid, gid} = parent.stat;
  if (effectiveUserId() !== 0) return;
  const stat = await handle.stat({bigint: true});
  if (stat.uid !== uid || stat.gid !== gid) await handle.chown(Number(uid), Number(gid));
}
