import {constants} from 'node:fs';
import {open, rename, unlink} from 'node:fs/promises';
import {join} from 'node:path';
import {makeFolder} from '../util/make-folder.ts';
import {slugOf} from '../util/slug-of.ts';
import type {Delivery} from './delivery.ts';
import {intendedFiles} from './intended-files.ts';
import {writeFailure} from './write-failure.ts';

export interface PatchDeliveryOptions {
  /** `<state>/runs` */
  readonly directory: string;
}

/** Keeps the change as a file that `git apply` takes, `<runs>/<run>/patches/<skill>-<repo>-<job id>.patch`. The repo is not touched. */
export function createPatchDelivery({directory}: PatchDeliveryOptions): Delivery {
  return {
    check: async () => {},
    async deliver({job, run, change, intend}) {
      const {intended, blobs} = intendedFiles(change);
      const folder = join(directory, run.id, 'patches');
      const path = join(folder, `${slugOf(job.skill)}-${slugOf(job.repo)}-${job.id}.patch`);
      await intend(intended);
      try {
        makeFolder(folder, 0o700);
        await writePrivately(folder, path, change.patch);
      } catch (error) {
        throw writeFailure(error, path);
      }
      return {kind: 'delivered', delivered: {kind: 'patch', path}, files: change.files, blobs};
    },
  };
}

/** Whole and on the disk, or not at all; for the operator's eyes only. */
async function writePrivately(folder: string, path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  await unlink(temporary).catch(() => {});
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const handle = await open(temporary, flags, 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, path);
  const opened = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await opened.sync();
  } finally {
    await opened.close();
  }
}
