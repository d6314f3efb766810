import {existsSync} from 'node:fs';
import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {JobFailure} from '../../src/domain/outcome.ts';
import {makeRepo} from '../../src/testing/temporary-fleet.ts';
import {runCommand} from '../../src/util/run-command.ts';
import {createCheckouts} from '../../src/workspace/checkout.ts';
import {createMirrors} from '../../src/workspace/mirrors.ts';
import {openObjectStore} from '../../src/workspace/object-store.ts';
import {RemoteGit} from '../../src/workspace/remote-git.ts';
import {openBranchRig} from './branch-rig.ts';
import {startGitHttpServer} from './git-http-server.ts';
import {type HostileVector, makeHostileRepo} from './hostile-repos.ts';

export interface HostileResult {
  /** Everything we do with git, by name, and how it ended. */
  readonly did: Readonly<Record<string, string>>;
  /** A command of the repo ran. */
  readonly fired: boolean;
  /** The same commands run when a person uses git there. */
  readonly firesForPersons: boolean;
}

/** Does with a hostile repo all that is done with any: read, check out, deliver a branch here and there, mirror. */
export async function tryHostileRepo(vectors: readonly HostileVector[]): Promise<HostileResult> {
  const rig = await openBranchRig();
  const server = await startGitHttpServer(rig.path);
  try {
    const repo = join(rig.path, 'repo');
    const mark = join(rig.path, 'fired');
    await makeHostileRepo(repo);
    await makeRepo(join(rig.path, 'remote.git'), {files: {'a.txt': 'a\n'}, bare: true});
    for (const vector of vectors) await vector.plant(repo, `touch ${mark}`);
    const planted = existsSync(mark);
    await runCommand('rm', ['-f', mark], {env: process.env});

    const env = {PATH: process.env['PATH'], HOME: rig.path};
    const did: Record<string, string> = {};
    const act = async (name: string, work: () => Promise<unknown>): Promise<void> => {
      try {
        did[name] = String((await work()) ?? 'done');
      } catch (error) {
        if (!(error instanceof JobFailure)) throw error;
        did[name] = error.failure.reason;
      }
    };
    const url = `${server.url}/remote.git`;
    await act('check out', async () => {
      await using store = await openObjectStore({directory: join(rig.path, 'state/git')});
      using reader = await store.open(repo);
      const gitDirectory = join(rig.path, 'state/git');
      const checkout = await createCheckouts({directory: join(rig.path, 'state/workspaces'), gitDirectory}).create(
        reader,
      );
      await writeFile(join(checkout.directory, 'new.txt'), 'x\n');
      await writeFile(join(checkout.directory, '.gitattributes'), '* filter=evil\n');
      const edits = await checkout.edits();
      await checkout.remove();
      return edits.length > 0 ? 'done' : 'nothing';
    });
    await act('branch', async () => (await rig.night(repo, {files: {'README.md': '# New\n'}})).state);
    await act('push', async () => (await rig.night(repo, {files: {'README.md': '# New\n'}, push: true, url})).state);
    await act('push again', async () => {
      const night = {files: {'README.md': '# Newer\n'}, push: true, local: false, url, at: 1_770_000_000};
      return (await rig.night(repo, night)).state;
    });
    await act('mirror', async () => {
      const mirrors = createMirrors({directory: join(rig.path, 'state/mirrors'), remoteGit: new RemoteGit({env})});
      await mirrors.refresh(repo, undefined);
    });
    const fired = existsSync(mark);
    for (const args of [
      ['status'],
      ['commit', '-q', '--allow-empty', '-m', 'x'],
      ['fetch', url],
      ['diff', 'HEAD~1'],
      ['log', '-1'],
    ])
      await runCommand('git', args, {
        cwd: repo,
        env: {
          ...env,
          GIT_AUTHOR_NAME: 'a',
          GIT_AUTHOR_EMAIL: 'a@b',
          GIT_COMMITTER_NAME: 'a',
          GIT_COMMITTER_EMAIL: 'a@b',
        },
      });
    return {did, fired, firesForPersons: planted || existsSync(mark)};
  } finally {
    await server[Symbol.asyncDispose]();
    await rig[Symbol.asyncDispose]();
  }
}
