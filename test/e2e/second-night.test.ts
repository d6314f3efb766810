import {appendFileSync, cpSync, rmSync} from 'node:fs';
import {readFile} from 'node:fs/promises';
import path from 'node:path';
import {DatabaseSync} from 'node:sqlite';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {type ScriptedModelServer, startScriptedModelServer} from '../../src/testing/scripted-model-server.ts';
import {makeTemporaryDirectory, runGit, type TemporaryDirectory} from '../../src/testing/temporary-fleet.ts';
import {answerJob} from '../support/night-checks.ts';
import {
  cli,
  configurationOf,
  copyNight,
  type Ended,
  makeNight,
  type Night,
  readResults,
  writeConfiguration,
} from '../support/night-rig.ts';

const tasks = [
  {name: 'READMEs', skill: 'readme-generator', group: 'all'},
  {name: 'Projects', skill: 'repo-summarizer', group: 'all'},
];

describe('the second night', () => {
  let temporary: TemporaryDirectory;
  let first: Night;
  let server: ScriptedModelServer;
  let nights = 0;
  beforeAll(async () => {
    temporary = await makeTemporaryDirectory();
    server = await startScriptedModelServer();
    server.reply(answerJob);
    first = await makeNight(path.join(temporary.path, 'first'), {repos: 3, tasks});
    cpSync(
      new URL('../../skills/readme-generator', import.meta.url),
      path.join(first.directory, 'skills', 'readme-generator'),
      {recursive: true},
    );
    writeConfiguration(first, {tasks, settings: {skills: ['../skills']}});
    expect((await run(first)).code).toBe(0);
    expect(server.requestCount).toBe(6);
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await temporary[Symbol.asyncDispose]();
  });

  const run = async (night: Night, ...more: string[]): Promise<Ended> =>
    await cli(night, ['--config', configurationOf(night), ...more], {server});
  /** A copy would be another repo to the ledger, so the one place is put back to how the first night left it. */
  const openNight = async (): Promise<Night> => {
    const kept = path.join(temporary.path, 'kept');
    if (nights++ === 0) await copyNight(first, kept);
    rmSync(first.directory, {recursive: true});
    await copyNight({...first, directory: kept}, first.directory);
    return first;
  };
  /** Runs again and says how many calls that took, and how the jobs ended: READMEs first. */
  const runAgain = async (
    night: Night,
    ...more: string[]
  ): Promise<{calls: number; outcomes: string; code: number | null}> => {
    const before = server.requestCount;
    const end = await run(night, ...more);
    const outcomes = (await readResults(night)).map(row => row.outcome).join(' ');
    return {calls: server.requestCount - before, outcomes, code: end.code};
  };
  const inRepo = (night: Night, ...names: string[]): string => path.join(night.directory, 'fleet', 'repo-01', ...names);
  const quiet = 'up-to-date up-to-date up-to-date up-to-date up-to-date up-to-date';

  it('over unchanged repos calls nobody and writes nothing', async () => {
    expect(await runAgain(await openNight())).toEqual({calls: 0, outcomes: quiet, code: 0});
  });

  it.each([
    ['one file', [['README.md']]],
    ['both files in one commit', [['README.md', 'PROJECT.md']]],
    ['both files in two commits', [['README.md'], ['PROJECT.md']]],
  ])('over a repo where %s of what was delivered was committed calls nobody', async (_, commits) => {
    const night = await openNight();
    for (const files of commits) {
      await runGit(inRepo(night), ['add', ...files]);
      await runGit(inRepo(night), ['commit', '-qm', 'Keep what the night brought']);
    }
    expect(await runAgain(night)).toEqual({calls: 0, outcomes: quiet, code: 0});
    expect(await runAgain(night)).toEqual({calls: 0, outcomes: quiet, code: 0});
  });

  it('calls for a repo whose other files were changed and committed, and for no other', async () => {
    const night = await openNight();
    appendFileSync(inRepo(night, 'index.js'), 'process.exit(1);\n');
    await runGit(inRepo(night), ['commit', '-qam', 'Stop at once']);
    const again = await runAgain(night);
    expect(again.calls).toBe(2);
    expect(again.code).toBe(0);
  });

  it('leaves a delivered file alone that was edited by hand and not committed, without a call', async () => {
    const night = await openNight();
    appendFileSync(inRepo(night, 'README.md'), '\nBy hand.\n');
    const again = await runAgain(night);
    expect(again).toEqual({
      calls: 0,
      outcomes: 'uncommitted-changes up-to-date up-to-date up-to-date up-to-date up-to-date',
      code: 1,
    });
    expect(await readFile(inRepo(night, 'README.md'), 'utf8')).toContain('By hand.');
  });

  it('runs again where the delivered file was edited by hand and committed', async () => {
    const night = await openNight();
    appendFileSync(inRepo(night, 'README.md'), '\nBy hand.\n');
    await runGit(inRepo(night), ['add', 'README.md']);
    await runGit(inRepo(night), ['commit', '-qm', 'Say it better']);
    const again = await runAgain(night);
    expect([again.calls, again.code]).toEqual([2, 0]);
  });

  it('delivers a deleted file again from the recorded reply, without a call', async () => {
    const night = await openNight();
    const text = await readFile(inRepo(night, 'PROJECT.md'), 'utf8');
    rmSync(inRepo(night, 'PROJECT.md'));
    const again = await runAgain(night);
    expect(again).toEqual({
      calls: 0,
      outcomes: quiet.replace(/(up-to-date ){3}up-to-date/, 'up-to-date up-to-date up-to-date changed'),
      code: 0,
    });
    expect(await readFile(inRepo(night, 'PROJECT.md'), 'utf8')).toBe(text);
    expect(await runAgain(night)).toEqual({calls: 0, outcomes: quiet, code: 0});
  });

  it('calls again for every job with --force', async () => {
    expect(await runAgain(await openNight(), '--force')).toMatchObject({calls: 6, code: 0});
  });

  it.each([
    ['model', {model: 'anthropic/claude-haiku-4-5'}, 6],
    ['max_output_tokens', {max_output_tokens: 9_000}, 6],
  ])('calls again when %s is another', async (_, settings, calls) => {
    const night = await openNight();
    writeConfiguration(night, {tasks, settings: {skills: ['../skills'], ...settings}});
    expect(await runAgain(night)).toMatchObject({calls, code: 0});
  });

  it('looks again when context_tokens is another, and pays only if the model is shown something else', async () => {
    const night = await openNight();
    writeConfiguration(night, {tasks, settings: {skills: ['../skills'], context_tokens: 50_000}});
    expect(await runAgain(night)).toEqual({calls: 0, outcomes: quiet.replaceAll('up-to-date', 'unchanged'), code: 0});
  });

  it('calls again for the tasks of a skill of which one byte changed', async () => {
    const night = await openNight();
    appendFileSync(path.join(night.directory, 'skills', 'readme-generator', 'SKILL.md'), '!');
    expect(await runAgain(night)).toMatchObject({calls: 3, code: 0});
  });

  it('never takes a failed job for done', async () => {
    const night = await openNight();
    appendFileSync(inRepo(night, 'index.js'), '// changed\n');
    await runGit(inRepo(night), ['commit', '-qam', 'Change']);
    server.script('"name": "repo-01"', '', '');
    const failed = await runAgain(night);
    expect(failed).toMatchObject({calls: 2, code: 1});
    expect(failed.outcomes).toMatch(/^reply-empty up-to-date up-to-date reply-empty/);
    const again = await runAgain(night);
    expect([again.calls, again.code]).toEqual([2, 0]);
    expect(await runAgain(night)).toEqual({calls: 0, outcomes: quiet, code: 0});
  });

  it('begins well though the first was killed when all its jobs had ended: resume gives it its end', async () => {
    const night = await openNight();
    const file = path.join(night.directory, 'state', 'state.db');
    const database = new DatabaseSync(file);
    database.exec(`UPDATE runs SET state = 'running', exit_code = NULL, pid = 999999999, process_start = 'gone'`);
    const before = server.requestCount;
    const resumed = await cli(night, ['resume'], {server});
    expect([resumed.code, server.requestCount]).toEqual([0, before]);
    expect(database.prepare('SELECT state, exit_code FROM runs').all()).toEqual([{state: 'finished', exit_code: 0}]);
    database.close();
    expect((await readResults(night)).map(row => row.outcome)).toEqual(quiet.split(' ').map(() => 'changed'));
  });

  it('finds what a killed run had delivered and another run confirmed, also once it is committed', async () => {
    const night = await openNight();
    // As a process leaves it that dies between the delivery and its confirmation.
    const database = new DatabaseSync(path.join(night.directory, 'state', 'state.db'));
    database.exec(`UPDATE deliveries SET state = 'intended'; DELETE FROM memories; UPDATE jobs SET state = 'running', detail = NULL;
      UPDATE runs SET state = 'running', pid = 999999999, process_start = 'gone'`);
    database.close();
    expect(await runAgain(night)).toMatchObject({
      calls: 0,
      code: 0,
      outcomes: quiet.replaceAll('up-to-date', 'changed'),
    });
    await runGit(inRepo(night), ['add', '-A']);
    await runGit(inRepo(night), ['commit', '-qm', 'Keep it']);
    expect(await runAgain(night)).toEqual({calls: 0, outcomes: quiet, code: 0});
  });
});
