import {createHash} from 'node:crypto';
import {link, lstat, rename, unlink} from 'node:fs/promises';
import {JobFailure} from '../domain/outcome.ts';
import {type Directory, sameFile} from '../util/directory.ts';
import {quoteText} from '../util/quote-text.ts';
import {assertUntouched, type CurrentFile} from './current-file.ts';
import type {StagedFile} from './staged-file.ts';
import {writeFailure} from './write-failure.ts';

/** A file that is to go. It is taken aside first, so that only what was judged is removed. */
export function stageRemoval(path: string, folder: Directory, current: CurrentFile): StagedFile {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const aside = `.orchestrator-${createHash('sha256').update(`gone ${path}`).digest('hex').slice(0, 16)}.tmp`;
  const assertReady = async (): Promise<void> => {
    try {
      if (!(await folder.isSame()))
        throw new JobFailure('path-not-a-file', `The folder of ${quoteText(path)} was moved away.`);
      await assertUntouched(folder, name, path, current);
    } catch (error) {
      throw writeFailure(error, path);
    }
  };
  return {
    path,
    folder,
    assertReady,
    land: async () => {
      await assertReady();
      try {
        await rename(folder.at(name), folder.at(aside));
        const taken = await lstat(folder.at(aside), {bigint: true});
        if (!sameFile(taken, current.stat) || taken.mtimeNs !== current.stat.mtimeNs) {
          // Not over what came there since.
          await link(folder.at(aside), folder.at(name));
          await unlink(folder.at(aside));
          throw new JobFailure(
            'uncommitted-changes',
            `${quoteText(path)} was changed by someone else during the delivery; it was left alone.`,
          );
        }
        await unlink(folder.at(aside));
      } catch (error) {
        throw writeFailure(error, path);
      }
    },
    discard: async () => {},
  };
}
