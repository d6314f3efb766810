import {cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {hostname, tmpdir} from 'node:os';
import path from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {queueHolder} from '../../src/domain/run.ts';
import {runCli} from '../support/captured-io.ts';
import {makeRun} from '../support/make-run.ts';
import {cli, makeNight, writeConfiguration} from '../support/night-rig.ts';
import {type PostgresServer, postgresProblem, startPostgres} from '../support/postgres-server.ts';
import {openCoordinator} from '../support/queue-workers.ts';
import {seedRun} from '../support/seed-run.ts';

const hour = 3_600_000;

describe.skipIf(postgresProblem !== undefined)(
  `nights of a queue${postgresProblem === undefined ? '' : `: ${postgresProblem}`}`,
  () => {
    let postgres: PostgresServer;
    let folder: string;
    beforeAll(async () => {
      postgres = await startPostgres();
      folder = mkdtempSync(path.join(tmpdir(), 'orchestrator-test-nights-'));
    });
    afterAll(async () => {
      await postgres[Symbol.asyncDispose]();
      rmSync(folder, {recursive: true, force: true});
    });

    it('that did not come are told on every machine, whichever has the configuration', async () => {
      const night = await makeNight(path.join(folder, 'missed'), {repos: 1});
      const url = await postgres.newDatabase();
      const env = {ORCHESTRATOR_QUEUE: url};
      const elsewhere = path.join(folder, 'missed-elsewhere');
      const look = async (): Promise<string> => (await runCli(elsewhere, ['status'], {queue: url})).out;
      const install = ['schedule', 'install', 'hourly', '--config', 'config/tasks.json'];
      expect(await cli(night, install, {env})).toMatchObject({code: 0, stderr: ''});
      expect(await look()).toBe('no runs yet; try: orchestrator demo, or: orchestrator init\n');
      await query(
        url,
        `UPDATE orchestrator_queue.schedule SET data = jsonb_set(data, '{installedAt}', to_jsonb((data->>'installedAt')::bigint - ${5 * hour}))`,
      );
      expect(await look()).toMatch(/^! schedule tasks of the queue was expected by .* and did not run\n/);
      const json = JSON.parse((await runCli(elsewhere, ['status', '--json'], {queue: url})).out);
      expect(json.missed).toMatchObject([{schedule: 'tasks', last_run: null}]);

      await using coordinator = await openCoordinator(url);
      const [kept] = await coordinator.queue.schedules();
      const now = Date.now();
      const ended = {state: 'finished', holder: queueHolder, exitCode: 0} as const;
      const add = (id: string, claim: string, startedAt: number, settings: unknown): Promise<unknown> =>
        coordinator.ledger.startSharedRun(makeRun(id, {...ended, claim, startedAt, settings}), [], [], []);
      await add('r-1', kept!.plan.claim, now - hour / 2, {});
      expect(await look()).not.toContain('did not run');

      const configFile = '/home/of/another/night.json';
      const expecting = {configFile, plannedOn: 'another', expected: {everyMs: hour, configFile}};
      await add('r-2', 'a', now - 4 * hour, expecting);
      expect(await look()).toMatch(/^! \/home\/of\/another\/night\.json was expected by .* \(last: r-2 at /);
      // With other tasks it is another claim, and not another night.
      await add('r-3', 'b', now - hour / 4, {configFile, plannedOn: 'another'});
      expect(await look()).not.toContain('did not run');
    });

    it('of this machine alone are looked for on it, also by one who looks at a queue', async () => {
      const home = mkdtempSync(path.join(folder, 'local-'));
      const state = path.join(home, '.orchestrator');
      const config = path.join(home, 'tasks.json');
      writeFileSync(config, '{}');
      const now = Date.now();
      await seedRun(state, {jobs: [{repo: 'api', end: 'changed'}], claim: 'local', startedAt: now - hour / 2});
      const schedule = {id: 'tasks', cron: '0 * * * *', zone: 'UTC', as: 'cron', config, claim: 'local', files: []};
      const list = [{...schedule, installedAt: now - 9 * hour}];
      writeFileSync(path.join(state, 'schedules.json'), JSON.stringify(list));
      const url = await postgres.newDatabase();
      expect((await runCli(home, ['status'], {queue: url})).out).not.toContain('did not run');

      // Its runs may also go to the queue.
      writeFileSync(path.join(state, 'schedules.json'), JSON.stringify([{...list[0], claim: 'other'}]));
      expect((await runCli(home, ['status'], {queue: url})).out).toContain('did not run');
      await using coordinator = await openCoordinator(url);
      const settings = {configFile: config, plannedOn: hostname()};
      const run = makeRun('r-1', {state: 'finished', holder: queueHolder, startedAt: now - hour / 2, settings});
      await coordinator.ledger.startSharedRun(run, [], [], []);
      expect((await runCli(home, ['status'], {queue: url})).out).not.toContain('did not run');
    });

    it('are the same by their name, tasks and repos, wherever the configuration lies', async () => {
      const url = await postgres.newDatabase();
      const env = {ORCHESTRATOR_QUEUE: url};
      const night = await makeNight(path.join(folder, 'same'), {repos: 2});
      const start = (at: typeof night): ReturnType<typeof cli> =>
        cli(at, ['run', '--config', 'config/tasks.json', '--detach'], {env});
      const first = await start(night);
      expect(first).toMatchObject({code: 0, stderr: ''});
      const moved = {...night, directory: path.join(folder, 'moved')};
      cpSync(night.directory, moved.directory, {recursive: true});
      const again = await start(moved);
      expect(again).toMatchObject({code: 0, stdout: ''});
      expect(again.stderr).toMatch(/^orchestrator: this configuration is running already: r-\S+, since /);

      // As in a container, where each team has its configuration at one path.
      const fleet = path.join(night.directory, 'config/repos.json');
      writeFileSync(fleet, readFileSync(fleet, 'utf8').replaceAll('"name":"repo-', '"name":"other-'));
      expect(await start(night)).toMatchObject({code: 0, stderr: ''});
      writeConfiguration(night, {tasks: [{name: 'else', skill: 'journal', group: 'all'}]});
      expect(await start(night)).toMatchObject({code: 0, stderr: ''});
      expect((await runCli(folder, ['history', '--json'], {queue: url})).out.match(/"run":/g)).toHaveLength(3);
    });

    function query(url: string, sql: string): Promise<void> {
      return postgres.query(sql, new URL(url).pathname.slice(1));
    }
  },
);
