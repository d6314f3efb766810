import {existsSync} from 'node:fs';
import {mkdir, readFile} from 'node:fs/promises';
import path from 'node:path';
import type {FailureReason} from '../../src/domain/outcome.ts';
import type {ResultRow} from '../../src/report/results-schema.ts';
import {type ScriptedAnswer, startScriptedModelServer} from '../../src/testing/scripted-model-server.ts';
import {makeFleet} from '../../src/testing/temporary-fleet.ts';
import {brokenRepos} from './broken-repos.ts';
import {anthropicAt, invitePerson, repoOf, type Said, wholeFile} from './person.ts';
import {providerFaults} from './provider-faults.ts';

export interface Night {
  readonly said: Said;
  readonly rows: readonly ResultRow[];
  /** What each job must have ended as, by its repo. */
  readonly expected: ReadonlyMap<string, FailureReason | 'changed'>;
  /** Files of healthy repos that are not what the model wrote, and files of failed ones that are. */
  readonly wrongFiles: readonly string[];
  /** Calls by repo. */
  readonly calls: ReadonlyMap<string, number>;
  readonly log: string;
}

/** One run over a fleet in which every kind of failure happens to one repo each, between many healthy ones. */
export async function spendNight(healthy: number): Promise<Night> {
  await using server = await startScriptedModelServer({record: false});
  await using person = await invitePerson({
    ...anthropicAt(server.url),
    OPENAI_API_KEY: 'sk-test',
    OPENAI_BASE_URL: `${server.url}/v1`,
    GOOGLE_GENERATIVE_AI_API_KEY: 'test',
    GOOGLE_GEMINI_BASE_URL: server.url,
  });
  const code = path.join(person.home, 'code');
  await mkdir(code);
  const slug = (name: string): string => name.replaceAll(' ', '-');
  const answers = new Map<string, ScriptedAnswer>(providerFaults.map(({name, answer}) => [slug(name), answer]));
  const calls = new Map<string, number>();
  server.reply(request => {
    const repo = repoOf(request);
    calls.set(repo, (calls.get(repo) ?? 0) + 1);
    return answers.get(repo) ?? wholeFile(repo);
  });

  const well = Array.from({length: healthy}, (_, index) => `healthy-${index}`);
  const plain = {files: {'main.py': 'print("hello")\n'}};
  await makeFleet(code, Object.fromEntries([...well, ...answers.keys()].map(name => [name, plain])));
  for (const {name, make} of brokenRepos) await make(path.join(code, slug(name)));

  // Whatever slows its provider down has a provider of its own, so that nobody waits for it.
  const own = providerFaults.filter(({contagious}) => contagious).map(({name}) => slug(name));
  await person.write('config/models.json', {
    providers: Object.fromEntries(
      own.map(name => [name, {kind: 'anthropic', base_url: server.url, api_key_env: 'ANTHROPIC_API_KEY'}]),
    ),
  });
  const expected = new Map<string, FailureReason | 'changed'>([
    ...well.map(name => [name, 'changed'] as const),
    ...[...providerFaults, ...brokenRepos].map(({name, outcome}) => [slug(name), outcome] as const),
  ]);
  const main = [
    ...brokenRepos.filter(({skill}) => skill === undefined),
    ...providerFaults.filter(({contagious, silent, vendor}) => !contagious && !silent && vendor === undefined),
  ].map(({name}) => slug(name));
  const vendor = (wanted: string): string[] =>
    providerFaults.filter(one => one.vendor === wanted).map(({name}) => slug(name));
  await person.write('config/repos.json', {
    repositories: [...expected.keys()].map(name => ({
      name,
      path: name === 'path-below-a-file' ? '~/code/a-file/repo' : `~/code/${name}`,
    })),
  });
  const task = (name: string, repos: readonly string[], more: object = {}): object => ({
    name,
    skill: 'readme-generator',
    repo_names: repos,
    ...more,
  });
  await person.write('config/night.json', {
    tasks: [
      task('Main', sprinkle(well, main)),
      task(
        'Journals',
        brokenRepos.filter(({skill}) => skill === 'journal').map(({name}) => slug(name)),
        {
          skill: 'journal',
        },
      ),
      task(
        'Silent',
        providerFaults.filter(({silent}) => silent).map(({name}) => slug(name)),
        {timeout_s: 0.4},
      ),
      task('OpenAI', vendor('openai'), {model: 'openai/gpt-6-sol'}),
      task('Google', vendor('google'), {model: 'google/gemini-3.8-flash'}),
      ...own.map(name => task(name, [name], {model: `${name}/some-model`})),
    ],
    settings: {max_workers: 16, max_attempts: 2, model: 'anthropic/claude-sonnet-5-5'},
  });

  const said = await person.call(['--config', 'config/night.json']);
  const rows = await person.results();
  const wrongFiles: string[] = [];
  for (const [name, outcome] of expected) {
    const file = path.join(code, name, 'README.md');
    const written = existsSync(path.join(code, name, 'main.py')) && !answers.has(name);
    if (outcome === 'changed' && (await readFile(file, 'utf8')) !== wholeFile(name)) wrongFiles.push(name);
    if (outcome !== 'changed' && !written && answers.has(name) && existsSync(file)) wrongFiles.push(name);
  }
  return {said, rows, expected, wrongFiles, calls, log: said.stdout};
}

/** The few spread evenly among the many. */
function sprinkle(many: readonly string[], few: readonly string[]): string[] {
  const every = many.length / few.length;
  return few.flatMap((name, index) => [
    ...many.slice(Math.floor(index * every), Math.floor((index + 1) * every)),
    name,
  ]);
}
