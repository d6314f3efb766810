import {accessSync, constants, existsSync, readdirSync} from 'node:fs';
import {connect} from 'node:net';
import path from 'node:path';
import {findFleetFile} from '../../config/find-files.ts';
import {parseTaskConfiguration} from '../../config/task-configuration.ts';
import {ConfigurationError, type OrchestratorError} from '../../domain/errors.ts';
import {networkText} from '../../domain/network-use.ts';
import {formatProblem} from '../../domain/problem.ts';
import {networkWithoutEffect, type SandboxSettings} from '../../domain/sandbox.ts';
import {keptListings} from '../../fleet/list-sources.ts';
import {type Provider, resolveProviders} from '../../models/providers.ts';
import {loadRunConfiguration} from '../../run/load-run-configuration.ts';
import {shortenPath} from '../../util/expand-path.ts';
import {readBoundedFile} from '../../util/read-bounded-file.ts';
import type {Io} from '../io.ts';
import {openPlaces, shippedSkillsDir, sourcesDir} from '../places.ts';
import {type Check, failure, ok, warning} from './check.ts';

/** What the operator wrote, the keys, and servers on this machine. No key is shown and no provider is called. */
export async function checkConfiguration(io: Io, machine: Machine): Promise<Check[]> {
  const places = openPlaces(io, {});
  const providers = providersOf(io, places.models);
  return [
    ...checkFleet(io, places.fleet),
    ...checkSkills(places.skills()),
    ...checkTaskFiles(io, machine),
    ...(Array.isArray(providers) ? checkKeys(providers) : [providers]),
    ...(Array.isArray(providers) ? await Promise.all(providers.filter(isLocal).map(checkAddress)) : []),
    checkResultsFolder(io, places.settings.resultsDir),
  ];
}

interface Machine {
  readonly isSandboxStrong: boolean;
}

type Places = ReturnType<typeof openPlaces>;

function checkFleet(io: Io, read: Places['fleet']): Check[] {
  if (findFleetFile({cwd: io.cwd, orchestratorHome: io.stateDir}) === undefined)
    return [warning('fleet', 'there is no fleet file here', 'orchestrator init')];
  return attempt('fleet', () => {
    const fleet = read();
    const repos = (fleet?.repos ?? []).filter(repo => repo.active);
    if (repos.length === 0) return [warning('fleet', `${fleet?.file} has no active repo`, 'list your repos in it')];
    const missing = repos.filter(repo => repo.path !== undefined && !existsSync(repo.path));
    const text = `${fleet?.file}: ${repos.length} active repo${repos.length === 1 ? '' : 's'}`;
    if (missing.length === 0) return [ok('fleet', text)];
    const names = missing.slice(0, 3).map(repo => repo.name);
    const more = missing.length > names.length ? ` and ${missing.length - names.length} more` : '';
    return [
      warning(
        'fleet',
        `${text}, ${missing.length} of them missing on this machine: ${names.join(', ')}${more}`,
        'correct "path", or clone them',
      ),
    ];
  });
}

function checkSkills(library: ReturnType<Places['skills']>): Check[] {
  const skills = library.list();
  const broken = skills.filter(skill => skill.problem !== undefined);
  if (broken.length === 0) return [ok('skills', skills.map(skill => skill.name).join(', '))];
  return broken.map(skill => warning('skills', skill.problem ?? skill.name, 'correct it, or remove the folder'));
}

/** Every task configuration under `config/`; the fleet has a check of its own. */
function checkTaskFiles(io: Io, machine: Machine): Check[] {
  const folder = path.join(io.cwd, 'config');
  if (!existsSync(folder) || findFleetFile({cwd: io.cwd, orchestratorHome: io.stateDir}) === undefined) return [];
  const files = readdirSync(folder).filter(
    name => name.endsWith('.json') && !['repos.json', 'models.json'].includes(name),
  );
  return files
    .map(name => path.join(folder, name))
    .filter(isTaskFile)
    .flatMap(file =>
      attempt('configuration', () => {
        const {tasks, settings} = loadRunConfiguration({
          configFile: file,
          flags: {},
          cwd: io.cwd,
          home: io.home,
          env: io.env,
          orchestratorHome: io.stateDir,
          shippedSkillsDir,
          listings: keptListings(sourcesDir(io)),
        });
        const {network} = settings.sandbox;
        const reach = network.length === 0 ? '' : `; commands: ${networkText(network)}`;
        const text = `${shortenPath(file, io)}: ${tasks.length} task${tasks.length === 1 ? '' : 's'}${reach}`;
        const results = checkResultsFolder(io, settings.resultsDir);
        return [
          ok('configuration', text),
          ...checkNetwork(file, settings.sandbox, machine),
          ...(results.status === 'ok' ? [] : [results]),
        ];
      }),
    );
}

function checkNetwork(file: string, settings: SandboxSettings, {isSandboxStrong}: Machine): Check[] {
  const note = networkWithoutEffect(settings);
  if (note === undefined || isSandboxStrong || settings.minimum === 'strong') return [];
  return [warning('configuration', `${path.basename(file)}: ${note}`, 'let the container or VM filter')];
}

function isTaskFile(file: string): boolean {
  const {text} = readBoundedFile(file, 4 * 1024 * 1024);
  const value =
    text === undefined
      ? undefined
      : (parseTaskConfiguration(text, file).document.value as {tasks?: unknown} | undefined);
  return typeof value === 'object' && value !== null && 'tasks' in value;
}

const shownProblems = 3;

/** All problems of a file are one check; an empty fleet is said once, by its own. */
function attempt(name: string, look: () => Check[]): Check[] {
  try {
    return look();
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const problems = error.problems.filter(problem => problem.path !== 'repositories' || name === 'fleet');
    const shown = problems
      .slice(0, shownProblems)
      .map(problem => failure(name, formatProblem(problem), 'correct the file'));
    const more = problems.length - shown.length;
    return more > 0
      ? [...shown, failure(name, `and ${more} more problems`, 'see them with: orchestrator plan --config FILE')]
      : shown;
  }
}

function providersOf(io: Io, models: Places['models']): Provider[] | Check {
  try {
    return [...resolveProviders(io.env, models()).values()];
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return failure('models', (error as OrchestratorError).message.split('\n')[0] ?? '', 'correct config/models.json');
  }
}

function checkKeys(providers: readonly Provider[]): Check[] {
  const names = [...new Set(providers.flatMap(({key, keyEnv}) => (key === undefined ? [] : (keyEnv ?? []))))];
  const odd = providers.filter(({key}) => key !== undefined && !/^[\x21-\x7e]+$/.test(key));
  if (odd.length > 0)
    return odd.map(({keyEnv}) =>
      failure('keys', `${keyEnv} holds a space or another character that no key has`, `set ${keyEnv} again`),
    );
  if (names.length > 0) return [ok('keys', `${names.join(', ')} set`)];
  return [warning('keys', 'no key is set', 'export ANTHROPIC_API_KEY=…, or try without one: --model offline')];
}

function isLocal({baseUrl}: Provider): boolean {
  if (baseUrl === undefined || !URL.canParse(baseUrl)) return false;
  return /^(?:localhost|.*\.localhost|127(?:\.\d+){3}|\[::1\]|0\.0\.0\.0)$/.test(new URL(baseUrl).hostname);
}

const connectMs = 2_000;

/** Only whether somebody listens: nothing is sent. */
async function checkAddress({name, baseUrl}: Provider): Promise<Check> {
  const url = new URL(baseUrl ?? '');
  const port = Number(url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : url.port);
  const reached = await new Promise<boolean>(resolve => {
    const socket = connect({host: url.hostname.replace(/^\[|\]$/g, ''), port, timeout: connectMs});
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => end(true));
    socket.once('timeout', () => end(false));
    socket.once('error', () => end(false));
  });
  const check = `provider ${name}`;
  if (reached) return ok(check, `${url.host} answers`);
  const fix = `start the server, or correct its address`;
  // One from the models file may be there for another day; one in the environment is meant now.
  const isBuiltIn = ['anthropic', 'openai', 'google'].includes(name);
  return isBuiltIn
    ? failure(check, `nobody listens at ${url.host}`, fix)
    : warning(check, `nobody listens at ${url.host}`, fix);
}

function checkResultsFolder(io: Io, folder: string): Check {
  const shown = folder === io.home ? '~' : shortenPath(folder, io);
  try {
    accessSync(existsSync(folder) ? folder : path.dirname(folder), constants.W_OK | constants.X_OK);
    return ok('results', `go to ${shown}`);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    return failure('results', `${shown} cannot be written (${code})`, 'choose another --results-dir');
  }
}
