import {appendFile, mkdir, rename, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {commitFiles, makeRepo, runGit} from '../../src/testing/temporary-fleet.ts';

/** A way in which the `.git` folder, attributes, submodules or filters of a repo can run a command. */
export interface HostileVector {
  readonly name: string;
  /** Plants it in a repo; `command` leaves a mark when it runs. */
  plant(repo: string, command: string): Promise<unknown>;
}

/** Settings that git runs as a command, or that lead it to one. `CMD` is the command. */
const settings: readonly string[] = [
  'core.fsmonitor=CMD',
  'core.sshCommand=CMD',
  'core.pager=CMD',
  'core.editor=CMD',
  'core.askPass=CMD',
  'core.gitProxy=CMD',
  'core.alternateRefsCommand=CMD',
  'diff.external=CMD',
  'diff.evil.command=CMD',
  'diff.evil.textconv=CMD',
  'merge.evil.driver=CMD',
  'filter.evil.clean=CMD',
  'filter.evil.smudge=CMD',
  'filter.evil.process=CMD',
  'filter.lfs.smudge=CMD',
  'gpg.program=CMD',
  'gpg.ssh.program=CMD',
  'gpg.ssh.defaultKeyCommand=CMD',
  'credential.helper=!CMD',
  'credential.http://127.0.0.1.helper=!CMD',
  'alias.cat-file=!CMD',
  'alias.checkout-index=!CMD',
  'alias.push=!CMD',
  'remote.origin.uploadpack=CMD',
  'remote.origin.receivepack=CMD',
  'remote.origin.vcs=ext',
  'remote.origin.proxy=ext::CMD',
  'submodule.sub.update=!CMD',
  'uploadpack.packObjectsHook=CMD',
  'receive.procReceiveRefs=refs/heads',
  'trailer.sign.command=CMD',
  'interactive.diffFilter=CMD',
  'sequence.editor=CMD',
  'init.templateDir=/tmp/evil',
  'pager.cat-file=CMD',
  'gc.recentObjectsHook=CMD',
  'maintenance.auto=true',
];

const hooks = [
  ...['post-checkout', 'pre-commit', 'prepare-commit-msg', 'commit-msg', 'post-commit', 'pre-push', 'pre-receive'],
  ...['update', 'post-receive', 'post-update', 'reference-transaction', 'post-index-change', 'fsmonitor-watchman'],
  ...['pre-auto-gc', 'push-to-checkout', 'proc-receive', 'post-rewrite', 'post-merge', 'pre-rebase'],
];

async function set(repo: string, lines: readonly string[]): Promise<void> {
  for (const line of lines) {
    const at = line.indexOf('=');
    await runGit(repo, ['config', '--add', line.slice(0, at), line.slice(at + 1)]);
  }
}

async function plantHooks(folder: string, command: string): Promise<void> {
  await mkdir(folder, {recursive: true});
  for (const hook of hooks) await writeFile(join(folder, hook), `#!/bin/sh\n${command}\n`, {mode: 0o755});
}

export const hostileVectors: readonly HostileVector[] = [
  ...settings.map(line => ({
    name: line.slice(0, line.indexOf('=')),
    plant: (repo: string, command: string) => set(repo, [line.replace('CMD', () => command)]),
  })),
  {name: 'hooks', plant: (repo, command) => plantHooks(join(repo, '.git/hooks'), command)},
  {
    name: 'hooks elsewhere',
    async plant(repo, command) {
      await plantHooks(join(repo, 'my-hooks'), command);
      await set(repo, [`core.hooksPath=${join(repo, 'my-hooks')}`]);
    },
  },
  {
    name: 'an included configuration',
    async plant(repo, command) {
      await writeFile(join(repo, '.git/more'), `[core]\n\tfsmonitor = "${command}"\n\tsshCommand = "${command}"\n`);
      await set(repo, ['include.path=more']);
    },
  },
  {
    name: 'a configuration of the worktree',
    async plant(repo, command) {
      await writeFile(join(repo, '.git/config.worktree'), `[core]\n\tfsmonitor = "${command}"\n`);
      await set(repo, ['extensions.worktreeConfig=true']);
    },
  },
  {
    name: 'addresses that become commands',
    async plant(repo, command) {
      await set(repo, [`url.ext::sh -c ${command.replaceAll(' ', '% ')}.insteadOf=http`, 'protocol.ext.allow=always']);
    },
  },
  {
    name: 'a promisor of what is missing',
    async plant(repo, command) {
      await set(repo, [
        'core.repositoryFormatVersion=1',
        'extensions.partialClone=origin',
        'remote.origin.promisor=true',
        `remote.origin.url=ext::sh -c ${command.replaceAll(' ', '% ')}`,
        'protocol.ext.allow=always',
      ]);
      const id = await runGit(repo, ['rev-parse', 'HEAD:main.py']);
      await rm(join(repo, '.git/objects', id.slice(0, 2), id.slice(2)));
    },
  },
  {
    name: 'alternates with hooks of their own',
    async plant(repo, command) {
      const other = await makeRepo(`${repo}-other`, {files: {x: 'x'}});
      await plantHooks(join(other.path, '.git/hooks'), command);
      await set(other.path, [`core.fsmonitor=${command}`, `core.alternateRefsCommand=${command}`]);
      await mkdir(join(repo, '.git/objects/info'), {recursive: true});
      await writeFile(join(repo, '.git/objects/info/alternates'), `${other.path}/.git/objects\n`);
    },
  },
  {
    name: 'submodules with commands',
    async plant(repo, command) {
      await commitFiles(repo, {
        '.gitmodules': `[submodule "sub"]\n\tpath = sub\n\turl = ext::sh -c ${command.replaceAll(' ', '% ')}\n\tupdate = !${command}\n[submodule "../../x"]\n\tpath = x\n\turl = -u./payload\n`,
      });
      await runGit(repo, ['update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},sub`]);
      await runGit(repo, ['commit', '-q', '--no-verify', '-m', 'Submodule']);
      await set(repo, [
        'submodule.recurse=true',
        'submodule.sub.active=true',
        'fetch.recurseSubmodules=true',
        'push.recurseSubmodules=on-demand',
      ]);
    },
  },
  {
    name: 'attributes of the git folder',
    async plant(repo, command) {
      await mkdir(join(repo, '.git/info'), {recursive: true});
      await writeFile(join(repo, '.git/info/attributes'), '* filter=evil diff=evil merge=evil\n');
      await set(repo, [
        `filter.evil.smudge=${command}`,
        `filter.evil.clean=${command}`,
        `diff.evil.textconv=${command}`,
      ]);
    },
  },
  {
    name: 'a git folder inside the tree',
    async plant(repo, command) {
      const inner = join(repo, 'vendor/inner');
      await makeRepo(inner, {files: {x: 'x'}, bare: true});
      await plantHooks(join(inner, 'hooks'), command);
      await appendFile(join(inner, 'config'), `[core]\n\tfsmonitor = "${command}"\n\tworktree = "../.."\n`);
      await runGit(repo, ['add', '-f', 'vendor']);
      await runGit(repo, ['-c', 'core.fsmonitor=false', 'commit', '-q', '--no-verify', '-m', 'Vendor']);
    },
  },
  {
    name: 'a git folder elsewhere',
    async plant(repo, command) {
      await plantHooks(join(repo, '.git/hooks'), command);
      await set(repo, [`core.fsmonitor=${command}`]);
      await rename(join(repo, '.git'), `${repo}-git`);
      await writeFile(join(repo, '.git'), `gitdir: ${repo}-git\n`);
    },
  },
];

/** A repo in which everything asks for the filters and drivers of the vectors. */
export async function makeHostileRepo(at: string): Promise<void> {
  await makeRepo(at, {
    files: {
      'main.py': 'print("hello")\n',
      'README.md': '# Old\n',
      'a.bin': 'version https://git-lfs.github.com/spec/v1\n',
      '.gitattributes':
        '* filter=evil diff=evil merge=evil text=auto ident working-tree-encoding=UTF-16\n*.bin filter=lfs\n',
    },
  });
}
