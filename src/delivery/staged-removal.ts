import {linkSync, lstatSync, renameSync, unlinkSync} from 'node:fs';
import {type Directory, sameFile} from '../util/directory.ts';
import {assertUntouched, type CurrentFile, changedMeanwhile} from './current-file.ts';
import {assertInPlace, type StagedFile, temporaryName} from './staged-file.ts';
import {nameOf} from './work-tree.ts';
import {writeFailure} from './write-failure.ts';

/** A file that is to go. It is taken aside first, so that only what was judged is removed. */
export function stageRemoval(path: string, folder: Directory, current: CurrentFile): StagedFile {
  const name = nameOf(path);
  const aside = temporaryName(`gone ${path}`);
  const assertReady = (): void => {
    try {
      assertInPlace(path, folder);
      assertUntouched(folder, name, path, current);
    } catch (error) {
      throw writeFailure(error, path);
    }
  };
  return {
    path,
    folder,
    assertReady,
    land: () => {
      assertReady();
      try {
        renameSync(folder.at(name), folder.at(aside));
        const taken = lstatSync(folder.at(aside), {bigint: true});
        if (!sameFile(taken, current.stat) || taken.mtimeNs !== current.stat.mtimeNs) {
          // Not over what came there since.
          linkSync(folder.at(aside), folder.at(name));
          unlinkSync(folder.at(aside));
          throw changedMeanwhile(path);
        }
        unlinkSync(folder.at(aside));
      } catch (error) {
        throw writeFailure(error, path);
      }
    },
    discard: () => {},
  };
}
