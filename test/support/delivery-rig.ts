import {mkdir, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import type {DeliveryRequest, DeliveryResult, EarlierDelivery, IntendedFile} from '../../src/delivery/delivery.ts';
import {createFilesDelivery, type FilesDeliveryOptions} from '../../src/delivery/files.ts';
import type {FileEdit} from '../../src/domain/change.ts';
import {type FailureReason, JobFailure} from '../../src/domain/outcome.ts';
import {
  makeRepo,
  makeTemporaryDirectory,
  type RepoOptions,
  type TemporaryRepo,
} from '../../src/testing/temporary-fleet.ts';
import {changesBetween, snapshotTree} from './snapshot-tree.ts';
import {textEdits} from './text-edits.ts';

export interface DeliveryRig extends AsyncDisposable {
  /** Holds the repo as `repo` and, beside it, `outside/secret.txt`. */
  readonly directory: string;
  readonly repo: TemporaryRepo;
  readonly intended: IntendedFile[][];
  /** Delivers to the commit that is HEAD now. */
  deliver(files: Readonly<Record<string, string>>, more?: DeliveryExtras): Promise<DeliveryResult>;
  deliverEdits(edits: readonly FileEdit[], more?: DeliveryExtras): Promise<DeliveryResult>;
  /** Delivers, expects a failure, and gives its reason and the paths that are not as they were, inside or outside. */
  refused(
    files: Readonly<Record<string, string>>,
    more?: DeliveryExtras,
  ): Promise<{reason: FailureReason; message: string; touched: string[]}>;
}

export interface DeliveryExtras {
  readonly earlier?: readonly EarlierDelivery[];
  readonly unconfirmed?: readonly IntendedFile[];
  readonly intend?: DeliveryRequest['intend'];
}

/** A real repo on the disk, with a neighbour that nothing may touch. */
export async function openDeliveryRig(
  repoOptions: RepoOptions,
  options: FilesDeliveryOptions = {},
): Promise<DeliveryRig> {
  const temporary = await makeTemporaryDirectory();
  const directory = temporary.path;
  await mkdir(join(directory, 'outside'));
  await writeFile(join(directory, 'outside', 'secret.txt'), 'secret\n');
  const repo = await makeRepo(join(directory, 'repo'), repoOptions);
  const delivery = createFilesDelivery(options);
  const intended: IntendedFile[][] = [];

  const deliver = async (files: Readonly<Record<string, string>>, more: DeliveryExtras = {}): Promise<DeliveryResult> =>
    deliverEdits(textEdits(Object.entries(files).map(([path, text]) => ({path, text}))), more);
  const deliverEdits = async (edits: readonly FileEdit[], more: DeliveryExtras = {}): Promise<DeliveryResult> =>
    delivery.deliver({
      workTree: repo.path,
      reader: {head: {commit: await repo.git(...trusted, 'rev-parse', 'HEAD')}, objectFormat: 'sha1'},
      committed: await readCommitted(repo),
      edits,
      earlier: more.earlier ?? [],
      ...(more.unconfirmed === undefined ? {} : {unconfirmed: more.unconfirmed}),
      intend:
        more.intend ??
        (async list => {
          intended.push([...list]);
        }),
    });

  return {
    directory,
    repo,
    intended,
    deliver,
    deliverEdits,
    refused: async (files, more) => {
      const before = await snapshotTree(directory);
      try {
        await deliver(files, more);
      } catch (error) {
        if (!(error instanceof JobFailure)) throw error;
        return {...error.failure, touched: changesBetween(before, await snapshotTree(directory))};
      }
      throw new Error(`delivered ${JSON.stringify(Object.keys(files))}`);
    },
    [Symbol.asyncDispose]: () => temporary[Symbol.asyncDispose](),
  };
}

export async function readCommitted(repo: TemporaryRepo): Promise<Map<string, string>> {
  const list = await repo.git(...trusted, 'ls-tree', '-r', '-z', 'HEAD');
  const entries = list.split('\0').filter(entry => entry !== '');
  return new Map(
    entries.map(entry => [entry.slice(entry.indexOf('\t') + 1), entry.slice(0, entry.indexOf('\t')).split(' ')[2]!]),
  );
}

/** Git itself refuses to look at a repo of another owner. */
const trusted = ['-c', 'safe.directory=*'];
