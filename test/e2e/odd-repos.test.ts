import {readFile, stat} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import type {ResultRow} from '../../src/report/results-schema.ts';
import {type ScriptedModelServer, startScriptedModelServer} from '../../src/testing/scripted-model-server.ts';
import {makeOddFleet, type OddFleet, oddFolder, oddRepos, slug} from '../support/odd-repos.ts';
import {anthropicAt, invitePerson, type Person, repoOf, type Said, wholeFile} from '../support/person.ts';
import {changesBetween, snapshotTree} from '../support/snapshot-tree.ts';

/** A path with a line break cannot stand in a fleet file; such a repo is found in a source and called after its folder. */
const found = 'a line break in its name';
const nameOf = (name: string): string => (name === found ? 'line\nbreak' : slug(name));

describe('odd repos, files delivered into them', () => {
  let server: ScriptedModelServer;
  let person: Person;
  let said: Said;
  let rows: Map<string, ResultRow>;
  let paths: OddFleet['paths'];
  let before: OddFleet['before'];
  const folderOf = (name: string): string => oddFolder(person.home, name);

  beforeAll(async () => {
    server = await startScriptedModelServer();
    server.reply(request => wholeFile(repoOf(request)));
    person = await invitePerson(anthropicAt(server.url));
    ({paths, before} = await makeOddFleet(oddRepos, person.home));
    await person.write('config/repos.json', {
      repositories: oddRepos
        .filter(({name}) => name !== found)
        .map(({name}) => ({name: slug(name), path: paths.get(name)})),
      sources: [{directory: folderOf(found)}],
    });
    said = await person.start(['--skill', 'readme-generator', '--max-workers', '8']);
    rows = new Map((await person.results()).map(row => [row.repo, row]));
  });
  afterAll(async () => {
    await person[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  it.each(oddRepos)('$name: $outcome', async ({name, outcome}) => {
    const row = rows.get(nameOf(name));
    expect(`${row?.outcome}: ${row?.message}`).toMatch(new RegExp(`^${outcome}: `));
    const output = path.relative(folderOf(name), path.join(paths.get(name)!, 'README.md'));
    const touched = changesBetween(before.get(name)!, await snapshotTree(folderOf(name)));
    // Index, HEAD, stash, uncommitted files, everything in .git: byte for byte as before.
    const real = name === 'reached through a link' ? 'real/README.md' : output;
    expect(touched).toEqual(outcome === 'changed' ? [real] : []);
    if (outcome !== 'changed') return;
    const text = await readFile(path.join(paths.get(name)!, 'README.md'), 'utf8');
    const crlf = name === 'checked out with CRLF';
    expect(text).toBe(crlf ? wholeFile(nameOf(name)).replaceAll('\n', '\r\n') : wholeFile(nameOf(name)));
    const {uid} = await stat(paths.get(name)!);
    expect((await stat(path.join(paths.get(name)!, 'README.md'))).uid).toBe(uid);
  });

  it('are told of in one line each, whatever their names hold', () => {
    expect(said).toMatchObject({exitCode: 1, stderr: ''});
    for (const line of said.stdout.trimEnd().split('\n'))
      expect(line).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z (?:INFO|WARN|ERROR) run=/);
  });

  it('are left alone on the next night, when nothing changed', async () => {
    const calls = server.requestCount;
    const again = await person.call(['--skill', 'readme-generator', '--max-workers', '8']);
    expect(again.exitCode).toBe(1);
    const outcomes = (await person.results()).map(row => `${row.repo} ${row.outcome}`);
    expect(outcomes.sort()).toEqual(
      oddRepos.map(({name, outcome}) => `${nameOf(name)} ${outcome === 'changed' ? 'up-to-date' : outcome}`).sort(),
    );
    expect(server.requestCount).toBe(calls);
  });
});
