import {buildBareContext} from '../../context/build-bare-context.ts';
import {buildContext} from '../../context/build-context.ts';
import {renderContext} from '../../context/render-context.ts';
import type {ObjectReader} from '../../domain/git.ts';
import type {Job} from '../../domain/job.ts';
import type {Skill} from '../../domain/skill.ts';
import type {DeliveryRecord} from '../../ledger/ledger.ts';
import {createNormaliser} from '../../run/inputs.ts';
import type {BuiltContext} from '../../run/job-tools.ts';
import type {RepoReader} from '../../workspace/object-reader.ts';
import type {FoundRepo} from '../../workspace/object-store.ts';
import {listTree, type PackedTree} from './packed-tree.ts';

/** All that a context is made of beside the objects of its repo: plain data, so that another thread can be asked. */
export interface ContextRequest {
  readonly found: FoundRepo;
  readonly repo: {readonly name: string; readonly description?: string};
  readonly globs: readonly string[];
  readonly maxTokens: number;
  /** Without any text of files: for a mode that shows nothing to a model. */
  readonly bare: boolean;
  /** With the text of it that a mode asks with as it is. */
  readonly rendered: boolean;
  readonly deliveries: readonly DeliveryRecord[];
}

export interface PackedContext extends Pick<BuiltContext, 'context' | 'digests' | 'rendered'> {
  readonly tree: PackedTree;
}

export function contextRequest(
  {location, head, objectFormat}: Pick<RepoReader, 'location' | 'head' | 'objectFormat'>,
  job: Job,
  {contextGlobs}: Pick<Skill, 'contextGlobs'>,
  deliveries: readonly DeliveryRecord[],
): ContextRequest {
  return {
    found: {location, objectFormat, ...head},
    repo: {name: job.repo, ...(job.description === undefined ? {} : {description: job.description})},
    globs: contextGlobs,
    maxTokens: job.contextTokens,
    bare: job.mode === 'script',
    rendered: job.mode === 'simple',
    deliveries,
  };
}

export async function buildRepoContext(reader: ObjectReader, request: ContextRequest): Promise<PackedContext> {
  const build = request.bare ? buildBareContext : buildContext;
  const {context, entries, digests} = await build({
    reader,
    repo: request.repo,
    skill: {contextGlobs: request.globs},
    maxTokens: request.maxTokens,
    normalise: createNormaliser(request.deliveries),
  });
  const tree = listTree(entries);
  return {context, digests, tree, ...(request.rendered ? {rendered: renderContext(context)} : {})};
}
