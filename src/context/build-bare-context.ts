import type {RepoContext} from '../domain/context.ts';
import type {BuildContextOptions, BuiltContext} from './build-context.ts';
import {digestContext} from './context-digest.ts';
import {readView, withoutDeliveries} from './repo-view.ts';

/** For a mode that shows nothing to a model: the tree and its digest, and no text of any file. */
export async function buildBareContext({
  reader,
  repo,
  normalise,
}: Pick<BuildContextOptions, 'reader' | 'repo' | 'normalise'>): Promise<BuiltContext> {
  const {commit, branch} = reader.head;
  const view = await readView(reader, commit, 1);
  const before = normalise === undefined ? view : await withoutDeliveries(reader, view, 1, normalise);
  const context: RepoContext = {
    version: 1,
    repo: repo.name,
    ...(repo.description === undefined ? {} : {description: repo.description}),
    commit,
    ...(branch === undefined ? {} : {branch}),
    outline: '',
    fileCount: view.entries.length,
    history: [],
    files: [],
    leftOut: [],
    tokens: 0,
  };
  return {context, entries: view.entries, digests: digestContext(context, before.entries)};
}
