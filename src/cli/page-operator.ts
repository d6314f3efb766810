import {existsSync, readdirSync} from 'node:fs';
import path from 'node:path';
import {ConfigurationError} from '../domain/errors.ts';
import type {JobRecord, RunRecord} from '../domain/run.ts';
import type {Skill} from '../domain/skill.ts';
import type {Ledger} from '../ledger/ledger.ts';
import type {ShownPrompt} from '../run/show-prompt.ts';
import {loadSkill} from '../skills/load-skill.ts';
import {shortenPath} from '../util/expand-path.ts';
import {readBoundedFile} from '../util/read-bounded-file.ts';
import type {Io} from './io.ts';
import {openPlaces} from './places.ts';

/** What the page shows of the files of the operator, from the places where every command looks. */
export function openOperator(io: Io, ledger: Ledger) {
  const {stateDir, env, queue} = io;
  return {
    tags: () => new Map(readRepos(io).map(({name, tags}) => [name, tags])),
    skill: (name: string, directory: string | undefined) => readSkill(io, name, directory),
    settings: () => readSettings(io),
    async checks() {
      const {checkAll} = await import('./commands/doctor.ts');
      return await checkAll(io);
    },
    async prompt(run: RunRecord, record: JobRecord): Promise<ShownPrompt> {
      const {readPrompt} = await import('../orchestrator/read-prompt.ts');
      return await readPrompt(run, record, {ledger, stateDir, env, ...(queue === undefined ? {} : {queue})});
    },
  };
}

function readRepos(io: Io): readonly {readonly name: string; readonly tags: readonly string[]}[] {
  try {
    return openPlaces(io, {}).fleet()?.repos ?? [];
  } catch (error) {
    // The settings page and doctor say what is wrong with it; here it only means that nothing is known.
    if (error instanceof ConfigurationError) return [];
    throw error;
  }
}

/** By name as a command finds it, else in the folder that a run had it from. */
function readSkill(io: Io, name: string, directory: string | undefined) {
  const named = openPlaces(io, {}).skills().load(name);
  if (named.skill !== undefined) return {skill: toText(named.skill)};
  const kept = directory === undefined ? undefined : loadSkill(directory, {source: 'operator'}).skill;
  return kept === undefined ? {problem: named.problem.message} : {skill: toText(kept)};
}

function toText({references, template, mode, output, ...skill}: Skill) {
  return {
    description: skill.description,
    directory: skill.directory,
    source: skill.source,
    ...(mode === undefined ? {} : {mode}),
    ...(output === undefined ? {} : {output}),
    allowedTools: skill.allowedTools,
    references: [...references.keys()],
    digest: skill.digest,
    instructions: skill.instructions,
    ...(template === undefined ? {} : {template}),
  };
}

const maxFileBytes = 512 * 1024;

async function readSettings(io: Io) {
  const folders = [path.join(io.cwd, 'config'), io.stateDir];
  const files = folders.flatMap(folder =>
    existsSync(folder)
      ? readdirSync(folder)
          .filter(name => name.endsWith('.json'))
          .sort()
          .map(name => path.join(folder, name))
      : [],
  );
  const {maskSecrets} = await import('../context/secrets.ts');
  return {
    places: [
      {name: 'working directory', path: io.cwd},
      {name: 'state folder', path: io.stateDir},
      ...(io.queue === undefined ? [] : [{name: 'queue', path: withoutPassword(io.queue)}]),
    ],
    files: await Promise.all(
      files.map(async file => {
        const {text, fault} = readBoundedFile(file, maxFileBytes);
        const shown = {path: shortenPath(file, io)};
        return text === undefined
          ? {...shown, problem: fault.message}
          : {...shown, text: await maskSecrets(text, file)};
      }),
    ),
  };
}

function withoutPassword(url: string): string {
  if (!URL.canParse(url)) return url;
  const shown = new URL(url);
  shown.password = '';
  return shown.href;
}
