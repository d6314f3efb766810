import {randomBytes} from 'node:crypto';
import {mkdir, readdir, rename, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {readSmallFile} from '../util/read-small-file.ts';

export type ObjectFormat = 'sha1' | 'sha256';
export const objectFormats = ['sha1', 'sha256'] as const satisfies readonly ObjectFormat[];

/** Where `ensureGitDirectory` makes it. */
export function gitDirectoryOf(directory: string, format: ObjectFormat): string {
  return join(directory, `${format}.git`);
}

/**
 * An empty bare repository of our own under `directory`, the only git dir git is ever started in for reading. Made once;
 * two processes may do it at the same time.
 */
export async function ensureGitDirectory(directory: string, format: ObjectFormat): Promise<string> {
  const path = gitDirectoryOf(directory, format);
  if (isComplete(path, format)) return path;
  await removeLeftovers(directory, `${format}.git.`);
  const temporary = `${path}.${process.pid}.${randomBytes(6).toString('hex')}.tmp`;
  await mkdir(join(temporary, 'objects'), {recursive: true, mode: 0o700});
  await mkdir(join(temporary, 'refs'));
  await mkdir(join(temporary, 'info'));
  await writeFile(join(temporary, 'info/attributes'), attributes);
  await writeFile(join(temporary, 'HEAD'), 'ref: refs/heads/none\n');
  await writeFile(join(temporary, 'config'), configs[format]);
  try {
    await rename(temporary, path);
  } catch (error) {
    // Another process was first, or one of an older version: then only what is ours to say is replaced.
    await mkdir(join(path, 'info'), {recursive: true}).catch(() => Promise.reject(error));
    await rename(join(temporary, 'info/attributes'), join(path, 'info/attributes'));
    await rename(join(temporary, 'config'), join(path, 'config'));
    await rm(temporary, {recursive: true, force: true});
  }
  return path;
}

function isComplete(path: string, format: ObjectFormat): boolean {
  const holds = (name: string, text: string): boolean =>
    readSmallFile(join(path, name), 4096)?.toString('utf8') === text;
  return holds('config', configs[format]) && holds('info/attributes', attributes);
}

/** Of processes that were killed here; those that live are still at it. */
async function removeLeftovers(directory: string, start: string): Promise<void> {
  for (const name of await readdir(directory)) {
    const pid = /^(\d+)\.[0-9a-f]+\.tmp$/.exec(name.startsWith(start) ? name.slice(start.length) : '')?.[1];
    if (pid === undefined || processExists(Number(pid))) continue;
    await rm(join(directory, name), {recursive: true, force: true});
  }
}

function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

// Stronger than any .gitattributes of a repo: what is written to a disk are the bytes of its objects.
const attributes = '* -text -filter -ident !eol !working-tree-encoding\n';

// The commit graph is off because a repo could lie in its own.
const settings =
  '[core]\n\tbare = true\n\thooksPath = /dev/null\n\tcommitGraph = false\n\tfsmonitor = false\n[gc]\n\tauto = 0\n';

const configs: Readonly<Record<ObjectFormat, string>> = {
  sha1: `${settings}[core]\n\trepositoryformatversion = 0\n`,
  sha256: `${settings}[core]\n\trepositoryformatversion = 1\n[extensions]\n\tobjectformat = sha256\n`,
};
