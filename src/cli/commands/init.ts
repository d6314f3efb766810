import {existsSync, rmSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {OrchestratorError} from '../../domain/errors.ts';
import {findRepos, isDirectory, isGitRepo} from '../../fleet/find-repos.ts';
import {uniqueName} from '../../fleet/unique-name.ts';
import {countOf} from '../../util/count-of.ts';
import {escapeLine} from '../../util/escape-text.ts';
import {expandPath, shortenPath} from '../../util/expand-path.ts';
import {makeFolder} from '../../util/make-folder.ts';
import {quoteText} from '../../util/quote-text.ts';
import {shellWord} from '../../util/shell-word.ts';
import {type FirstConfiguration, renderFleetFile, renderTaskFile} from '../first-configuration.ts';
import type {Io} from '../io.ts';
import {openPlaces} from '../places.ts';
import {openPrompts, PromptCancelled, type Prompts} from '../prompts.ts';

export interface InitOptions {
  readonly directory?: readonly string[];
  readonly skills?: readonly string[];
  readonly model?: string;
  readonly budget?: string;
  readonly yes?: true;
}

/** Writes config/repos.json and config/tasks.json of the working directory. Never overwrites, and writes nothing when it is left. */
export async function init(io: Io, options: InitOptions, prompts?: Prompts): Promise<number> {
  refuseOverwriting(io);
  checkFlags(io, options);
  const directories = whereToLook(io, options);
  const found = findIn(directories);
  if (found.length === 0) {
    throw new OrchestratorError(
      'no-repos',
      `no git repository in ${directories.map(folder => escapeLine(shortenPath(folder, io))).join(', ')}`,
      {
        hint: 'say where they are with --directory',
      },
    );
  }
  const named = nameRepos(found);
  if (options.yes || !io.canAsk) return finish(io, options, directories, named, withoutAsking(options, named));
  const ask = prompts ?? (await openPrompts());
  try {
    if (prompts === undefined) ask.begin('orchestrator init');
    return finish(io, options, directories, named, await askAll(io, options, ask, directories, named));
  } catch (error) {
    if (!(error instanceof PromptCancelled)) throw error;
    io.err('Nothing was written.\n');
    return 130;
  }
}

interface NamedRepo {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
}

interface Answers {
  readonly repos: readonly NamedRepo[];
  readonly skills: readonly string[];
  readonly model?: string;
  readonly budgetUsd?: number;
}

const files = {fleet: path.join('config', 'repos.json'), tasks: path.join('config', 'tasks.json')};

function refuseOverwriting(io: Io): void {
  const there = Object.values(files).filter(file => existsSync(path.join(io.cwd, file)));
  if (there.length === 0) return;
  throw new OrchestratorError(
    'init-exists',
    `${there.join(' and ')} ${there.length === 1 ? 'exists' : 'exist'} already; nothing was written`,
    {
      hint: 'edit it, or run init in another folder',
    },
  );
}

function checkFlags(io: Io, options: InitOptions): void {
  if (!io.canAsk && !options.yes && options.directory === undefined) {
    throw new OrchestratorError('cannot-ask', 'init has no terminal to ask on', {
      hint: 'give --yes or --directory DIR, and if you like --skills NAME, --model ID, --budget USD',
    });
  }
  const library = openPlaces(io, {}).skills();
  for (const name of options.skills ?? []) {
    const {problem} = library.load(name);
    if (problem !== undefined)
      throw new OrchestratorError(
        'unknown-skill',
        `--skills — ${problem.message}`,
        problem.hint === undefined ? {} : {hint: problem.hint},
      );
  }
  const budgetProblem = options.budget === undefined ? undefined : budgetFault(options.budget);
  if (budgetProblem !== undefined) throw new OrchestratorError('bad-flag', `--budget — ${budgetProblem}`);
  if (options.model !== undefined && !/^(?:offline|[\w.-]+\/[^\s/][^\s]*)$/.test(options.model)) {
    throw new OrchestratorError(
      'bad-flag',
      `--model — expected provider/model, or offline, found ${quoteText(options.model)}`,
    );
  }
}

function budgetFault(text: string): string | undefined {
  return /^\d{1,6}(?:\.\d{1,4})?$/.test(text) && Number(text) > 0
    ? undefined
    : `expected US dollars such as 5 or 2.50, found ${quoteText(text)}`;
}

/** Folders under the home directory in which people keep repositories. */
const usualFolders = ['code', 'workspace', 'src', 'projects', 'repos', 'dev', 'git', 'Code', 'Projects', 'Developer'];

function whereToLook(io: Io, {directory}: InitOptions): string[] {
  if (directory === undefined) {
    const usual = usualFolders.map(name => path.join(io.home, name)).filter(isDirectory);
    return [...new Set(io.cwd === io.home ? usual : [...usual, io.cwd])];
  }
  return directory.map(written => {
    const {path: folder, unset} = expandPath(written, {base: io.cwd, home: io.home, env: io.env});
    if (unset !== undefined)
      throw new OrchestratorError('bad-flag', `--directory — the environment variable ${unset} is not set`);
    if (!isDirectory(folder))
      throw new OrchestratorError('bad-flag', `--directory — ${quoteText(written)} is not a folder`);
    return folder;
  });
}

const depth = 3;

function findIn(directories: readonly string[]): string[] {
  return [...new Set(directories.flatMap(folder => (isGitRepo(folder) ? [folder] : findRepos(folder, depth))))];
}

function nameRepos(paths: readonly string[]): NamedRepo[] {
  const taken = new Set<string>();
  return paths.map(repoPath => {
    const name = uniqueName(repoPath, taken);
    taken.add(name);
    return {name, path: repoPath};
  });
}

const defaultSkills = ['repo-summarizer'];

function withoutAsking({skills, model, budget}: InitOptions, repos: readonly NamedRepo[]): Answers {
  return {
    repos,
    skills: skills ?? defaultSkills,
    ...(model === undefined ? {} : {model}),
    ...(budget === undefined ? {} : {budgetUsd: Number(budget)}),
  };
}

/** Every answer that is not a flag already. */
async function askAll(
  io: Io,
  options: InitOptions,
  ask: Prompts,
  directories: readonly string[],
  found: readonly NamedRepo[],
): Promise<Answers> {
  const where = directories.map(folder => escapeLine(shortenPath(folder, io))).join(', ');
  const names = await ask.several(
    `Which repositories? (${found.length} found in ${where})`,
    found.map(({name, path: folder}) => ({
      value: name,
      label: escapeLine(name),
      hint: escapeLine(shortenPath(folder, io)),
    })),
    found.map(({name}) => name),
  );
  const places = openPlaces(io, {});
  const library = places
    .skills()
    .list()
    .filter(skill => skill.problem === undefined);
  const skills =
    options.skills ??
    (await ask.several(
      'Which skills?',
      library.map(({name, description}) => ({
        value: name,
        label: name,
        hint: escapeLine(description ?? '').slice(0, 60),
      })),
      defaultSkills,
    ));
  const model = options.model ?? (await askModel(io, ask, places.models()));
  const budget = options.budget ?? (await askBudget(ask, model));
  return {
    repos: found.filter(({name}) => names.includes(name)),
    skills,
    ...(model === undefined ? {} : {model}),
    ...(budget === '' ? {} : {budgetUsd: Number(budget)}),
  };
}

async function askModel(
  io: Io,
  ask: Prompts,
  configuration: ReturnType<ReturnType<typeof openPlaces>['models']>,
): Promise<string | undefined> {
  const {openModels} = await import('../../orchestrator/open-models.ts');
  const models = await openModels(io.env, configuration);
  const withKey = (await models.list()).filter(({id, keyPresent}) => keyPresent && id !== 'offline').slice(0, 40);
  const usd = (value: number): string => value.toFixed(2);
  return await ask.one(
    models.defaultModel === undefined ? 'Which model? (no key is set in the environment)' : 'Which model?',
    [
      ...withKey.map(({id, price}) => ({
        value: id,
        label: id,
        hint:
          price === undefined
            ? 'price unknown'
            : `${usd(price.inputPerMillion)} in, ${usd(price.outputPerMillion)} out, USD per million tokens`,
      })),
      {value: 'offline', label: 'offline', hint: 'no model: what can be read off the repo, at no cost'},
    ],
    models.defaultModel ?? 'offline',
  );
}

async function askBudget(ask: Prompts, model: string | undefined): Promise<string> {
  if (model === 'offline') return '';
  return await ask.line('Budget of one run, in US dollars? (empty: no limit)', {
    initial: '5',
    problemOf: text => (text === '' ? undefined : budgetFault(text)),
  });
}

function finish(
  io: Io,
  options: InitOptions,
  directories: readonly string[],
  found: readonly NamedRepo[],
  answers: Answers,
): number {
  writeBoth(io, {
    ...answers,
    repos: answers.repos.map(({name, path: folder}) => ({name, path: shortFromHome(folder, io.home)})),
    schemaFolder: schemaFolder(io),
  });
  io.out(`wrote ${files.fleet} (${countOf(answers.repos.length, 'repo')}) and ${files.tasks}; nothing has run\n`);
  io.out(`next: orchestrator plan --config ${files.tasks}\n`);
  if (!options.yes) {
    const removed = found.length - answers.repos.length;
    const flags = [
      '--directory',
      ...directories.map(folder => shortFromHome(folder, io.home)),
      '--skills',
      ...answers.skills,
      ...(answers.model === undefined ? [] : ['--model', answers.model]),
      ...(answers.budgetUsd === undefined ? [] : ['--budget', String(answers.budgetUsd)]),
      '--yes',
    ];
    io.err(
      `the same without questions: orchestrator init ${flags.map(shellWord).join(' ')}${removed > 0 ? `   (it takes all ${found.length} repos)` : ''}\n`,
    );
  }
  return 0;
}

function shortFromHome(folder: string, home: string): string {
  return folder.startsWith(`${home}/`) ? `~${folder.slice(home.length)}` : folder;
}

/** Both files or none. */
function writeBoth(io: Io, configuration: FirstConfiguration): void {
  const written: string[] = [];
  const write = (name: string, text: string): void => {
    const file = path.join(io.cwd, name);
    makeFolder(path.dirname(file));
    writeFileSync(file, text, {flag: 'wx'});
    written.push(file);
  };
  try {
    write(files.fleet, renderFleetFile(configuration));
    write(files.tasks, renderTaskFile(configuration));
  } catch (error) {
    for (const file of written) rmSync(file, {force: true});
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new OrchestratorError('init-unwritable', `config/ cannot be written here (${code}); nothing was written`, {
      cause: error,
    });
  }
}

/** Relative where the package lies below the working directory, so that the files can be shared. */
function schemaFolder(io: Io): string {
  const folder = fileURLToPath(new URL('../../../schema', import.meta.url));
  const relative = path.relative(path.join(io.cwd, 'config'), folder);
  return path.relative(io.cwd, folder).startsWith('..') ? folder : relative;
}
