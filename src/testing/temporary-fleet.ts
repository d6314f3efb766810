import {mkdir, mkdtemp, rename, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {runCommand} from '../util/run-command.ts';

/** Content by path; `null` removes the path. */
export type Files = Readonly<Record<string, string | Buffer | {symlink: string} | {executable: string} | null>>;

export interface RepoCommit {
  readonly files: Files;
  readonly message?: string;
  readonly author?: string;
  /** Seconds since 1970; default: one minute after the commit before it. */
  readonly time?: number;
}

export interface RepoOptions {
  /** First commit. With neither `files` nor `commits` the repo has no commit. */
  readonly files?: Files;
  /** Further commits, oldest first. */
  readonly commits?: readonly RepoCommit[];
  /** Default `main`. */
  readonly branch?: string;
  readonly bare?: boolean;
  /** Objects in one pack instead of loose files. */
  readonly packed?: boolean;
}

export interface TemporaryRepo {
  readonly path: string;
  /** Tip of the branch; empty without commits. */
  readonly commit: string;
  /** Runs git in the repo and gives its trimmed stdout; throws when git fails. */
  git(...args: string[]): Promise<string>;
}

export interface TemporaryDirectory extends AsyncDisposable {
  readonly path: string;
}

/** A new empty directory, removed with everything in it when disposed. */
export async function makeTemporaryDirectory(): Promise<TemporaryDirectory> {
  const path = await mkdtemp(join(tmpdir(), 'orchestrator-test-'));
  return {path, [Symbol.asyncDispose]: () => rm(path, {recursive: true, force: true, maxRetries: 3})};
}

/** Makes a real git repository. The same options give the same commit ids. Takes two git processes, whatever the number of commits. */
export async function makeRepo(path: string, options: RepoOptions = {}): Promise<TemporaryRepo> {
  const branch = options.branch ?? 'main';
  const gitDirectory = options.bare === true ? path : join(path, '.git');
  await mkdir(join(gitDirectory, 'objects'), {recursive: true});
  await mkdir(join(gitDirectory, 'refs', 'heads'), {recursive: true});
  await writeFile(join(gitDirectory, 'HEAD'), `ref: refs/heads/${branch}\n`);
  await writeFile(
    join(gitDirectory, 'config'),
    `[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = ${options.bare === true}\n` +
      `[user]\n\tname = Test\n\temail = test@example.com\n`,
  );
  const git = async (...args: string[]): Promise<string> => runGit(path, args);
  const commits = [...(options.files === undefined ? [] : [{files: options.files}]), ...(options.commits ?? [])];
  if (commits.length === 0) return {path, commit: '', git};
  const unpackLimit = options.packed === true ? 1 : 1_000_000;
  const importArgs = ['-c', `fastimport.unpackLimit=${unpackLimit}`, 'fast-import', '--quiet', '--force'];
  await runGit(path, importArgs, importStream(branch, commits));
  const commit = options.bare === true ? await git('rev-parse', branch) : await checkOut(path);
  return {path, commit, git};
}

/** Moves the objects of a repo to where git finds them through an alternate, so that they cannot be read without asking it. */
export async function borrowObjects(path: string): Promise<void> {
  const objects = join(path, '.git/objects');
  await rename(objects, `${objects}-elsewhere`);
  await mkdir(join(objects, 'info'), {recursive: true});
  await writeFile(join(objects, 'info/alternates'), '../objects-elsewhere\n');
}

/** Makes one repo a name under `directory`, some at a time. */
export async function makeFleet(
  directory: string,
  repos: Readonly<Record<string, RepoOptions>>,
): Promise<Map<string, TemporaryRepo>> {
  const made = new Map<string, TemporaryRepo>();
  const waiting = Object.entries(repos);
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      made.set(next[0], await makeRepo(join(directory, next[0]), next[1]));
    }
  };
  await Promise.all(Array.from({length: 4}, work));
  return new Map(Object.keys(repos).map(name => [name, made.get(name)!]));
}

/** Writes the files into the work tree and commits everything there is. */
export async function commitFiles(path: string, files: Files, message = 'Change'): Promise<string> {
  for (const [name, content] of Object.entries(files)) {
    const target = join(path, name);
    await rm(target, {force: true});
    if (content === null) continue;
    await mkdir(dirname(target), {recursive: true});
    if (typeof content === 'string' || Buffer.isBuffer(content)) await writeFile(target, content);
    else if ('executable' in content) await writeFile(target, content.executable, {mode: 0o755});
    else throw new Error('commitFiles does not make links; give them to makeRepo');
  }
  await runGit(path, ['add', '-A', '-f']);
  await runGit(path, ['commit', '-q', '--no-verify', '-m', message]);
  return runGit(path, ['rev-parse', 'HEAD']);
}

/** Runs git there with an environment that is the same on every machine; throws when git fails. */
export async function runGit(cwd: string, args: readonly string[], input?: string | Buffer): Promise<string> {
  const result = await runCommand('git', args, {cwd, env: testEnvironment(), ...(input === undefined ? {} : {input})});
  if (result.exitCode !== 0) throw new Error(`git ${args.join(' ')} in ${cwd}: ${result.stderr}`);
  return result.stdout.toString('utf8').trimEnd();
}

const firstTime = 1_750_000_000;

function testEnvironment(): NodeJS.ProcessEnv {
  const who = {NAME: 'Test', EMAIL: 'test@example.com', DATE: `${firstTime + 3600} +0000`};
  const environment: NodeJS.ProcessEnv = {
    PATH: process.env.PATH,
    HOME: '/nonexistent',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_ALLOW_PROTOCOL: 'file',
    LC_ALL: 'C',
  };
  for (const [key, value] of Object.entries(who)) {
    environment[`GIT_AUTHOR_${key}`] = value;
    environment[`GIT_COMMITTER_${key}`] = value;
  }
  return environment;
}

async function checkOut(path: string): Promise<string> {
  await runGit(path, ['reset', '-q', '--hard']);
  return runGit(path, ['rev-parse', 'HEAD']);
}

function importStream(branch: string, commits: readonly RepoCommit[]): Buffer {
  const parts: Buffer[] = [];
  const data = (content: string | Buffer): void => {
    const bytes = Buffer.from(content);
    parts.push(Buffer.from(`data ${bytes.length}\n`), bytes, Buffer.from('\n'));
  };
  let time = firstTime;
  for (const commit of commits) {
    time = commit.time ?? time + 60;
    const author = `${commit.author ?? 'Test'} <test@example.com> ${time} +0000`;
    parts.push(Buffer.from(`commit refs/heads/${branch}\nauthor ${author}\ncommitter ${author}\n`));
    data(commit.message ?? 'Change');
    for (const [name, content] of Object.entries(commit.files)) {
      if (content === null) {
        parts.push(Buffer.from(`D ${quote(name)}\n`));
        continue;
      }
      const [mode, bytes] =
        typeof content === 'string' || Buffer.isBuffer(content)
          ? ['100644', content]
          : 'symlink' in content
            ? ['120000', content.symlink]
            : ['100755', content.executable];
      parts.push(Buffer.from(`M ${mode} inline ${quote(name)}\n`));
      data(bytes);
    }
  }
  return Buffer.concat(parts);
}

function quote(path: string): string {
  return `"${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}
