import {existsSync} from 'node:fs';
import {cp, mkdir, rename} from 'node:fs/promises';
import path from 'node:path';
import {runGit} from '../src/testing/temporary-fleet.ts';

/** Folders with code that people wrote, of several ecosystems; those that a machine does not have are left away. */
const sources: Readonly<Record<string, string>> = {
  zod: 'node_modules/zod',
  hono: 'node_modules/hono',
  yaml: 'node_modules/yaml',
  commander: 'node_modules/commander',
  'fast-check': 'node_modules/fast-check',
  ajv: 'node_modules/ajv',
  'jsonc-parser': 'node_modules/jsonc-parser',
  picomatch: 'node_modules/picomatch',
  'python-asyncio': '/usr/lib/python3.11/asyncio',
  'python-email': '/usr/lib/python3.11/email',
  'python-unittest': '/usr/lib/python3.11/unittest',
  'python-json': '/usr/lib/python3.11/json',
  'python-importlib': '/usr/lib/python3.11/importlib',
  pygments: '/usr/lib/python3/dist-packages/pygments',
  oauthlib: '/usr/lib/python3/dist-packages/oauthlib',
  httplib2: '/usr/lib/python3/dist-packages/httplib2',
  'c-linux-headers': '/usr/include/linux',
  'c-x11-headers': '/usr/include/X11',
  'perl-pod': '/usr/share/perl/5.36/Pod',
  'perl-test2': '/usr/share/perl/5.36/Test2',
  'git-contrib': '/usr/share/doc/git/contrib',
  'go-linkd': 'examples/fleet/linkd',
  'rust-rangeset': 'examples/fleet/rangeset',
  'java-timesheet': 'examples/fleet/timesheet',
  'python-pocketbook': 'examples/fleet/pocketbook',
  'c-tally': 'examples/fleet/tally',
  'js-wordfreq': 'examples/fleet/wordfreq',
};

/** Makes a git repository of each below `directory` and gives their paths. */
export async function makeContextRepos(directory: string): Promise<string[]> {
  const repos: string[] = [];
  for (const [name, source] of Object.entries(sources)) {
    if (!existsSync(source)) continue;
    const repo = path.join(directory, name);
    await mkdir(repo, {recursive: true});
    await cp(source, repo, {
      recursive: true,
      filter: file => !/(?:\/node_modules\/.*\/node_modules|__pycache__)(?:\/|$)/.test(path.resolve(file)),
    });
    // Packages hold their code under a name that means build output in a repository; we would not read it, which would be no comparison.
    if (existsSync(path.join(repo, 'dist'))) await rename(path.join(repo, 'dist'), path.join(repo, 'source'));
    await runGit(repo, ['init', '-q', '-b', 'main']);
    await runGit(repo, ['add', '-A', '-f']);
    await runGit(repo, ['-c', 'user.name=Bench', '-c', 'user.email=bench@example.com', 'commit', '-q', '-m', 'Import']);
    repos.push(repo);
  }
  return repos;
}
