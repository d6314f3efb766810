import {createHash, randomBytes} from 'node:crypto';
import {readdir, rename} from 'node:fs/promises';
import {hostname} from 'node:os';
import {basename, dirname, join} from 'node:path';
import {makeFolder} from '../util/make-folder.ts';
import {isAlive, ownProcess} from '../util/process-identity.ts';
import {runCommand} from '../util/run-command.ts';

const trash = 'trash.';

/** Says whose it is, so that what a dead process left can be told from what a living one uses. */
export function workspaceName(suffix: string): string {
  const {pid, start} = ownProcess();
  return ['w', hostDigest(), pid, start.replace(':', '_'), suffix].join('.');
}

/** To be awaited before each use of the folder of all workspaces: makes it where it is missing, and removes once what dead processes left there. */
export function openWorkspaces(directory: string): () => Promise<void> {
  let swept: Promise<void> | undefined;
  return async () => {
    makeFolder(directory, 0o700);
    swept ??= sweepWorkspaces(directory);
    await swept;
  };
}

/** Removes what dead processes of this host left behind. */
async function sweepWorkspaces(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    const isLeft = name.startsWith(trash) || ownerIsDead(name);
    // What cannot be removed is in nobody's way, and is tried again at the next start.
    if (isLeft) await discardFolder(join(directory, name)).catch(() => {});
  }
}

function ownerIsDead(name: string): boolean {
  const [kind, host, pid, start = ''] = name.split('.');
  if (kind !== 'w' || host !== hostDigest()) return false;
  return isAlive({host: hostname(), pid: Number(pid), start: start.replace('_', ':')}) === false;
}

function hostDigest(): string {
  return createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
}

/** Removes a folder with everything in it; under its name it is gone at once. */
export async function discardFolder(folder: string): Promise<void> {
  const doomed = basename(folder).startsWith(trash)
    ? folder
    : join(dirname(folder), trash + randomBytes(8).toString('hex'));
  if (doomed !== folder) {
    try {
      await rename(folder, doomed);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      throw error;
    }
  }
  // The program: what a command may leave is more than Node can name at once in little memory.
  const env = {PATH: process.env.PATH, LC_ALL: 'C'};
  const remove = (): ReturnType<typeof runCommand> => runCommand('rm', ['-rf', '--', doomed], {env});
  if ((await remove()).exitCode === 0) return;
  // Folders that forbid it.
  await runCommand('chmod', ['-R', 'u+rwX', '--', doomed], {env});
  const {exitCode, stderr} = await remove();
  if (exitCode !== 0) throw new Error(`${doomed} cannot be removed: ${stderr.slice(0, 500)}`);
}
