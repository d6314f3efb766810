import type {EarlierDelivery} from '../../src/delivery/delivery.ts';
import {createFilesDelivery} from '../../src/delivery/files.ts';
import {JobFailure} from '../../src/domain/outcome.ts';
import {openDeliveryRig} from './delivery-rig.ts';
import {flipFolder} from './flip-folder.ts';
import {changesBetween, snapshotTree} from './snapshot-tree.ts';
import {textEdits} from './text-edits.ts';

export interface SwapResult {
  readonly delivered: number;
  readonly refused: number;
  readonly flips: number;
  /** What changed outside the repo or below .git. */
  readonly touched: string[];
}

/** Delivers into a folder that another process keeps turning into a link to the outside, until `enough` says so. */
export async function deliverUnderSwaps(
  enough: (attempts: number, so: Pick<SwapResult, 'delivered' | 'refused'>) => boolean,
): Promise<SwapResult> {
  await using rig = await openDeliveryRig({files: {'README.md': 'one\n'}});
  const protectedPlaces = async (): Promise<Record<string, string>> => {
    const all = Object.entries(await snapshotTree(rig.directory));
    return Object.fromEntries(all.filter(([path]) => path.startsWith('outside') || path.startsWith('repo/.git')));
  };
  const before = await protectedPlaces();
  const flipper = await flipFolder(rig.repo.path, 'docs', '../outside');
  const delivery = createFilesDelivery();
  let attempts = 0;
  let delivered = 0;
  let refused = 0;
  const deliverPath = async (path: string): Promise<void> => {
    const earlier: EarlierDelivery[] = [];
    while (!enough(attempts, {delivered, refused})) {
      attempts++;
      try {
        await delivery.deliver({
          workTree: rig.repo.path,
          reader: {head: {commit: rig.repo.commit}, objectFormat: 'sha1'},
          committed: new Map(),
          edits: textEdits([{path, text: `attempt ${attempts}\n`}]),
          earlier,
          intend: async files => {
            earlier.push(...files);
          },
        });
        delivered++;
      } catch (error) {
        if (!(error instanceof JobFailure)) throw error;
        refused++;
      }
    }
  };
  let flips = 0;
  try {
    await Promise.all(['docs/a.md', 'docs/secret.txt', 'docs/deep/b.md', 'docs/c.md'].map(deliverPath));
  } finally {
    flips = await flipper.stop();
  }
  return {delivered, refused, flips, touched: changesBetween(before, await protectedPlaces())};
}
