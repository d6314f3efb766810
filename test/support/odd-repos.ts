import {chown, lstat, mkdir, readdir, rm, symlink, writeFile} from 'node:fs/promises';
import path from 'node:path';
import type {FailureReason} from '../../src/domain/outcome.ts';
import {type Files, makeRepo, runGit, type TemporaryRepo} from '../../src/testing/temporary-fleet.ts';
import {snapshotTree} from './snapshot-tree.ts';

/** A repo that is not like others and yet in order, or of which something special is expected. */
export interface OddRepo {
  readonly name: string;
  readonly outcome: FailureReason | 'changed';
  /** Makes it, below a folder of its own; gives its path when that is not `repo` in there. */
  make(folder: string): Promise<string | undefined>;
}

/** The repos of a test, by their names: where each one is, and what its folder held when it had been made. */
export interface OddFleet {
  readonly paths: ReadonlyMap<string, string>;
  readonly before: ReadonlyMap<string, Readonly<Record<string, string>>>;
}

export async function makeOddFleet(repos: readonly OddRepo[], home: string): Promise<OddFleet> {
  const paths = new Map<string, string>();
  const before = new Map<string, Record<string, string>>();
  await Promise.all(
    repos.map(async ({name, make}) => {
      const folder = oddFolder(home, name);
      await mkdir(folder, {recursive: true});
      paths.set(name, (await make(folder)) ?? repoIn(folder));
      before.set(name, await snapshotTree(folder));
    }),
  );
  return {paths, before};
}

export function oddFolder(home: string, name: string): string {
  return path.join(home, 'odd', slug(name));
}

export function slug(name: string): string {
  return name.replaceAll(' ', '-');
}

const files: Files = {'main.py': 'print("hello")\n', 'README.md': '# Old\n\nText.\n'};
const repoIn = (folder: string): string => path.join(folder, 'repo');

/** With everything a user may have going on: staged, changed, new and ignored files, a stash. */
async function makeBusy(at: string, more: Files = {}): Promise<void> {
  const repo = await makeRepo(at, {
    files: {...files, 'a.txt': 'a\n', 'b.txt': 'b\n', '.gitignore': '*.log\n', ...more},
  });
  await writeFile(path.join(at, 'a.txt'), 'stashed\n');
  await repo.git('stash', 'push', '-q');
  await writeFile(path.join(at, 'a.txt'), 'staged\n');
  await repo.git('add', 'a.txt');
  await writeFile(path.join(at, 'b.txt'), 'changed\n');
  await writeFile(path.join(at, 'new.txt'), 'new\n');
  await writeFile(path.join(at, 'debug.log'), 'ignored\n');
}

/** On `main`, with another branch that changed the same line. */
async function makeDiverged(at: string): Promise<TemporaryRepo> {
  const repo = await makeRepo(at, {files: {...files, 'a.txt': 'a\n'}});
  await repo.git('checkout', '-q', '-b', 'other');
  await writeFile(path.join(at, 'a.txt'), 'other\n');
  await repo.git('commit', '-q', '-am', 'Other');
  await repo.git('checkout', '-q', 'main');
  await writeFile(path.join(at, 'a.txt'), 'main\n');
  await repo.git('commit', '-q', '-am', 'Main');
  return repo;
}

const named =
  (name: string) =>
  async (folder: string): Promise<string> => {
    const at = path.join(folder, name);
    await makeRepo(at, {files});
    return at;
  };

const plain =
  (make: (at: string) => Promise<unknown>) =>
  async (folder: string): Promise<undefined> => {
    await make(repoIn(folder));
  };

export const oddRepos: readonly OddRepo[] = [
  {name: 'work in progress of every kind', outcome: 'changed', make: plain(at => makeBusy(at))},
  {name: 'no commits', outcome: 'no-commits', make: plain(at => makeRepo(at))},
  {
    name: 'no commits and files',
    outcome: 'no-commits',
    make: plain(async at => {
      await makeRepo(at);
      await writeFile(path.join(at, 'main.py'), 'x\n');
      await runGit(at, ['add', '.']);
    }),
  },
  {
    name: 'detached head',
    outcome: 'changed',
    make: plain(async at => {
      await makeBusy(at);
      await runGit(at, ['checkout', '-q', '--detach']);
    }),
  },
  {
    name: 'in the middle of a merge',
    outcome: 'changed',
    make: plain(async at => {
      const repo = await makeDiverged(at);
      await repo.git('merge', '-q', 'other').catch(() => '');
    }),
  },
  {
    name: 'in the middle of a rebase',
    outcome: 'changed',
    make: plain(async at => {
      const repo = await makeDiverged(at);
      await repo.git('rebase', '-q', 'main', 'other').catch(() => '');
    }),
  },
  {
    name: 'objects replaced by others',
    outcome: 'changed',
    make: plain(async at => {
      const repo = await makeRepo(at, {files, commits: [{files: {'main.py': 'print("second")\n'}}]});
      await repo.git('replace', 'HEAD', 'HEAD~1');
    }),
  },
  {
    name: 'a branch with a long name in folders',
    outcome: 'changed',
    make: plain(at => makeRepo(at, {files, branch: `a/${'long-'.repeat(40)}/name/ü`})),
  },
  {
    name: 'files without a newline, with CRLF, and with bytes that are no text',
    outcome: 'changed',
    make: plain(at =>
      makeRepo(at, {
        files: {...files, 'README.md': '# Old\n\nno end', 'b.md': 'b\r\n', 'a.bin': Buffer.from([0, 255, 254, 13, 10])},
      }),
    ),
  },
  {
    name: 'locked index',
    outcome: 'changed',
    make: plain(async at => {
      await makeBusy(at);
      await writeFile(path.join(at, '.git/index.lock'), '');
    }),
  },
  {
    name: 'no index',
    outcome: 'changed',
    make: plain(async at => {
      await makeRepo(at, {files});
      await rm(path.join(at, '.git/index'));
    }),
  },
  {name: 'spaces in its name', outcome: 'changed', make: named(' two  spaces ')},
  {name: 'a line break in its name', outcome: 'changed', make: named('line\nbreak')},
  {name: 'unicode in its name', outcome: 'changed', make: named('Zoë’s 仓库 🚀')},
  {name: 'decomposed unicode in its name', outcome: 'changed', make: named('Zoe\u0308')},
  {name: 'quotes, colons and backslashes in its name', outcome: 'changed', make: named('"a:b\\c\'*?$(x)"')},
  {name: 'a leading dash in its name', outcome: 'changed', make: named('--upload-pack=x')},
  {
    name: 'odd names of files',
    outcome: 'changed',
    make: plain(at =>
      makeBusy(at, {
        'a b.txt': 'x\n',
        'line\nbreak.txt': 'x\n',
        'tab\t.txt': 'x\n',
        'Zoë/仓库.txt': 'x\n',
        '-rf': 'x\n',
        '"q".txt': 'x\n',
        'back\\slash.txt': 'x\n',
        '\u202egnp.exe': 'x\n',
      }),
    ),
  },
  {
    name: 'names that differ in case only',
    outcome: 'changed',
    make: plain(at => makeRepo(at, {files: {...files, 'Readme.md': 'other\n', 'readme.MD': 'third\n'}})),
  },
  {
    name: 'submodules',
    outcome: 'changed',
    make: plain(async at => {
      const repo = await makeRepo(at, {
        files: {...files, '.gitmodules': '[submodule "x"]\n\tpath = lib/x\n\turl = ../x\n'},
      });
      await repo.git('update-index', '--add', '--cacheinfo', `160000,${repo.commit},lib/x`);
      await repo.git('commit', '-q', '-m', 'Submodule');
      await makeRepo(path.join(at, 'lib/x'), {files});
    }),
  },
  {
    name: 'is itself a submodule',
    outcome: 'changed',
    make: async folder => {
      const inner = await makeRepo(path.join(folder, 'inner'), {files});
      const outer = await makeRepo(path.join(folder, 'outer'), {files});
      await outer.git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', inner.path, 'lib/inner');
      return path.join(outer.path, 'lib/inner');
    },
  },
  {
    name: 'large files of LFS',
    outcome: 'changed',
    make: plain(at =>
      makeRepo(at, {
        files: {
          ...files,
          '.gitattributes': '*.bin filter=lfs diff=lfs merge=lfs -text\n',
          'a.bin': `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 12345\n`,
        },
      }),
    ),
  },
  {
    name: 'shallow',
    outcome: 'changed',
    make: async folder => {
      const commits = Array.from({length: 5}, (_, index) => ({files: {'main.py': `print(${index})\n`}}));
      const source = await makeRepo(path.join(folder, 'source'), {files, commits});
      await runGit(folder, ['clone', '-q', '--depth', '2', `file://${source.path}`, 'repo']);
      return undefined;
    },
  },
  {
    name: 'partial clone without its blobs',
    outcome: 'changed',
    make: async folder => {
      const source = await makeRepo(path.join(folder, 'source'), {files});
      await source.git('config', 'uploadpack.allowFilter', 'true');
      await runGit(folder, ['clone', '-q', '--filter=blob:none', `file://${source.path}`, 'repo']);
      return undefined;
    },
  },
  {
    name: 'borrows its objects',
    outcome: 'changed',
    make: async folder => {
      const source = await makeRepo(path.join(folder, 'source'), {files});
      await runGit(folder, ['clone', '-q', '--shared', source.path, 'repo']);
      return undefined;
    },
  },
  {name: 'packed', outcome: 'changed', make: plain(at => makeRepo(at, {files, packed: true}))},
  {
    name: 'packed refs',
    outcome: 'changed',
    make: plain(async at => {
      await (await makeRepo(at, {files})).git('pack-refs', '--all');
    }),
  },
  {name: 'bare', outcome: 'no-work-tree', make: plain(at => makeRepo(at, {files, bare: true}))},
  {
    name: 'linked worktree',
    outcome: 'changed',
    make: async folder => {
      const main = await makeRepo(path.join(folder, 'main'), {files});
      await main.git('worktree', 'add', '-q', '-b', 'side', '../repo');
      return undefined;
    },
  },
  {
    name: 'git folder elsewhere',
    outcome: 'changed',
    make: plain(async at => {
      await makeRepo(at, {files});
      await runGit(at, ['init', '-q', '--separate-git-dir', '../elsewhere.git']);
    }),
  },
  {
    name: 'reached through a link',
    outcome: 'changed',
    make: async folder => {
      await makeRepo(path.join(folder, 'real'), {files});
      await symlink('real', repoIn(folder));
      return undefined;
    },
  },
  {
    name: 'links out and in circles inside',
    outcome: 'changed',
    make: plain(at =>
      makeRepo(at, {
        files: {
          ...files,
          out: {symlink: '/etc'},
          passwd: {symlink: '/etc/passwd'},
          loop: {symlink: 'loop'},
          up: {symlink: '..'},
        },
      }),
    ),
  },
  {
    name: 'checked out with CRLF',
    outcome: 'changed',
    make: async folder => {
      const source = await makeRepo(path.join(folder, 'source'), {files});
      await runGit(folder, ['clone', '-q', '-c', 'core.autocrlf=true', source.path, 'repo']);
      return undefined;
    },
  },
  {
    name: 'SHA-256 objects',
    outcome: 'changed',
    make: plain(async at => {
      await runGit(path.dirname(at), ['init', '-q', '--object-format=sha256', '-b', 'main', 'repo']);
      await writeFile(path.join(at, 'main.py'), 'print("hello")\n');
      await runGit(at, ['add', '.']);
      await runGit(at, ['commit', '-q', '-m', 'First']);
    }),
  },
  {
    name: 'commands in its configuration and hooks',
    outcome: 'changed',
    make: plain(async at => {
      const canary = path.join(at, '../fired');
      const repo = await makeRepo(at, {files: {...files, '.gitattributes': '* filter=evil diff=evil\n'}});
      const command = `touch ${canary}`;
      for (const key of ['core.fsmonitor', 'core.sshCommand', 'core.pager', 'filter.evil.smudge', 'filter.evil.clean'])
        await repo.git('config', key, command);
      await mkdir(path.join(at, '.git/hooks'), {recursive: true});
      for (const hook of ['post-checkout', 'pre-commit', 'post-index-change', 'reference-transaction'])
        await writeFile(path.join(at, '.git/hooks', hook), `#!/bin/sh\n${command}\n`, {mode: 0o755});
    }),
  },
  {
    name: 'a sparse checkout',
    outcome: 'changed',
    make: plain(async at => {
      const repo = await makeRepo(at, {files: {...files, 'docs/a.md': 'a\n', 'src/b.py': 'b\n'}});
      await repo.git('sparse-checkout', 'set', 'src');
    }),
  },
  {
    name: 'a repository inside a repository',
    outcome: 'changed',
    make: async folder => {
      await makeRepo(path.join(folder, 'outer'), {files});
      const inner = path.join(folder, 'outer/vendor/inner');
      await makeRepo(inner, {files});
      return inner;
    },
  },
  {
    name: 'a folder inside a repository',
    outcome: 'not-a-repository',
    make: async folder => {
      await makeRepo(repoIn(folder), {files: {...files, 'sub/a.py': 'x\n'}});
      return path.join(repoIn(folder), 'sub');
    },
  },
  {
    name: 'no repository at all',
    outcome: 'not-a-repository',
    make: plain(async at => {
      await mkdir(at);
      await writeFile(path.join(at, 'main.py'), 'x\n');
    }),
  },
  ...(process.getuid?.() === 0
    ? [
        {
          name: 'another owner',
          outcome: 'changed',
          make: plain(async at => {
            await makeRepo(at, {files});
            await chownAll(at, 12_345);
          }),
        } as const,
      ]
    : []),
];

async function chownAll(at: string, id: number): Promise<void> {
  await chown(at, id, id);
  for (const name of await readdir(at, {recursive: true})) {
    const file = path.join(at, name);
    if (!(await lstat(file)).isSymbolicLink()) await chown(file, id, id);
  }
}

/** A repo of so many files, made by git itself in a second or so. */
export async function makeLargeRepo(at: string, count: number): Promise<void> {
  const parts = ['commit refs/heads/main\ncommitter Test <test@example.com> 1750000000 +0000\ndata 5\nLarge\n'];
  for (let index = 0; index < count; index++) {
    const content = `print(${index})\n`;
    parts.push(`M 100644 inline d${index % 97}/e${index % 31}/f${index}.py\ndata ${content.length}\n${content}\n`);
  }
  await makeRepo(at);
  await runGit(at, ['fast-import', '--quiet'], parts.join(''));
  await runGit(at, ['reset', '-q', '--hard']);
}
