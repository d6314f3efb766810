import {execFileSync} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {makeRepo, runGit} from '../src/testing/temporary-fleet.ts';
import {createCheckouts} from '../src/workspace/checkout.ts';
import {openObjectStore} from '../src/workspace/object-store.ts';
import {median} from './measure.ts';

/** Cost of one private checkout, made and removed, beside `git worktree add` and `git clone --shared` of the same repo. */
const shapes = [
  {name: 'small', files: 20, bytes: 1500},
  {name: 'middle', files: 1000, bytes: 3000},
  {name: 'large', files: 10_000, bytes: 3000},
];
const rounds = Number(process.argv[2] ?? 7);
const directory = mkdtempSync(path.join(tmpdir(), 'orchestrator-bench-'));
const checkouts = createCheckouts({
  directory: path.join(directory, 'workspaces'),
  gitDirectory: path.join(directory, 'git'),
});

for (const {name, files, bytes} of shapes) {
  const repo = path.join(directory, name);
  await makeRepo(repo, {files: makeFiles(files, bytes), packed: true});
  await using store = await openObjectStore({directory: path.join(directory, 'git')});
  const place = path.join(directory, `${name}-place`);
  const ways: Record<string, () => Promise<unknown>> = {
    async ours() {
      using reader = await store.open(repo);
      const checkout = await checkouts.create(reader);
      await checkout.edits();
      await checkout.remove();
    },
    async worktree() {
      await runGit(repo, ['worktree', 'add', '-q', '--detach', place, 'HEAD']);
      execFileSync('git', ['status', '--porcelain'], {cwd: place});
      await runGit(repo, ['worktree', 'remove', '--force', place]);
    },
    async clone() {
      await runGit(directory, ['clone', '-q', '--shared', repo, place]);
      execFileSync('git', ['status', '--porcelain'], {cwd: place});
      rmSync(place, {recursive: true});
    },
  };
  const times: Record<string, number[]> = {ours: [], worktree: [], clone: []};
  for (let round = 0; round <= rounds; round++) {
    for (const [way, run] of Object.entries(ways)) {
      const started = performance.now();
      await run();
      // The first round warms the disk cache.
      if (round > 0) times[way]!.push(performance.now() - started);
    }
  }
  const [ours, worktree, clone] = [times['ours']!, times['worktree']!, times['clone']!].map(median);
  console.log(
    JSON.stringify({
      repo: name,
      files,
      oursMs: Math.round(ours!),
      worktreeMs: Math.round(worktree!),
      cloneMs: Math.round(clone!),
      ratioToWorktree: Number((ours! / worktree!).toFixed(2)),
      ratioToClone: Number((ours! / clone!).toFixed(2)),
    }),
  );
}
rmSync(directory, {recursive: true});

function makeFiles(count: number, bytes: number): Record<string, string> {
  const entries = Array.from({length: count}, (_, index): [string, string] => {
    const line = `const value${index} = ${index};\n`;
    return [`src/d${index % 40}/f${index}.ts`, line.repeat(Math.ceil(bytes / line.length))];
  });
  return Object.fromEntries(entries);
}
