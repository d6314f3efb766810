import type {FileEdit} from '../domain/change.ts';
import {JobFailure} from '../domain/outcome.ts';
import type {ProposedFile} from '../domain/proposed-file.ts';
import {type DirectoryAccess, detectDirectoryAccess} from '../util/directory.ts';
import {effectiveUserId} from '../util/effective-user.ts';
import {pathProblem} from '../util/path-problem.ts';
import {quoteText} from '../util/quote-text.ts';
import {type CurrentFile, readCurrentFile} from './current-file.ts';
import type {Delivery, DeliveryPlace, DeliveryRequest, DeliveryResult, IntendedFile} from './delivery.ts';
import {assertOurs, judgeFile} from './judge-file.ts';
import {type StagedFile, stageFile} from './staged-file.ts';
import {WorkTree} from './work-tree.ts';
import {writeFailure} from './write-failure.ts';

export interface FilesDeliveryOptions {
  /** How folders are held on to; default: the safest this system has. */
  readonly access?: DirectoryAccess;
}

/** All that this delivery needs to know of a job. */
export type FilesRequest = Omit<DeliveryRequest, 'job' | 'run' | 'change' | 'spent' | 'verified' | 'reader'> &
  DeliveryPlace;

export interface FilesDelivery extends Delivery {
  check(request: DeliveryPlace & {readonly paths: readonly string[]}): Promise<void>;
  deliver(request: FilesRequest): Promise<DeliveryResult>;
}

/** Writes into the user's checkout: the files themselves and nothing else, never the index, HEAD or stash. All checks come before the first effect. */
export function createFilesDelivery(options: FilesDeliveryOptions = {}): FilesDelivery {
  const access = options.access ?? detectDirectoryAccess();
  const userId = effectiveUserId();
  const openTree = async ({workTree}: DeliveryPlace): Promise<WorkTree> => {
    if (workTree === undefined)
      throw new JobFailure('no-work-tree', 'The repository is bare: it has no files to deliver into.');
    return await WorkTree.open(workTree, access, userId);
  };
  return {
    check: async request => {
      const paths = request.paths.filter(path => !path.endsWith('/'));
      assertPaths(paths);
      const tree = await openTree(request);
      try {
        for (const path of paths) {
          const folder = await tree.findFolder(path);
          assertNoSubmodule(path, request);
          const current = folder === undefined ? undefined : await readCurrentFile(folder, nameOf(path), path);
          assertOurs(path, current?.bytes, request);
        }
      } finally {
        await tree.close();
      }
    },
    deliver: async request => {
      assertPaths(request.edits.map(({path}) => path));
      const tree = await openTree(request);
      try {
        return await deliverInto(tree, request, userId);
      } finally {
        await tree.close();
      }
    },
  };
}

interface Write {
  readonly path: string;
  readonly bytes: Buffer;
  readonly current: CurrentFile | undefined;
}

async function deliverInto(tree: WorkTree, request: FilesRequest, userId: number | undefined): Promise<DeliveryResult> {
  const intended: IntendedFile[] = [];
  const blobs = new Map<string, string>();
  const writes: Write[] = [];
  for (const file of textFiles(request.edits)) {
    const folder = await tree.findFolder(file.path);
    assertNoSubmodule(file.path, request);
    const current = folder === undefined ? undefined : await readCurrentFile(folder, nameOf(file.path), file.path);
    const verdict = judgeFile(file, current?.bytes, request);
    if (verdict.kind !== 'same') intended.push(verdict.intended);
    blobs.set(file.path, verdict.kind === 'same' ? verdict.blob : verdict.intended.blob);
    if (verdict.kind === 'write') writes.push({path: file.path, bytes: verdict.bytes, current});
  }
  if (intended.length === 0) return {kind: 'unchanged', files: [], blobs};
  if (writes.length > 0) {
    await request.intend(intended);
    await writeFiles(tree, writes, request, userId);
  }
  const files = intended.map(({path, added, removed}) => ({path, added, removed}));
  return {kind: 'delivered', delivered: {kind: 'files'}, files, blobs};
}

/** Every file is whole on the disk before the first one takes its place. */
async function writeFiles(
  tree: WorkTree,
  writes: readonly Write[],
  request: FilesRequest,
  userId: number | undefined,
): Promise<void> {
  const staged: StagedFile[] = [];
  const isCommitted = (path: string): boolean => request.committed.has(path);
  try {
    for (const write of writes) {
      const folder = await tree.makeFolder(write.path);
      staged.push(await stageFile({...write, folder, isCommitted, userId}));
    }
    // All or none, as far as that can be known before the first one takes its place; `land` asks again for its own.
    if (staged.length > 1) for (const file of staged) await file.assertReady();
    for (const file of staged) await file.land();
    await tree.sync(staged.map(({folder}) => folder));
    for (const {path, folder} of staged) {
      if (await tree.leadsTo(path, folder)) continue;
      throw new JobFailure(
        'path-not-a-file',
        `The folder of ${quoteText(path)} was moved while it was being written to.`,
      );
    }
  } catch (error) {
    for (const file of staged) await file.discard();
    await tree.removeMade();
    throw writeFailure(error, writes[0]!.path);
  }
}

function textFiles(edits: readonly FileEdit[]): ProposedFile[] {
  return edits.map(({path, after}) => {
    if (after === undefined)
      throw new JobFailure('path-not-a-file', `${quoteText(path)} is to be removed; nothing was.`);
    return {path, text: after.bytes.toString()};
  });
}

function assertPaths(paths: readonly string[]): void {
  const seen = new Set<string>();
  for (const path of paths) {
    const problem = pathProblem(path);
    if (problem !== undefined)
      throw new JobFailure('path-escapes', `The path ${quoteText(path)} ${problem}; nothing was written.`);
    // On a disk that folds case both would be one file.
    const folded = path.normalize('NFC').toLowerCase();
    if (seen.has(folded))
      throw new JobFailure('reply-off-format', `The path ${quoteText(path)} is given twice; nothing was written.`);
    seen.add(folded);
  }
}

/** A submodule that is not checked out is an empty folder; git would not see what is written there. */
function assertNoSubmodule(path: string, {committed}: DeliveryPlace): void {
  for (let end = path.indexOf('/'); end !== -1; end = path.indexOf('/', end + 1)) {
    if (!committed.has(path.slice(0, end))) continue;
    throw new JobFailure(
      'path-escapes',
      `${quoteText(path.slice(0, end))} is a submodule, not a folder; nothing was written.`,
    );
  }
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
