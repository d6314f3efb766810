import {constants, existsSync} from 'node:fs';
import {access, mkdir, readFile, writeFile} from 'node:fs/promises';
import {devNull} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {OrchestratorError} from '../domain/errors.ts';
import {makeFolder} from '../util/make-folder.ts';
import {runCommand} from '../util/run-command.ts';

export interface DemoFleet {
  readonly fleetFile: string;
  readonly configFile: string;
  /** Absolute paths of the repos, in the order of the fleet file. */
  readonly repos: readonly string[];
}

/**
 * Writes real git repositories of several languages, a fleet file and a task configuration into `directory`.
 * The same `now` gives the same commit ids. Throws when something of what it would write is there already.
 */
export async function createDemoFleet(directory: string, {now}: {now: Date}): Promise<DemoFleet> {
  const {authors, repos} = JSON.parse(await readFile(path.join(sources, 'fleet.json'), 'utf8')) as Sources;
  const fleetFile = path.join(directory, 'repos.json');
  const configFile = path.join(directory, 'tasks.json');
  const taken = [fleetFile, configFile, ...repos.map(({name}) => path.join(directory, name))].find(existsSync);
  if (taken !== undefined)
    throw new OrchestratorError('demo-exists', `${taken} exists already`, {hint: 'choose an empty folder'});
  await makeDirectory(directory);
  const paths = await Promise.all(
    repos.map(async repo => {
      const target = path.join(directory, repo.name);
      await mkdir(target);
      const stream = await importStream(repo, authors, Math.floor(now.getTime() / 1000));
      await git(target, ['init', '--quiet', '--template=', '--initial-branch=main']);
      await git(target, ['fast-import', '--quiet'], stream);
      await git(target, ['reset', '--quiet', '--hard', 'main']);
      return target;
    }),
  );
  await writeJson(fleetFile, {
    repositories: repos.map(({name, description, tags}) => ({
      name,
      path: `./${name}`,
      branch: 'main',
      description,
      tags,
    })),
  });
  await writeJson(configFile, {
    description: 'Two skills over the demo fleet, without a model',
    tasks: [
      {name: 'Update READMEs', skill: 'readme-generator', group: 'all'},
      {name: 'Update PROJECT.md', skill: 'repo-summarizer', group: 'all'},
    ],
    settings: {fleet: './repos.json', model: 'offline', max_workers: 4, results_dir: '.'},
  });
  return {fleetFile, configFile, repos: paths};
}

/** `fleet.json`: how the files of each repo came to be. */
interface Sources {
  readonly authors: Readonly<Record<string, string>>;
  readonly repos: readonly SourceRepo[];
}

interface SourceRepo {
  readonly name: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly commits: readonly {
    readonly hoursAgo: number;
    readonly author: string;
    readonly message: string;
    readonly files: readonly string[];
    /** Replacements that turn the file as it is in the end into the file as this commit had it. */
    readonly earlier?: Readonly<Record<string, readonly (readonly [find: string, replaceBy: string])[]>>;
  }[];
}

const sources = fileURLToPath(new URL('../../examples/fleet/', import.meta.url));

// npm and git act on files of these names, so the package carries them under others
const storedNames: Readonly<Record<string, string>> = {'.gitignore': '_gitignore', '.env': '_env'};

async function makeDirectory(directory: string): Promise<void> {
  try {
    makeFolder(directory);
    await access(directory, constants.W_OK | constants.X_OK);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new OrchestratorError('demo-unwritable', `nothing can be written in ${directory} (${code})`, {
      hint: 'choose another --directory',
      cause: error,
    });
  }
}

/** Everything that `git fast-import` needs to make the whole history in one process. */
async function importStream(repo: SourceRepo, authors: Sources['authors'], nowS: number): Promise<string> {
  const parts: string[] = [];
  for (const commit of repo.commits) {
    const who = `${authors[commit.author]} ${nowS - commit.hoursAgo * 3600} +0000`;
    parts.push(`commit refs/heads/main\nauthor ${who}\ncommitter ${who}\n${data(`${commit.message}\n`)}`);
    for (const file of commit.files) {
      let text = await readFile(path.join(sources, repo.name, storedNames[file] ?? file), 'utf8');
      for (const [find, replaceBy] of commit.earlier?.[file] ?? []) {
        if (!text.includes(find))
          throw new Error(`fleet.json: ${repo.name}/${file} does not hold ${JSON.stringify(find)}`);
        text = text.replace(find, () => replaceBy);
      }
      parts.push(`M ${text.startsWith('#!') ? '100755' : '100644'} inline ${file}\n${data(text)}`);
    }
  }
  return parts.join('');
}

const data = (text: string): string => `data ${Buffer.byteLength(text)}\n${text}\n`;

const writeJson = (file: string, value: unknown): Promise<void> =>
  writeFile(file, `${JSON.stringify(value, undefined, 2)}\n`);

/** Runs git in a repo we have just made, without any configuration, hook or identity of the person. */
async function git(directory: string, args: readonly string[], input = ''): Promise<void> {
  const env = {
    PATH: process.env['PATH'],
    SYSTEMROOT: process.env['SYSTEMROOT'],
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: devNull,
    GIT_TERMINAL_PROMPT: '0',
    GIT_CEILING_DIRECTORIES: path.dirname(directory),
  };
  const safe = ['-c', `core.hooksPath=${devNull}`, '-c', 'core.autocrlf=false'];
  const {exitCode, stderr} = await runCommand('git', [...safe, ...args], {cwd: directory, env, input});
  if (exitCode !== 0) throw new Error(`git ${args[0]} in ${directory} ended with ${exitCode}: ${stderr.trim()}`);
}
