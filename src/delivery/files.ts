import type {FileEdit} from '../domain/change.ts';
import {JobFailure} from '../domain/outcome.ts';
import {type DirectoryAccess, detectDirectoryAccess} from '../util/directory.ts';
import {effectiveUserId} from '../util/effective-user.ts';
import {pathProblem} from '../util/path-problem.ts';
import {quoteText} from '../util/quote-text.ts';
import {type CurrentFile, readCurrentFile} from './current-file.ts';
import type {Delivery, DeliveryPlace, DeliveryRequest, DeliveryResult, IntendedFile} from './delivery.ts';
import {assertOurs, judgeFile, judgeRemoval, type Verdict} from './judge-file.ts';
import {type StagedFile, stageFile} from './staged-file.ts';
import {stageRemoval} from './staged-removal.ts';
import {nameOf, WorkTree} from './work-tree.ts';
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
  const openTree = ({workTree}: DeliveryPlace): WorkTree => {
    if (workTree === undefined)
      throw new JobFailure('no-work-tree', 'The repository is bare: it has no files to deliver into.');
    return WorkTree.open(workTree, access);
  };
  return {
    check: async request => {
      const paths = request.paths.filter(path => !path.endsWith('/'));
      assertPaths(paths);
      const tree = openTree(request);
      try {
        for (const path of paths) {
          const folder = tree.findFolder(path);
          assertNoSubmodule(path, request);
          const current = folder === undefined ? undefined : readCurrentFile(folder, nameOf(path), path);
          assertOurs(path, current?.bytes, request);
        }
      } finally {
        tree.close();
      }
    },
    deliver: async request => {
      assertPaths(request.edits.map(({path}) => path));
      const tree = openTree(request);
      try {
        return await deliverInto(tree, request, userId);
      } finally {
        tree.close();
      }
    },
  };
}

interface Write {
  readonly path: string;
  /** Absent for a file that goes. */
  readonly bytes?: Buffer;
  readonly current: CurrentFile | undefined;
  readonly executable?: boolean | undefined;
}

async function deliverInto(tree: WorkTree, request: FilesRequest, userId: number | undefined): Promise<DeliveryResult> {
  const intended: IntendedFile[] = [];
  const blobs = new Map<string, string>();
  const writes: Write[] = [];
  for (const edit of request.edits) {
    const {path} = edit;
    assertFile(edit);
    const folder = tree.findFolder(path);
    assertNoSubmodule(path, request);
    const current = folder === undefined ? undefined : readCurrentFile(folder, nameOf(path), path);
    const executable = wantedMode(edit, current);
    const verdict = withMode(judge(edit, current, request), edit, current, executable);
    if (verdict.kind !== 'same') intended.push(verdict.intended);
    blobs.set(path, verdict.kind === 'same' ? verdict.blob : verdict.intended.blob);
    if (verdict.kind === 'write') writes.push({path, bytes: verdict.bytes, current, executable});
    if (verdict.kind === 'remove') writes.push({path, current});
  }
  if (intended.length === 0) return {kind: 'unchanged', files: [], blobs};
  if (writes.length > 0) {
    await request.intend(intended);
    await writeFiles(tree, writes, request, userId);
  }
  const files = intended.map(({path, added, removed}) => ({path, added, removed}));
  return {kind: 'delivered', delivered: {kind: 'files'}, files, blobs};
}

function judge({path, after}: FileEdit, current: CurrentFile | undefined, request: FilesRequest): Verdict {
  return after === undefined
    ? judgeRemoval(path, current?.bytes, request)
    : judgeFile(path, after.bytes, current?.bytes, request);
}

/** What the edit says of the executable bit; undefined where it leaves the file as it is. */
function wantedMode({before, after}: FileEdit, current: CurrentFile | undefined): boolean | undefined {
  if (after === undefined || (before?.kind ?? 'file') === after.kind) return undefined;
  const executable = after.kind === 'executable';
  return current !== undefined && ((current.stat.mode & 0o100n) !== 0n) === executable ? undefined : executable;
}

/** A file that has the content already and not the mode is written once more. */
function withMode(
  verdict: Verdict,
  {path}: FileEdit,
  current: CurrentFile | undefined,
  executable: boolean | undefined,
): Verdict {
  if (executable === undefined || current === undefined || (verdict.kind !== 'same' && verdict.kind !== 'landed'))
    return verdict;
  const blob = verdict.kind === 'same' ? verdict.blob : verdict.intended.blob;
  return {kind: 'write', bytes: current.bytes, intended: {path, added: 0, removed: 0, blob, before: blob}};
}

/** Every file is whole on the disk before the first one takes its place; what goes, goes last. */
async function writeFiles(
  tree: WorkTree,
  writes: readonly Write[],
  request: FilesRequest,
  userId: number | undefined,
): Promise<void> {
  const staged: StagedFile[] = [];
  const isCommitted = (path: string): boolean => request.committed.has(path);
  try {
    const byKind = [...writes].sort((a, b) => Number(a.bytes === undefined) - Number(b.bytes === undefined));
    for (const {bytes, ...write} of byKind) {
      const folder = tree.makeFolder(write.path);
      staged.push(
        bytes === undefined
          ? stageRemoval(write.path, folder, write.current!)
          : await stageFile({...write, bytes, folder, isCommitted, userId}),
      );
    }
    // All or none, as far as that can be known before the first one takes its place; `land` asks again for its own.
    if (staged.length > 1) for (const file of staged) file.assertReady();
    for (const file of staged) file.land();
    await tree.sync(staged.map(({folder}) => folder));
    for (const {path, folder} of staged) {
      if (tree.leadsTo(path, folder)) continue;
      throw new JobFailure(
        'path-not-a-file',
        `The folder of ${quoteText(path)} was moved while it was being written to.`,
      );
    }
  } catch (error) {
    for (const file of staged) file.discard();
    tree.removeMade();
    throw writeFailure(error, writes[0]!.path);
  }
}

/** A link could lead anywhere the next time it is followed, and a submodule is a repo of its own. */
function assertFile({path, before, after}: FileEdit): void {
  for (const kind of [before?.kind, after?.kind]) {
    if (kind !== 'symlink' && kind !== 'submodule') continue;
    const what = kind === 'symlink' ? 'symbolic link' : 'submodule';
    throw new JobFailure(
      'path-not-a-file',
      `${quoteText(path)} is a ${what} in this change; those are not written into a checkout. Nothing was written.`,
      {next: 'Use --deliver branch or --deliver patch for this change.'},
    );
  }
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
