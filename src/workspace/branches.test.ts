import {mkdir, readdir, rename, rm, stat, symlink, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, it} from 'vitest';
import {openBranchRig} from '../../test/support/branch-rig.ts';
import {changesBetween, snapshotTree} from '../../test/support/snapshot-tree.ts';
import {commitFiles, makeRepo, runGit} from '../testing/temporary-fleet.ts';

const branch = 'orchestrator/readme-generator';
const files = {'README.md': '# Old\n', 'a/b.txt': 'b\n'};

it('puts a change on a branch that git finds in order, and touches nothing else', async () => {
  await using rig = await openBranchRig();
  const repo = await makeRepo(join(rig.path, 'repo'), {files});
  await writeFile(join(repo.path, 'README.md'), 'work in progress\n');
  const before = await snapshotTree(repo.path);
  const made = await rig.night(repo.path, {files: {'README.md': '# New\n', 'a/b.txt': null, 'c/d/e.md': 'x\n'}});
  expect(made).toMatchObject({branch, state: 'new'});
  expect(await rig.tip(repo.path)).toBe(made.commit);
  const changed = changesBetween(before, await snapshotTree(repo.path));
  expect(changed.filter(path => !/^\.git\/(?:objects\/|refs\/heads\/orchestrator)/.test(path))).toEqual([]);
  expect(await repo.git('fsck', '--strict', '--no-dangling')).toBe('');
  expect(await repo.git('log', '-1', '--format=%an <%ae> %ct %P%n%s', branch)).toBe(
    `orchestrator <orchestrator@localhost> 1760000000 ${repo.commit}\nreadme-generator: 3 files`,
  );
  expect(await repo.git('ls-tree', '-r', '--name-only', branch)).toBe('README.md\nc/d/e.md');
  expect(await readdir(join(rig.path, 'state'))).toEqual(['git']);
});

it('finds its commit again, says the same only once, and goes along with a new base', async () => {
  await using rig = await openBranchRig();
  const repo = await makeRepo(join(rig.path, 'repo'), {files});
  const first = await rig.night(repo.path, {files: {'README.md': '# New\n'}});
  expect(await rig.night(repo.path, {files: {'README.md': '# New\n'}})).toEqual({...first, state: 'landed'});
  expect(await rig.night(repo.path, {files: {'README.md': '# New\n'}, at: 1_760_086_400})).toEqual({
    ...first,
    state: 'same',
  });
  await commitFiles(repo.path, {'other.txt': 'x\n'});
  expect(await rig.night(repo.path, {files: {'README.md': '# New\n'}, at: 1_760_086_400})).toEqual({
    ...first,
    state: 'same',
  });
  const base = await commitFiles(repo.path, {'README.md': '# By hand\n'});
  const next = await rig.night(repo.path, {files: {'README.md': '# New\n'}, at: 1_760_086_400});
  expect(next.state).toBe('updated');
  expect(await repo.git('rev-parse', `${branch}^`)).toBe(base);
  await repo.git('pack-refs', '--all');
  const last = await rig.night(repo.path, {files: {'README.md': '# Newer\n'}, at: 1_760_172_800});
  expect(last.state).toBe('updated');
  expect(await rig.tip(repo.path)).toBe(last.commit);
});

it('has one branch with one commit after 30 nights, whatever happened to the base', async () => {
  await using rig = await openBranchRig();
  const repo = await makeRepo(join(rig.path, 'repo'), {files});
  for (let day = 0; day < 30; day++) {
    if (day % 3 === 0) await commitFiles(repo.path, {'other.txt': `${day}\n`});
    if (day % 7 === 6) await repo.git('merge', '-q', '--no-edit', '-X', 'theirs', branch);
    const text = `# New ${Math.floor(day / 2)}\n`;
    const {state} = await rig.night(repo.path, {files: {'README.md': text}, at: 1_760_000_000 + day * 86_400});
    if (day % 2 === 1 && day % 7 !== 6) expect(state).toBe('same');
    expect(await repo.git('for-each-ref', '--format=%(refname:short)')).toBe(`main\n${branch}`);
    expect(await repo.git('show', `${branch}:README.md`)).toBe(text.trim());
    expect(Number(await repo.git('rev-list', '--count', `main..${branch}`))).toBeLessThanOrEqual(1);
  }
  expect(await repo.git('fsck', '--strict', '--no-dangling')).toBe('');
});

it.each<[string, (git: (...args: string[]) => Promise<string>, at: string) => Promise<unknown>]>([
  ['adds a commit', (_, at) => commitFiles(at, {'mine.txt': 'mine\n'})],
  [
    'amends the content',
    async (git, at) => {
      await writeFile(join(at, 'README.md'), '# Better\n');
      await git('commit', '-qa', '--amend', '--no-edit');
    },
  ],
  ['amends the message only', git => git('commit', '-q', '--amend', '-m', 'Better words')],
  [
    'makes it anew, with its message and date',
    async git => {
      const message = await git('log', '-1', '--format=%B');
      await git('-c', 'user.name=orchestrator', 'commit', '-q', '--amend', '--reset-author', '-m', message);
    },
  ],
  [
    'rebases it',
    async (git, at) => {
      await git('checkout', '-q', 'main');
      await commitFiles(at, {'other.txt': 'x\n'});
      await git('rebase', '-q', 'main', branch);
    },
  ],
  [
    'merges into it',
    async (git, at) => {
      await git('checkout', '-q', 'main');
      await commitFiles(at, {'other.txt': 'x\n'});
      await git('checkout', '-q', branch);
      await git('merge', '-q', '--no-edit', 'main');
    },
  ],
  ['puts it elsewhere', git => git('reset', '-q', '--hard', 'HEAD~1')],
])('leaves the branch alone when a person %s', async (_, act) => {
  await using rig = await openBranchRig();
  const repo = await makeRepo(join(rig.path, 'repo'), {files});
  await rig.night(repo.path, {files: {'README.md': '# New\n'}});
  await repo.git('checkout', '-q', branch);
  await act(repo.git, repo.path);
  await repo.git('checkout', '-q', 'main');
  const tip = await rig.tip(repo.path);
  expect(await rig.refused(repo.path, {files: {'README.md': '# Newer\n'}})).toBe('edited-by-person');
  expect(await rig.tip(repo.path)).toBe(tip);
});

it('gives two outputs of one skill a branch each, night after night', async () => {
  await using rig = await openBranchRig();
  const repo = await makeRepo(join(rig.path, 'repo'), {files});
  const other = {output: 'docs/README.md', files: {'docs/README.md': 'x\n'}};
  await rig.night(repo.path, {files: {'README.md': '# New\n'}});
  const second = await rig.night(repo.path, other);
  expect(second.branch).toMatch(/^orchestrator\/readme-generator-[0-9a-f]{7}$/);
  await repo.git('branch', '-D', branch);
  expect(await rig.night(repo.path, {...other, files: {'docs/README.md': 'y\n'}})).toMatchObject({
    branch: second.branch,
    state: 'updated',
  });
});

it.each<[string, string, (at: string, git: (...args: string[]) => Promise<string>) => Promise<unknown>]>([
  ['checked out', 'branch-checked-out', (_, git) => git('checkout', '-q', branch)],
  [
    'checked out elsewhere',
    'branch-checked-out',
    (at, git) => git('worktree', 'add', '-q', join(at, '../tree'), branch),
  ],
  [
    'being rebased',
    'branch-checked-out',
    async (at, git) => {
      await commitFiles(at, {'README.md': '# By hand\n'});
      await git('rebase', '-q', 'main', branch).catch(() => '');
    },
  ],
  ['locked', 'branch-locked', at => writeFile(join(at, '.git/refs/heads', `${branch}.lock`), '')],
  ['a symbolic ref', 'branch-unsupported', (_, git) => git('symbolic-ref', `refs/heads/${branch}`, 'refs/heads/main')],
  [
    'below a link',
    'branch-unsupported',
    async (at, git) => {
      await git('update-ref', '-d', `refs/heads/${branch}`);
      await rm(join(at, '.git/refs/heads/orchestrator'), {recursive: true, force: true});
      await mkdir(join(at, '../elsewhere'));
      await symlink(join(at, '../elsewhere'), join(at, '.git/refs/heads/orchestrator'));
    },
  ],
  [
    'hidden by a branch of the same beginning',
    'branch-name-taken',
    async (_, git) => {
      await git('update-ref', '-d', `refs/heads/${branch}`);
      await git('branch', 'orchestrator');
    },
  ],
  [
    'hidden by a packed branch of the same beginning',
    'branch-name-taken',
    async (_, git) => {
      await git('update-ref', '-d', `refs/heads/${branch}`);
      await git('branch', 'orchestrator');
      await git('pack-refs', '--all');
    },
  ],
  [
    'above another branch',
    'branch-name-taken',
    async (_, git) => {
      await git('update-ref', '-d', `refs/heads/${branch}`);
      await git('branch', `${branch}/deep`);
    },
  ],
  [
    'above a packed branch',
    'branch-name-taken',
    async (_, git) => {
      await git('update-ref', '-d', `refs/heads/${branch}`);
      await git('branch', `${branch}/deep`);
      await git('pack-refs', '--all');
    },
  ],
  ['kept in another format', 'branch-unsupported', at => mkdir(join(at, '.git/reftable'))],
  [
    'stored elsewhere',
    'branch-unsupported',
    async at => {
      await rename(join(at, '.git/objects'), join(at, '../objects'));
      await symlink(join(at, '../objects'), join(at, '.git/objects'));
    },
  ],
  ['no commit id', 'repo-corrupt', at => writeFile(join(at, '.git/refs/heads', branch), 'nonsense\n')],
])('refuses a branch that is %s by name', async (_, reason, act) => {
  await using rig = await openBranchRig();
  const repo = await makeRepo(join(rig.path, 'repo'), {files});
  await rig.night(repo.path, {files: {'README.md': '# New\n'}});
  await act(repo.path, repo.git);
  const before = await snapshotTree(rig.path);
  expect(await rig.refused(repo.path, {files: {'README.md': '# Newer\n'}})).toBe(reason);
  const changed = changesBetween(before, await snapshotTree(rig.path));
  expect(
    changed.filter(path => !/^(?:repo\/\.git\/(?:objects|refs\/heads(?:\/orchestrator)?$)|state)/.test(path)),
  ).toEqual([]);
});

it('takes the place of empty folders that deleted branches left', async () => {
  await using rig = await openBranchRig();
  const repo = await makeRepo(join(rig.path, 'repo'), {files});
  await mkdir(join(repo.path, '.git/refs/heads', branch), {recursive: true});
  expect(await rig.night(repo.path, {files: {'README.md': '# New\n'}})).toMatchObject({state: 'new'});
  expect(await rig.tip(repo.path)).not.toBe('');
});

it('takes over the lock that a killed process of ours left, whatever it was about to write', async () => {
  await using rig = await openBranchRig();
  const repo = await makeRepo(join(rig.path, 'repo'), {files});
  const first = await rig.night(repo.path, {files: {'README.md': '# New\n'}});
  const lock = join(repo.path, '.git/refs/heads', `${branch}.lock`);
  await writeFile(lock, `${first.commit}\n`);
  expect(await rig.night(repo.path, {files: {'README.md': '# Newer\n'}})).toMatchObject({state: 'updated'});
  await writeFile(lock, `${repo.commit}\n`);
  expect(await rig.refused(repo.path, {files: {'README.md': '# Newest\n'}})).toBe('branch-locked');
});

it('does not move a branch that moved after it was looked at', async () => {
  await using rig = await openBranchRig();
  const repo = await makeRepo(join(rig.path, 'repo'), {files});
  const meanwhile = (): Promise<string> => repo.git('branch', branch);
  expect(await rig.refused(repo.path, {files: {'README.md': '# New\n'}, meanwhile})).toBe('branch-locked');
  expect(await rig.tip(repo.path)).toBe(repo.commit);
});

it.runIf(process.geteuid?.() === 0)('leaves everything to the owner of the repo', async () => {
  await using rig = await openBranchRig();
  const repo = await makeRepo(join(rig.path, 'repo'), {files});
  const {execFileSync} = await import('node:child_process');
  execFileSync('chown', ['-R', '12345:12345', repo.path]);
  await rig.night(repo.path, {files: {'README.md': '# New\n'}});
  const names = await readdir(repo.path, {recursive: true});
  const owners = new Set(await Promise.all(names.map(async name => (await stat(join(repo.path, name))).uid)));
  expect([...owners]).toEqual([12345]);
  expect(await runGit(repo.path, ['-c', 'safe.directory=*', 'fsck', '--strict', '--no-dangling'])).toBe('');
});
