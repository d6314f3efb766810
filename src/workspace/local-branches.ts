import {lstatSync, statSync} from 'node:fs';
import {join} from 'node:path';
import {JobFailure} from '../domain/outcome.ts';
import {assertNotCheckedOut, readBranch} from './branch-state.ts';
import type {NewObject} from './build-tree.ts';
import {judgeOwner, judgeTip, type Owner, type Tip, type WantedTip} from './judge-tip.ts';
import {moveBranch} from './move-branch.ts';
import type {RepoReader} from './object-reader.ts';
import {sealedKey} from './seal-commit.ts';
import {writeObjects} from './write-objects.ts';

/** The branches of a repo on this machine, read and written as files. */
export class LocalBranches {
  readonly #reader: RepoReader;

  constructor(reader: RepoReader) {
    this.#reader = reader;
  }

  async judge(branch: string, wanted: WantedTip): Promise<Tip> {
    const commit = this.#tip(branch);
    const tip: Tip = commit === undefined ? {kind: 'absent'} : await judgeTip(this.#reader, commit, wanted);
    if (tip.kind !== 'other' && tip.kind !== 'same' && tip.commit !== wanted.commit)
      assertNotCheckedOut(this.#reader.location, branch);
    return tip;
  }

  /** What `judge` can say before there is a commit. */
  async owner(branch: string, key: string): Promise<Owner> {
    const commit = this.#tip(branch);
    return commit === undefined ? 'absent' : await judgeOwner(this.#reader, commit, key);
  }

  #tip(branch: string): string | undefined {
    const {location} = this.#reader;
    if (statSync(join(location.commonDirectory, 'reftable'), {throwIfNoEntry: false}) !== undefined)
      throw new JobFailure('branch-unsupported', 'The repository keeps its branches in the reftable format.');
    // Whoever can write there could have us write anywhere.
    if (lstatSync(location.objectsDirectory).isSymbolicLink())
      throw new JobFailure('branch-unsupported', 'The object store of the repository is a link.');
    return readBranch(location, branch);
  }

  async move(
    branch: string,
    expected: string | undefined,
    commit: string,
    objects: readonly NewObject[],
  ): Promise<void> {
    const {location} = this.#reader;
    await writeObjects(location.objectsDirectory, objects);
    const isOurs = async (id: string): Promise<boolean> => {
      const raw = await this.#reader.rawCommit(id);
      return raw !== undefined && sealedKey(raw) !== undefined;
    };
    await moveBranch(location, {branch, expected, commit, isOurs});
  }
}
