import {join} from 'node:path';
import {setTimeout} from 'node:timers/promises';
import {JobFailure} from '../../src/domain/outcome.ts';
import {commitFiles, makeRepo, runGit} from '../../src/testing/temporary-fleet.ts';
import {openBranchRig} from './branch-rig.ts';
import {seededRandom} from './seeded-random.ts';

export interface RaceResult {
  readonly trials: number;
  /** Commits of the person that the remote, or the repo, took. */
  readonly accepted: number;
  /** Of those, the ones that no branch leads to any more. */
  readonly lost: number;
  /** How our nights ended. */
  readonly ends: Readonly<Record<string, number>>;
}

const branch = 'orchestrator/readme-generator';

/** Nights of ours and a person who pushes to the branch, or commits on it in the repo itself, at random moments. */
export async function raceWithPerson(trials: number, seed: number): Promise<RaceResult> {
  await using rig = await openBranchRig();
  const random = seededRandom(seed);
  const remote = await makeRepo(join(rig.path, 'remote.git'), {files: {'README.md': '# Old\n'}, bare: true});
  const repo = join(rig.path, 'repo');
  const person = join(rig.path, 'person');
  for (const name of ['repo', 'person']) await runGit(rig.path, ['clone', '-q', remote.path, name]);
  const ends: Record<string, number> = {};
  let [accepted, lost] = [0, 0];
  for (let trial = 0; trial < trials; trial++) {
    for (const at of [remote.path, repo]) await runGit(at, ['update-ref', '-d', `refs/heads/${branch}`]);
    const local = random() < 0.5;
    const night = {push: true, local, url: remote.path};
    const first = await rig.night(repo, {
      ...night,
      files: {'README.md': `# First ${trial}\n`},
      at: 1_760_000_000 + trial,
    });
    const isHere = local && random() < 0.5;
    const work = async (): Promise<string | undefined> => {
      await setTimeout(random() * 120);
      return isHere ? commitHere(repo, first.commit, trial) : pushThere(person, trial);
    };
    const ours = async (): Promise<void> => {
      await setTimeout(random() * 120);
      const newer = {...night, files: {'README.md': `# Second ${trial}\n`}, at: 1_760_100_000 + trial};
      const end = await rig.night(repo, newer).then(
        ({state}) => state,
        (error: unknown) => {
          if (error instanceof JobFailure) return error.failure.reason;
          throw error;
        },
      );
      ends[end] = (ends[end] ?? 0) + 1;
    };
    const [commit] = await Promise.all([work(), ours()]);
    // The next night must leave it alone too.
    await ours();
    if (commit === undefined) continue;
    accepted++;
    const tip = await rig.tip(isHere ? repo : remote.path);
    const isKept = await runGit(isHere ? repo : remote.path, ['merge-base', commit, tip]).catch(() => '');
    if (isKept !== commit) lost++;
  }
  return {trials, accepted, lost, ends};
}

/** The commit, when the remote took it. */
async function pushThere(person: string, trial: number): Promise<string | undefined> {
  await runGit(person, ['fetch', '-q', 'origin', `+${branch}:refs/remotes/origin/${branch}`]);
  await runGit(person, ['checkout', '-q', '-B', 'mine', `refs/remotes/origin/${branch}`]);
  const commit = await commitFiles(person, {'mine.txt': `${trial}\n`});
  const pushed = await runGit(person, ['push', '-q', 'origin', `mine:${branch}`]).then(
    () => true,
    () => false,
  );
  return pushed ? commit : undefined;
}

/** As git itself moves a branch: with the value that it expects. */
async function commitHere(repo: string, base: string, trial: number): Promise<string | undefined> {
  const commit = await runGit(repo, ['commit-tree', '-p', base, '-m', `Mine ${trial}`, `${base}^{tree}`]);
  const moved = await runGit(repo, ['update-ref', `refs/heads/${branch}`, commit, base]).then(
    () => true,
    () => false,
  );
  return moved ? commit : undefined;
}
