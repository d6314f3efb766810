import {rmSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {describe, expect, it} from 'vitest';
import {localTime} from '../../src/cli/time-text.ts';
import {createLedger} from '../../src/ledger/sql-ledger.ts';
import {openSqlite} from '../../src/ledger/sqlite.ts';
import {makeRepo, makeTemporaryDirectory} from '../../src/testing/temporary-fleet.ts';
import {runCli} from '../support/captured-io.ts';
import {invitePerson} from '../support/person.ts';
import {seedRun} from '../support/seed-run.ts';

const hour = 3_600_000;
const day = 24 * hour;
const jobs = [{repo: 'api', end: 'changed'}] as const;

describe('status, of a configuration with expect_every', () => {
  it('names the night that did not happen, until there is a run again', async () => {
    await using home = await makeTemporaryDirectory();
    const {state, configFile} = placesOf(home.path);
    const now = Date.now();
    const expected = {everyMs: day, configFile};
    await seedRun(state, {jobs, claim: 'a', expected, startedAt: now - 60 * hour});
    const last = await seedRun(state, {jobs, claim: 'a', expected, startedAt: now - 36 * hour});
    await seedRun(state, {jobs, claim: 'b', startedAt: now - 2 * hour});
    const {exitCode, out} = await runCli(home.path, ['status']);
    expect(exitCode).toBe(0);
    expect(out.split('\n')[0]).toMatch(
      /^! ~\/night\\n\.json was expected by .*\d\d:\d\d and did not run \(last: r-\S+ at \S+ \S+\)$/,
    );
    expect(out).toContain(`(last: ${last.id} at ${localTime(last.startedAt)})`);
    expect(out.match(/did not run/g)).toHaveLength(1);
    expect(JSON.parse((await runCli(home.path, ['status', '--json'])).out).missed).toEqual([
      {
        config: configFile,
        expected_by: new Date(now - 12 * hour).toISOString(),
        last_run: last.id,
        last_started_at: new Date(now - 36 * hour).toISOString(),
      },
    ]);

    await seedRun(state, {jobs, claim: 'a', expected, startedAt: now - hour});
    expect((await runCli(home.path, ['status'])).out).not.toContain('did not run');
  });

  it('allows an hour, and expects nothing of a run that goes on or of a file that is gone', async () => {
    await using home = await makeTemporaryDirectory();
    const {state, configFile} = placesOf(home.path);
    const now = Date.now();
    const expected = {everyMs: day, configFile};
    await seedRun(state, {jobs, claim: 'a', expected, startedAt: now - day - 0.9 * hour});
    await seedRun(state, {jobs, claim: 'b', expected, startedAt: now - 3 * day, state: 'running'});
    expect((await runCli(home.path, ['status'])).out).not.toContain('did not run');
    await seedRun(state, {jobs, claim: 'c', expected, startedAt: now - day - 1.1 * hour});
    expect((await runCli(home.path, ['status'])).out).toContain('did not run');
    rmSync(configFile);
    expect((await runCli(home.path, ['status'])).out).not.toContain('did not run');
  });

  it('expects nothing any more once the setting is gone', async () => {
    await using home = await makeTemporaryDirectory();
    const {state, configFile} = placesOf(home.path);
    const now = Date.now();
    await seedRun(state, {jobs, claim: 'a', expected: {everyMs: day, configFile}, startedAt: now - 9 * day});
    await seedRun(state, {jobs, claim: 'a', startedAt: now - 8 * day});
    expect((await runCli(home.path, ['status'])).out).not.toContain('did not run');
  });
});

it('is recorded with each run of a configuration that has it', async () => {
  await using person = await invitePerson();
  await makeRepo(path.join(person.home, 'code', 'one'), {files: {'main.py': 'print(1)\n'}});
  const settings = {model: 'offline', expect_every: '36h'};
  const tasks = [{name: 'READMEs', skill: 'readme-generator', repos: ['~/code/*']}];
  const configFile = await person.write('config/night.json', {tasks, settings});
  await person.write('config/other.json', {tasks, settings: {model: 'offline'}});
  for (const file of ['other', 'night', 'night', 'night']) {
    expect((await person.call(['--config', `config/${file}.json`])).exitCode).toBe(0);
  }
  const ledger = createLedger(openSqlite(path.join(person.state, 'state.db')), {now: () => 0});
  const [last, ...more] = await ledger.expectedRuns();
  expect(last?.settings).toMatchObject({expected: {everyMs: 36 * hour, configFile}});
  expect(last?.id).toBe((await ledger.runs({limit: 1}))[0]?.id);
  expect(more).toEqual([]);
  await ledger.close();
});

/** A configuration whose name tries to be two lines. */
function placesOf(home: string): {state: string; configFile: string} {
  const configFile = path.join(home, 'night\n.json');
  writeFileSync(configFile, '{}');
  return {state: path.join(home, '.orchestrator'), configFile};
}
