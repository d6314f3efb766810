import type {Repo} from '../../domain/repo.ts';
import {escapeLine} from '../../util/escape-text.ts';
import {shortenPath} from '../../util/expand-path.ts';
import {shellWord} from '../../util/shell-word.ts';
import type {Io} from '../io.ts';
import {openPlaces} from '../places.ts';
import {openPrompts, PromptCancelled, type Prompts} from '../prompts.ts';
import type {RunOptions} from '../run-options.ts';

/** What a bare `orchestrator` on a terminal offers: a skill, repos, go. */
export async function menu(io: Io, prompts?: Prompts): Promise<number> {
  const ask = prompts ?? (await openPrompts());
  const places = openPlaces(io, {});
  const repos = (places.fleet()?.repos ?? []).filter(repo => repo.active && repo.path !== undefined);
  try {
    ask.begin('orchestrator');
    if (repos.length === 0) return await begin(io, ask);
    const options = await choose(io, ask, repos);
    if (options === undefined) throw new PromptCancelled();
    return await (await import('./run.ts')).run(io, options);
  } catch (error) {
    if (!(error instanceof PromptCancelled)) throw error;
    io.err('Nothing was run.\n');
    return 130;
  }
}

/** The first time: there is no fleet yet. */
async function begin(io: Io, ask: Prompts): Promise<number> {
  const choice = await ask.one('There is no fleet file here yet.', [
    {value: 'init', label: 'Find my repositories', hint: 'orchestrator init'},
    {value: 'demo', label: 'Try it on a demo fleet', hint: 'no key needed'},
  ]);
  if (choice === 'init') return await (await import('./init.ts')).init(io, {}, ask);
  return await (await import('./demo.ts')).demo(io, {});
}

async function choose(io: Io, ask: Prompts, repos: readonly Repo[]): Promise<RunOptions | undefined> {
  const places = openPlaces(io, {});
  const skills = places
    .skills()
    .list()
    .filter(skill => skill.problem === undefined);
  const skill = await ask.one(
    'Which skill?',
    skills.map(({name, description}) => ({value: name, label: name, hint: escapeLine(description ?? '').slice(0, 60)})),
  );
  const chosen = await ask.several(
    'On which repos?',
    repos.map(({name, path}) => ({
      value: name,
      label: escapeLine(name),
      hint: escapeLine(shortenPath(path ?? '', io)),
    })),
    repos.length === 1 ? repos.map(repo => repo.name) : [],
  );
  const {openModels} = await import('../../orchestrator/open-models.ts');
  const model = (await openModels(io.env, places.models())).defaultModel;
  const count = `${chosen.length} repo${chosen.length === 1 ? '' : 's'}`;
  const what = model ?? 'offline: no key is set, so no model is asked';
  const command = `orchestrator run --skill ${skill} --repo-names ${chosen.map(shellWord).join(' ')}${model === undefined ? ' --model offline' : ''}`;
  ask.note(`The same without the menu: ${escapeLine(command)}`);
  if (!(await ask.confirm(`Run ${skill} on ${count} (${what})?`))) return undefined;
  ask.end('Starting');
  return {skill, repoNames: chosen, ...(model === undefined ? {model: 'offline'} : {})};
}
