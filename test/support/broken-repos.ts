import {chmod, link, mkdir, readdir, rm, symlink, writeFile} from 'node:fs/promises';
import {createServer} from 'node:net';
import path from 'node:path';
import type {FailureReason} from '../../src/domain/outcome.ts';
import {makeRepo, runGit, type TemporaryRepo} from '../../src/testing/temporary-fleet.ts';
import {runCommand} from '../../src/util/run-command.ts';

/** A repo for which a job must fail, and how. */
export interface BrokenRepo {
  readonly name: string;
  readonly outcome: FailureReason;
  /** Which skill meets the fault; default readme-generator (README.md). The journal writes docs/journal/YYYY-MM-DD.md. */
  readonly skill?: 'journal';
  make(at: string): Promise<void>;
}

const make = (at: string, more: Parameters<typeof makeRepo>[1] = {}): Promise<TemporaryRepo> =>
  makeRepo(at, {files: {'main.py': `print("${path.basename(at)}")\n`, 'README.md': '# Old\n'}, ...more});
const inGit = (at: string, file: string): string => path.join(at, '.git', file);
const isRoot = process.getuid?.() === 0;

async function makeFifo(file: string): Promise<void> {
  const {exitCode, stderr} = await runCommand('mkfifo', [file], {env: process.env});
  if (exitCode !== 0) throw new Error(stderr);
}

/** Path of the loose object that a name stands for. */
async function objectFile(repo: TemporaryRepo, name: string): Promise<string> {
  const id = await repo.git('rev-parse', name);
  return inGit(repo.path, `objects/${id.slice(0, 2)}/${id.slice(2)}`);
}

async function overwrite(file: string, content: string): Promise<void> {
  await rm(file, {force: true});
  await writeFile(file, content);
}

export const brokenRepos: readonly BrokenRepo[] = [
  {name: 'path missing', outcome: 'path-missing', make: async () => {}},
  {name: 'path below a file', outcome: 'path-missing', make: at => writeFile(`${path.dirname(at)}/a-file`, '')},
  {name: 'a file instead of a folder', outcome: 'not-a-repository', make: at => writeFile(at, 'no\n')},
  {name: 'an empty folder', outcome: 'not-a-repository', make: async at => void (await mkdir(at))},
  {
    name: 'a folder of files without git',
    outcome: 'not-a-repository',
    make: async at => {
      await mkdir(at);
      await writeFile(path.join(at, 'main.py'), '');
    },
  },
  {name: 'a link in a circle', outcome: 'path-missing', make: at => symlink(at, at)},
  {name: 'a link to nowhere', outcome: 'path-missing', make: at => symlink('/nowhere/at/all', at)},
  {name: 'no commits', outcome: 'no-commits', make: async at => void (await makeRepo(at))},
  {
    name: 'a fifo as git folder',
    outcome: 'not-a-repository',
    make: async at => {
      await mkdir(at);
      await makeFifo(path.join(at, '.git'));
    },
  },
  {
    name: 'an empty git file',
    outcome: 'not-a-repository',
    make: async at => {
      await mkdir(at);
      await writeFile(path.join(at, '.git'), '');
    },
  },
  {
    name: 'a git file that leads nowhere',
    outcome: 'not-a-repository',
    make: async at => {
      await mkdir(at);
      await writeFile(path.join(at, '.git'), 'gitdir: /nowhere/at/all\n');
    },
  },
  {
    name: 'a git link that leads nowhere',
    outcome: 'not-a-repository',
    make: async at => {
      await mkdir(at);
      await symlink('/nowhere/at/all', path.join(at, '.git'));
    },
  },
  {
    name: 'no head',
    outcome: 'not-a-repository',
    make: async at => {
      await make(at);
      await rm(inGit(at, 'HEAD'));
    },
  },
  {
    name: 'a head that is no ref',
    outcome: 'repo-corrupt',
    make: async at => {
      await make(at);
      await writeFile(inGit(at, 'HEAD'), 'nonsense\n');
    },
  },
  {
    name: 'a head that leads out of refs',
    outcome: 'repo-corrupt',
    make: async at => {
      await make(at);
      await writeFile(inGit(at, 'HEAD'), 'ref: refs/../../../etc/passwd\n');
    },
  },
  {
    name: 'a head in a circle',
    outcome: 'repo-corrupt',
    make: async at => {
      await make(at);
      await writeFile(inGit(at, 'refs/heads/main'), 'ref: refs/heads/main\n');
    },
  },
  {
    name: 'a fifo as head',
    outcome: 'repo-corrupt',
    make: async at => {
      await make(at);
      await rm(inGit(at, 'HEAD'));
      await makeFifo(inGit(at, 'HEAD'));
    },
  },
  {
    name: 'a ref of zeros',
    outcome: 'repo-corrupt',
    make: async at => {
      await make(at);
      await writeFile(inGit(at, 'refs/heads/main'), `${'0'.repeat(40)}\n`);
    },
  },
  {
    name: 'no commit object',
    outcome: 'repo-corrupt',
    make: async at => rm(await objectFile(await make(at), 'HEAD')),
  },
  {
    name: 'no tree object',
    outcome: 'repo-corrupt',
    make: async at => rm(await objectFile(await make(at), 'HEAD^{tree}')),
  },
  {
    name: 'a damaged tree object',
    outcome: 'repo-corrupt',
    make: async at => overwrite(await objectFile(await make(at), 'HEAD^{tree}'), 'garbage'),
  },
  {
    name: 'a commit object that is another one',
    outcome: 'repo-corrupt',
    make: async at => {
      const repo = await make(at, {commits: [{files: {'b.py': 'x\n'}}]});
      const [head, parent] = [await objectFile(repo, 'HEAD'), await objectFile(repo, 'HEAD~')];
      await rm(head);
      await link(parent, head);
    },
  },
  {
    name: 'a pack that was cut',
    outcome: 'repo-corrupt',
    make: async at => {
      await make(at, {packed: true});
      const folder = inGit(at, 'objects/pack');
      for (const name of await readdir(folder))
        if (name.endsWith('.pack')) await overwrite(path.join(folder, name), 'PACK');
    },
  },
  {
    name: 'a branch that is a commit id of a blob',
    outcome: 'repo-corrupt',
    make: async at => {
      const repo = await make(at);
      await writeFile(inGit(at, 'refs/heads/main'), `${await repo.git('rev-parse', 'HEAD:main.py')}\n`);
    },
  },
  {
    name: 'only binary files',
    outcome: 'context-empty',
    make: async at => void (await makeRepo(at, {files: {'a.bin': Buffer.from([0, 1, 2, 0xff, 0])}})),
  },
  {
    name: 'only secrets',
    outcome: 'context-empty',
    make: async at => void (await makeRepo(at, {files: {'config.py': `token = "ghp_${'A1b2C3d4E5f6'.repeat(3)}"\n`}})),
  },
  {
    name: 'only vendored files',
    outcome: 'context-empty',
    make: async at => void (await makeRepo(at, {files: {'node_modules/a/index.js': 'x\n'}})),
  },
  {name: 'an empty tree', outcome: 'context-empty', make: async at => void (await makeRepo(at, {files: {}}))},
  {
    name: 'a bare repository',
    outcome: 'no-work-tree',
    make: async at => void (await make(at, {bare: true})),
  },
  {
    name: 'an output with uncommitted changes',
    outcome: 'uncommitted-changes',
    make: async at => {
      await make(at);
      await writeFile(path.join(at, 'README.md'), '# Mine\n');
    },
  },
  {
    name: 'an output that nobody committed',
    outcome: 'uncommitted-changes',
    make: async at => {
      await makeRepo(at, {files: {'main.py': 'x\n'}});
      await writeFile(path.join(at, 'README.md'), '# Mine\n');
    },
  },
  {
    name: 'an output that is only staged',
    outcome: 'uncommitted-changes',
    make: async at => {
      await make(at);
      await writeFile(path.join(at, 'README.md'), '# Staged\n');
      await runGit(at, ['add', 'README.md']);
    },
  },
  {
    name: 'an output that was deleted',
    outcome: 'uncommitted-changes',
    make: async at => {
      await make(at);
      await rm(path.join(at, 'README.md'));
    },
  },
  {
    name: 'an output that is a link',
    outcome: 'path-not-a-file',
    make: async at => void (await makeRepo(at, {files: {'main.py': 'x\n', 'README.md': {symlink: 'main.py'}}})),
  },
  {
    name: 'an output that is a link out',
    outcome: 'path-not-a-file',
    make: async at => {
      await makeRepo(at, {files: {'main.py': 'x\n', 'README.md': {symlink: '../outside.md'}}});
      await writeFile(path.join(at, '../outside.md'), 'outside\n');
    },
  },
  {
    name: 'an output that is a folder',
    outcome: 'path-not-a-file',
    make: async at => void (await makeRepo(at, {files: {'main.py': 'x\n', 'README.md/a.md': 'x\n'}})),
  },
  {
    name: 'an output that is a fifo',
    outcome: 'path-not-a-file',
    make: async at => {
      await makeRepo(at, {files: {'main.py': 'x\n'}});
      await makeFifo(path.join(at, 'README.md'));
    },
  },
  {
    name: 'an output that is a socket',
    outcome: 'path-not-a-file',
    make: async at => {
      await makeRepo(at, {files: {'main.py': 'x\n'}});
      const server = createServer();
      // The path of a socket is short, so it is made elsewhere and moved by its link.
      const short = `/tmp/o-${process.pid}-${Date.now()}.sock`;
      await new Promise<void>(resolve => server.listen(short, resolve));
      await link(short, path.join(at, 'README.md'));
      await new Promise(resolve => server.close(resolve));
    },
  },
  {
    name: 'an output with two names',
    outcome: 'path-not-a-file',
    make: async at => {
      await make(at);
      await link(path.join(at, 'README.md'), path.join(at, '../other-name.md'));
    },
  },
  {
    name: 'an output that is read-only',
    outcome: 'write-denied',
    make: async at => {
      await make(at);
      await chmod(path.join(at, 'README.md'), 0o444);
    },
  },
  {
    name: 'a folder of the output that is a link out',
    outcome: 'path-not-a-file',
    skill: 'journal',
    make: async at => {
      await mkdir(path.join(at, '../outside-folder'), {recursive: true});
      await makeRepo(at, {files: {'main.py': 'x\n', docs: {symlink: '../outside-folder'}}});
    },
  },
  {
    name: 'a folder of the output that is a file',
    outcome: 'path-not-a-file',
    skill: 'journal',
    make: async at => void (await makeRepo(at, {files: {'main.py': 'x\n', docs: 'a file\n'}})),
  },
  {
    name: 'a submodule where the output goes',
    outcome: 'path-escapes',
    skill: 'journal',
    make: async at => {
      const repo = await make(at);
      await repo.git('update-index', '--add', '--cacheinfo', `160000,${repo.commit},docs`);
      await repo.git('commit', '-q', '-m', 'Submodule');
      await mkdir(path.join(at, 'docs'));
    },
  },
  {
    name: 'a repository inside the output folder',
    outcome: 'path-escapes',
    skill: 'journal',
    make: async at => {
      await make(at);
      await make(path.join(at, 'docs'));
    },
  },
  // Root may read and write everything.
  ...(isRoot
    ? []
    : [
        {
          name: 'an unreadable repository',
          outcome: 'repo-unreadable',
          make: async (at: string) => {
            await make(at);
            await chmod(inGit(at, 'objects'), 0);
          },
        } as const,
        {
          name: 'a read-only folder',
          outcome: 'write-denied',
          make: async (at: string) => {
            await makeRepo(at, {files: {'main.py': 'x\n'}});
            await chmod(at, 0o555);
          },
        } as const,
      ]),
];
