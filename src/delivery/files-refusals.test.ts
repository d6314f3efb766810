import {execFileSync} from 'node:child_process';
import {chmod, link, readdir, readFile, rename, rm, symlink, unlink, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {type DeliveryRig, openDeliveryRig} from '../../test/support/delivery-rig.ts';
import {textEdits} from '../../test/support/text-edits.ts';
import type {FailureReason} from '../domain/outcome.ts';

const isRoot = process.geteuid?.() === 0;

/** Paths that leave the repo by their name, or reach a place that git obeys. */
const escapingPaths = [
  '/etc/passwd',
  '//etc/passwd',
  '/',
  '..',
  '../outside/secret.txt',
  '../../../../../../tmp/x',
  'docs/../../outside/secret.txt',
  'docs/..',
  './README.md',
  'docs/./x.md',
  'docs//x.md',
  'docs/',
  '',
  '.',
  'a/../b.md',
  '..\\outside\\secret.txt',
  'docs\\x.md',
  'C:\\x.md',
  'C:/x.md',
  'c:x.md',
  '\\\\server\\share\\x',
  '//server/share/x',
  '\\\\?\\C:\\x',
  '~/x.md',
  '~root/x.md',
  '.git/hooks/pre-commit',
  '.git/config',
  '.git',
  '.git/',
  '.GIT/config',
  '.Git/hooks/post-checkout',
  '.git./config',
  '.git /config',
  '.git.../config',
  '.git. . /config',
  'git~1/config',
  'GIT~1/hooks/x',
  'git~12/config',
  '.g\u200cit/config',
  '.\u200dgit/config',
  '.git\ufeff/config',
  '\u202e.git/config',
  '.g\u0131t/config',
  '\uff0egit/config',
  '.\uff47\uff49\uff54/config',
  '.gi\u0301t/config',
  '.git::$INDEX_ALLOCATION/config',
  '.git:x',
  'README.md:stream',
  'docs/.git/config',
  'docs/.GIT/hooks/x',
  'a/b/git~1/c',
  'README.md\0.txt',
  'docs\n.md',
  'x\r.md',
  '\u001b]0;x\u0007.md',
  'tab\t.md',
  'x\u007f.md',
  'x\u0085.md',
  'rtl\u202egnp.md',
  'zero\u200bwidth.md',
  'a\u2066b.md',
  'soft\u00adhyphen.md',
  'lone\ud800.md',
  '\udc00/x.md',
  'line\u2028.md',
  'tag\u{e0041}.md',
  'private\uf05c.md',
  'CON',
  'nul.txt',
  'docs/aux.md',
  'COM1',
  'lpt9.md',
  'com\u00b9.md',
  'PRN .md',
  'trailing.',
  'trailing ',
  'docs./x.md',
  'docs /x.md',
  ' lead.md',
  `${'a'.repeat(256)}.md`,
  `${'ü'.repeat(128)}`,
  `${'a/'.repeat(2048)}x`,
  'x/'.repeat(40_000),
  'dev\u0000/null',
  '.../..',
  '%2e%2e/\\x',
  'file:///etc/passwd',
  'https://example.com/x',
  '$HOME:x',
  '/proc/self/root/tmp/x',
  '/dev/sda',
  '/dev/fd/3',
];

describe('a path made to escape', () => {
  let rig: DeliveryRig;
  beforeAll(async () => {
    rig = await openDeliveryRig({files: {'README.md': 'one\n', 'docs/x.md': 'x\n'}});
  });
  afterAll(() => rig[Symbol.asyncDispose]());

  it('there are more than sixty of them', () => {
    expect(new Set(escapingPaths).size).toBeGreaterThan(60);
  });

  it.each(escapingPaths.map(path => [JSON.stringify(path.length > 60 ? `${path.slice(0, 60)}…` : path), path]))(
    '%s: refused by name, nothing touched',
    async (_, path) => {
      const refused = await rig.refused({'README.md': 'changed\n', [path!]: 'escaped\n'});
      expect(refused).toMatchObject({reason: 'path-escapes', touched: []});
      expect(refused.message).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      expect(rig.intended).toEqual([]);
    },
  );

  it('is shown in full but escaped, so that a terminal cannot be fooled', async () => {
    expect((await rig.refused({'a\u202eb\u001b[2J': ''})).message).toMatchInlineSnapshot(
      `"The path "a\\u{202e}b\\u001b[2J" holds a control character; nothing was written."`,
    );
  });

  it('is refused when two names would be one file', async () => {
    expect(await rig.refused({'docs/a.md': '1', 'docs/A.md': '2'})).toMatchObject({
      reason: 'reply-off-format',
      touched: [],
    });
  });
});

interface Trap {
  readonly name: string;
  readonly path: string;
  readonly reason: FailureReason;
  readonly skip?: boolean;
  readonly set: (rig: DeliveryRig, repo: string) => Promise<unknown>;
}

/** Innocent names; what is on the disk leads elsewhere or belongs to the user. */
const traps: readonly Trap[] = [
  {
    name: 'an output that is a link to a file outside',
    path: 'README.md',
    reason: 'path-not-a-file',
    set: (_, repo) =>
      unlink(join(repo, 'README.md')).then(() => symlink('../outside/secret.txt', join(repo, 'README.md'))),
  },
  {
    name: 'a new output that is a dangling link',
    path: 'NEW.md',
    reason: 'path-not-a-file',
    set: (_, repo) => symlink('../outside/made.txt', join(repo, 'NEW.md')),
  },
  {
    name: 'an output that is a link inside the repo',
    path: 'NEW.md',
    reason: 'path-not-a-file',
    set: (_, repo) => symlink('README.md', join(repo, 'NEW.md')),
  },
  {
    name: 'a folder that is a link to outside',
    path: 'docs/x.md',
    reason: 'path-not-a-file',
    set: (_, repo) => rm(join(repo, 'docs'), {recursive: true}).then(() => symlink('../outside', join(repo, 'docs'))),
  },
  {
    name: 'a folder deep down that is a link',
    path: 'docs/deep/er/x.md',
    reason: 'path-not-a-file',
    set: (_, repo) => symlink('../../outside', join(repo, 'docs/deep')),
  },
  {
    name: 'a folder that is a link to .git',
    path: 'hooks/pre-commit',
    reason: 'path-not-a-file',
    set: (_, repo) => symlink('.git/hooks', join(repo, 'hooks')),
  },
  {
    name: 'a folder that is an absolute link',
    path: 'up/x.md',
    reason: 'path-not-a-file',
    set: (rig, repo) => symlink(rig.directory, join(repo, 'up')),
  },
  {
    name: 'a folder that is a link to itself',
    path: 'loop/x.md',
    reason: 'path-not-a-file',
    set: (_, repo) => symlink('loop', join(repo, 'loop')),
  },
  {name: 'a folder that is a file', path: 'README.md/x.md', reason: 'path-not-a-file', set: async () => {}},
  {name: 'an output that is a folder', path: 'docs', reason: 'path-not-a-file', set: async () => {}},
  {
    name: 'a FIFO, which must not block',
    path: 'NEW.md',
    reason: 'path-not-a-file',
    set: async (_, repo) => execFileSync('mkfifo', [join(repo, 'NEW.md')]),
  },
  {
    name: 'a FIFO in place of a folder',
    path: 'pipe/x.md',
    reason: 'path-not-a-file',
    set: async (_, repo) => execFileSync('mkfifo', [join(repo, 'pipe')]),
  },
  {
    name: 'a device',
    path: 'NEW.md',
    reason: 'path-not-a-file',
    skip: !isRoot,
    set: async (_, repo) => execFileSync('mknod', [join(repo, 'NEW.md'), 'c', '1', '3']),
  },
  {
    name: 'a file with a second name outside',
    path: 'NEW.md',
    reason: 'path-not-a-file',
    set: (rig, repo) => link(join(rig.directory, 'outside/secret.txt'), join(repo, 'NEW.md')),
  },
  {
    name: 'a committed file with a second name',
    path: 'README.md',
    reason: 'path-not-a-file',
    set: (rig, repo) => link(join(repo, 'README.md'), join(rig.directory, 'outside/link.md')),
  },
  {
    name: 'a dirty file',
    path: 'README.md',
    reason: 'uncommitted-changes',
    set: (_, repo) => writeFile(join(repo, 'README.md'), 'one\nmine\n'),
  },
  {
    name: 'a staged file',
    path: 'README.md',
    reason: 'uncommitted-changes',
    set: (rig, repo) => writeFile(join(repo, 'README.md'), 'staged\n').then(() => rig.repo.git('add', 'README.md')),
  },
  {
    name: 'an untracked file',
    path: 'NEW.md',
    reason: 'uncommitted-changes',
    set: (_, repo) => writeFile(join(repo, 'NEW.md'), 'mine\n'),
  },
  {
    name: 'an empty untracked file',
    path: 'NEW.md',
    reason: 'uncommitted-changes',
    set: (_, repo) => writeFile(join(repo, 'NEW.md'), ''),
  },
  {
    name: 'an ignored file',
    path: 'ignored.md',
    reason: 'uncommitted-changes',
    set: (_, repo) =>
      writeFile(join(repo, '.gitignore'), 'ignored.md\n').then(() => writeFile(join(repo, 'ignored.md'), 'mine\n')),
  },
  {
    name: 'a file deleted in the work tree',
    path: 'README.md',
    reason: 'uncommitted-changes',
    set: (_, repo) => unlink(join(repo, 'README.md')),
  },
  {
    name: 'a file renamed in the work tree',
    path: 'README.md',
    reason: 'uncommitted-changes',
    set: (_, repo) => rename(join(repo, 'README.md'), join(repo, 'LIESMICH.md')),
  },
  {
    name: 'the content of an LFS file',
    path: 'big.md',
    reason: 'uncommitted-changes',
    set: (_, repo) => writeFile(join(repo, 'big.md'), 'the real, large content\n'),
  },
  {
    name: 'a file with changed line endings and words',
    path: 'README.md',
    reason: 'uncommitted-changes',
    set: (_, repo) => writeFile(join(repo, 'README.md'), 'One\r\n'),
  },
  {
    name: 'a read-only file',
    path: 'README.md',
    reason: 'write-denied',
    set: (_, repo) => chmod(join(repo, 'README.md'), 0o444),
  },
  {
    name: 'a read-only folder (root may write there all the same)',
    path: 'docs/x.md',
    reason: 'write-denied',
    skip: isRoot,
    set: (_, repo) => chmod(join(repo, 'docs'), 0o555),
  },
  {
    name: 'an immutable folder',
    path: 'docs/x.md',
    reason: 'write-denied',
    skip: !isRoot || !canMakeImmutable(),
    set: async (_, repo) => execFileSync('chattr', ['+i', join(repo, 'docs')]),
  },
  {
    name: 'a repository inside the repo',
    path: 'vendor/lib/x.md',
    reason: 'path-escapes',
    set: async (_, repo) => execFileSync('git', ['init', '-q', join(repo, 'vendor/lib')]),
  },
  {
    name: 'a folder deep inside such a repository',
    path: 'vendor/lib/docs/x.md',
    reason: 'path-escapes',
    set: async (_, repo) => execFileSync('git', ['init', '-q', join(repo, 'vendor/lib')]),
  },
  {
    name: 'a bare repository inside the repo',
    path: 'vendor/lib.git/hooks/pre-commit',
    reason: 'path-escapes',
    set: async (_, repo) => execFileSync('git', ['init', '-q', '--bare', join(repo, 'vendor/lib.git')]),
  },
  {
    name: 'a linked worktree inside the repo',
    path: 'wt/README.md',
    reason: 'path-escapes',
    set: rig => rig.repo.git('worktree', 'add', '-q', 'wt'),
  },
  {
    name: 'a submodule that is not checked out',
    path: 'sub/x.md',
    reason: 'path-escapes',
    set: rig => addSubmodule(rig, 'sub'),
  },
  {
    name: 'a submodule whose folder is gone',
    path: 'sub/deep/x.md',
    reason: 'path-escapes',
    set: (rig, repo) => addSubmodule(rig, 'sub').then(() => rm(join(repo, 'sub'), {recursive: true, force: true})),
  },
  {name: 'the path of a submodule', path: 'sub', reason: 'uncommitted-changes', set: rig => addSubmodule(rig, 'sub')},
  {
    name: 'a checkout without .git',
    path: 'NEW.md',
    reason: 'no-work-tree',
    set: (rig, repo) =>
      rename(join(repo, '.git'), join(rig.directory, 'moved')).then(() => writeFile(join(repo, 'NEW.md'), '')),
  },
];

const lfsPointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 24\n`;

describe.each(['descriptor', 'path'] as const)('a trap on the disk, folders held by %s', access => {
  it.for(traps)('$name: refused by name, nothing touched', async ({path, reason, skip, set}, {skip: skipTest}) => {
    if (skip === true) skipTest();
    await using rig = await openDeliveryRig(
      {files: {'README.md': 'one\n', 'docs/y.md': 'y\n', 'big.md': lfsPointer}},
      {access},
    );
    if (path === 'NEW.md' && reason === 'no-work-tree') {
      // Git cannot be asked about a repo that is none; the delivery is told what was committed.
      const committed = new Map<string, string>();
      await set(rig, rig.repo.path);
      const {createFilesDelivery} = await import('./files.ts');
      const reader = {head: {commit: rig.repo.commit}, objectFormat: 'sha1' as const};
      const request = {
        workTree: rig.repo.path,
        reader,
        committed,
        edits: textEdits([{path, text: 'x'}]),
        earlier: [],
        intend: async () => {},
      };
      await expect(createFilesDelivery({access}).deliver(request)).rejects.toMatchObject({failure: {reason}});
      return;
    }
    await set(rig, rig.repo.path);
    try {
      expect(await rig.refused({[path]: 'ours\n'})).toMatchObject({reason, touched: []});
      expect(rig.intended.length).toBe(reason === 'write-denied' && path === 'docs/x.md' ? 1 : 0);
    } finally {
      if (path === 'docs/x.md' && reason === 'write-denied' && isRoot)
        execFileSync('chattr', ['-i', join(rig.repo.path, 'docs')]);
    }
  });
});

describe('what happens between the look and the write', () => {
  it('an edit by the user is found and left alone', async () => {
    await using rig = await openDeliveryRig({files: {'README.md': 'one\n'}});
    const file = join(rig.repo.path, 'README.md');
    const intend = (): Promise<void> => writeFile(file, 'edited in between\n');
    await expect(rig.deliver({'README.md': 'two\n'}, {intend})).rejects.toMatchObject({
      failure: {reason: 'uncommitted-changes'},
    });
    expect(await readFile(file, 'utf8')).toBe('edited in between\n');
    expect(await rig.repo.git('status', '--porcelain', '-uall')).toBe(' M README.md');
  });

  it('a file that appears is left alone, and folders made for ours are taken back', async () => {
    await using rig = await openDeliveryRig({files: {'README.md': 'one\n'}});
    const file = join(rig.repo.path, 'NEW.md');
    const intend = (): Promise<void> => writeFile(file, 'mine\n');
    await expect(rig.deliver({'docs/a/b.md': 'b', 'NEW.md': 'two\n'}, {intend})).rejects.toMatchObject({
      failure: {reason: 'uncommitted-changes'},
    });
    expect(await rig.repo.git('status', '--porcelain', '-uall')).toBe('?? NEW.md');
    expect(await readdir(rig.repo.path)).toEqual(['.git', 'NEW.md', 'README.md']);
    expect(await readFile(file, 'utf8')).toBe('mine\n');
  });

  it('a folder that becomes a link is not followed', async () => {
    await using rig = await openDeliveryRig({files: {'docs/x.md': 'x\n'}});
    const swap = async (): Promise<void> => {
      await rename(join(rig.repo.path, 'docs'), join(rig.repo.path, 'real'));
      await symlink('../outside', join(rig.repo.path, 'docs'));
    };
    await expect(rig.deliver({'docs/x.md': 'two\n'}, {intend: swap})).rejects.toMatchObject({
      failure: {reason: 'path-not-a-file'},
    });
    await expect(readFile(join(rig.directory, 'outside/x.md'))).rejects.toThrow('ENOENT');
  });
});

async function addSubmodule(rig: DeliveryRig, path: string): Promise<void> {
  await rig.repo.git('update-index', '--add', '--cacheinfo', `160000,${rig.repo.commit},${path}`);
  await rig.repo.git('commit', '-q', '-m', 'Add a submodule');
}

/** Not every file system of a container knows the flag. */
function canMakeImmutable(): boolean {
  try {
    const file = execFileSync('mktemp', {encoding: 'utf8'}).trim();
    execFileSync('chattr', ['+i', file], {stdio: 'ignore'});
    execFileSync('chattr', ['-i', file]);
    execFileSync('rm', [file]);
    return true;
  } catch {
    return false;
  }
}
