import type {FileEdit} from '../domain/change.ts';
import type {TreeChange} from '../domain/git.ts';
import type {RepoReader} from './object-reader.ts';
import {idOfAfter} from './parse-object.ts';
import {sealedKey} from './seal-commit.ts';

/** What the newest commit of a branch is to the commit that wants its place. */
export type Tip =
  | {readonly kind: 'absent'; readonly commit?: undefined}
  /** Made by us for the same key and untouched since, so that it may be replaced. */
  | {readonly kind: 'ours'; readonly commit: string}
  /** The same, and it changes the same files from the same content to the same content. */
  | {readonly kind: 'same'; readonly commit: string}
  /** Made by us for another key. */
  | {readonly kind: 'other'; readonly commit: string}
  /** Anything else: somebody's work. */
  | {readonly kind: 'person'; readonly commit: string};

/** Whose a branch is, as far as that can be told without the commit that wants its place. */
export type Owner = Exclude<Tip['kind'], 'same'>;

export async function judgeOwner(
  reader: Pick<RepoReader, 'rawCommit'>,
  commit: string,
  wanted: string,
): Promise<Exclude<Owner, 'absent'>> {
  const raw = await reader.rawCommit(commit);
  const key = raw === undefined ? undefined : sealedKey(raw);
  if (key === undefined) return 'person';
  return key === wanted ? 'ours' : 'other';
}

export interface WantedTip {
  readonly key: string;
  readonly commit: string;
  readonly edits: readonly FileEdit[];
}

export async function judgeTip(
  reader: Pick<RepoReader, 'rawCommit' | 'history' | 'changes' | 'objectFormat'>,
  commit: string,
  wanted: WantedTip,
): Promise<Tip> {
  const owner = await judgeOwner(reader, commit, wanted.key);
  if (owner !== 'ours') return {kind: owner, commit};
  if (commit === wanted.commit) return {kind: 'ours', commit};
  const [tip, parent] = await reader.history(commit, 2);
  if (parent === undefined) return {kind: 'ours', commit};
  const changes = await reader.changes(parent.tree, tip!.tree, wanted.edits.length);
  return {kind: isSame(changes, wanted.edits, reader.objectFormat) ? 'same' : 'ours', commit};
}

function isSame(changes: readonly TreeChange[], edits: readonly FileEdit[], format: 'sha1' | 'sha256'): boolean {
  const describe = (path: string, before: TreeChange['before'], after: TreeChange['after']): string =>
    JSON.stringify([path, before?.kind, before?.id, after?.kind, after?.id]);
  const found = new Set(changes.map(({path, before, after}) => describe(path, before, after)));
  return (
    found.size === edits.length &&
    edits.every(({path, before, after}) =>
      found.has(
        describe(path, before, after === undefined ? undefined : {kind: after.kind, id: idOfAfter(format, after)}),
      ),
    )
  );
}
