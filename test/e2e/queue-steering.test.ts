import {existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {openLedger} from '../../src/orchestrator/open-ledger.ts';
import {startScriptedModelServer} from '../../src/testing/scripted-model-server.ts';
import {nextTime} from '../../src/util/zoned-time.ts';
import {cli, makeNight, type Night, readResults, startCli, writeConfiguration} from '../support/night-rig.ts';
import {type PostgresServer, postgresProblem, startPostgres} from '../support/postgres-server.ts';
import {quickTimes, readmeFor, signal, startWorker} from '../support/queue-rig.ts';
import {untilSo} from '../support/queue-workers.ts';

describe.skipIf(postgresProblem !== undefined)(
  `a run in the queue, steered${postgresProblem === undefined ? '' : `: ${postgresProblem}`}`,
  () => {
    let postgres: PostgresServer;
    let folder: string;
    beforeAll(async () => {
      postgres = await startPostgres();
      folder = mkdtempSync(path.join(tmpdir(), 'orchestrator-test-steering-'));
    });
    afterAll(async () => {
      await postgres[Symbol.asyncDispose]();
      rmSync(folder, {recursive: true, force: true});
    });

    it('says what no worker fits, and is stopped without one', async () => {
      const {night, env} = await newNight('needs', 3);
      writeConfiguration(night, {
        tasks: [
          {name: 'any', skill: 'readme-generator', repo_names: ['repo-01', 'repo-02'], needs: ['gpu', 'eu']},
          {name: 'one', skill: 'readme-generator', repo_names: ['repo-03'], needs: ['gpu']},
        ],
      });
      const run = startCli(night, ['run', '--config', 'config/tasks.json'], {env});
      await untilSo(() => run.output().includes('no worker is alive; start one with: orchestrator worker'));
      expect(run.output()).toContain('2 jobs wait for a worker with eu+gpu; none is alive');
      expect(run.output()).toContain('1 job waits for a worker with gpu; none is alive');
      await query(
        env.ORCHESTRATOR_QUEUE,
        `INSERT INTO orchestrator.workers (id, host, pid, version, labels, max_workers, jobs, started_at, heartbeat_at)
         VALUES ('lost-1', 'lost', 1, '0.1.0', '[]', 4, 2, 0, extract(epoch FROM now())::bigint * 1000 - 25000)`,
      );
      const status = await cli(night, ['status'], {env});
      expect(status.stdout).toMatch(/^ {2}workers {2}0 alive, 2 of 4 places taken\n {11}lost-1 is silent for 2\d s$/m);
      await query(env.ORCHESTRATOR_QUEUE, 'DELETE FROM orchestrator.workers');
      expect(status.stdout).toMatch(/^running {2}r-\S+ {2}since .* in the queue\n/);
      expect(status.stdout).toContain('waits    2 jobs wait for a worker with eu+gpu; none is alive\n');
      const stopped = await cli(night, ['stop'], {env});
      expect(stopped).toMatchObject({code: 0, stderr: ''});
      expect(stopped.stdout).toMatch(/is asked to stop.*\nr-\S+ has stopped; no worker was at it\n$/);
      const ended = await run.ended;
      expect(ended).toMatchObject({code: 1, stderr: ''});
      expect(ended.stdout).toContain('3 not started');
      expect((await readResults(night)).map(row => row.outcome)).toEqual(night.repos.map(() => 'not-started'));
      expect((await cli(night, ['status', '--json'], {env})).stdout).toContain('"state": "stopped"');
    });

    it('has its deadline and its dates from the machine that planned it, and a new deadline when it is resumed', async () => {
      const {night, url, env} = await newNight('deadline', 1, {deadline: '06:00'});
      const run = startCli(night, ['run', '--config', 'config/tasks.json', '--detach'], {
        env: {...env, TZ: 'Pacific/Kiritimati'},
      });
      expect((await run.ended).code).toBe(0);
      const ledger = openLedger('', url);
      const [record] = await ledger.runs();
      expect(record?.deadlineAt).toBe(nextTime('06:00', record!.startedAt, 'Pacific/Kiritimati'));
      const [planned] = await ledger.jobs(record!.id);
      const there = new Intl.DateTimeFormat('sv', {timeZone: 'Pacific/Kiritimati'}).format(record!.startedAt);
      expect(planned?.job.date).toBe(there);

      // It passes, and the run ends with nobody but a worker that could not do its jobs.
      await query(url, `UPDATE orchestrator.runs SET deadline_at = 1`);
      const worker = startWorker(night, {name: 'late', url, server: {url: 'http://127.0.0.1:1'}, env: {TZ: 'UTC'}});
      await untilSo(() => worker.output().includes('finished:'));
      expect(worker.output()).toMatch(/not-started: deadline|1 not started/);
      await using server = await startScriptedModelServer({strict: false});
      server.reply(readmeFor);
      signal(worker.child, 'SIGTERM');
      await worker.ended;
      const next = startWorker(night, {name: 'next', url, server, env: {TZ: 'UTC'}});
      const resumed = await cli(night, ['resume'], {env: {...env, TZ: 'UTC'}});
      expect(resumed).toMatchObject({code: 0, stderr: ''});
      const after = await ledger.run(record!.id);
      expect(after).toMatchObject({state: 'finished', exitCode: 0});
      expect(after?.deadlineAt).toBe(nextTime('06:00', after!.resumedAt!, 'Pacific/Kiritimati'));
      await ledger.close();
      signal(next.child, 'SIGTERM');
      expect((await next.ended).code).toBe(0);
    });

    it('is gone on with from a machine that has no such folder for results, saying where they are', async () => {
      const {night, url, env} = await newNight('elsewhere', 1);
      await using server = await startScriptedModelServer({strict: false});
      server.reply(readmeFor);
      expect((await cli(night, ['run', '--config', 'config/tasks.json', '--detach'], {env})).code).toBe(0);
      await cli(night, ['stop'], {env});
      const far = path.join(folder, 'far', 'away');
      await query(
        url,
        `UPDATE orchestrator.runs SET results_file = '${far}/orchestrator_batch_1.json', log_file = '${far}/log',
         settings = replace(settings, '"plannedOn":"', '"plannedOn":"not-')`,
      );
      const home = path.join(folder, 'elsewhere-home');
      mkdirSync(home, {mode: 0o755});
      const there = {home: path.join(home, '.orchestrator'), env: {...env, HOME: home}};
      const refused = await cli(night, ['resume', '--results-dir', '/proc/nowhere'], there);
      expect(refused).toMatchObject({code: 2, stdout: ''});
      expect(refused.stderr).toMatch(/\/proc\/nowhere cannot be used for results/);
      // Nothing went back into the queue for nobody to look at.
      expect(JSON.parse((await cli(night, ['status', '--json'], {env})).stdout).running).toEqual([]);

      const worker = startWorker(night, {name: 'only', url, server});
      const resumed = await cli(night, ['resume'], there);
      expect(resumed).toMatchObject({code: 0, stderr: ''});
      expect(resumed.stdout).toContain(
        `results go to ${home}/orchestrator_batch_1.json: ${far} cannot be written here`,
      );
      expect(resumed.stdout).toMatch(/far\/away\/log cannot be written on this machine; .* orchestrator logs r-/);
      expect(JSON.parse(readFileSync(path.join(home, 'orchestrator_batch_1.json'), 'utf8'))).toMatchObject([
        {outcome: 'changed', worker: expect.stringMatching(/-\d+-[0-9a-f]{6}$/)},
      ]);
      expect(existsSync(far)).toBe(false);
      expect(statSync(path.join(home, '.orchestrator')).mode & 0o777).toBe(0o700);
      signal(worker.child, 'SIGTERM');
      expect((await worker.ended).code).toBe(0);
    });

    it('ends on a terminal as a run of one machine does', async () => {
      const {night, url, env} = await newNight('terminal', 2);
      await using server = await startScriptedModelServer({strict: false});
      server.reply(readmeFor);
      const worker = startWorker(night, {name: 'only', url, server});
      const {code, stdout} = await cli(night, ['run', '--config', 'config/tasks.json'], {
        env: {...env, ORCHESTRATOR_FORCE_TTY: '1'},
      });
      expect(code).toBe(0);
      expect(stdout).toMatch(/^✓ {2}readme-generator\/repo-01 {2}changed README\.md/m);
      expect(stdout).toMatch(/^r-\S+ {2}2 changed; /m);
      expect(stdout).toMatch(/^results {2}.*orchestrator_batch_/m);
      signal(worker.child, 'SIGTERM');
      await worker.ended;
    });

    it('is steered by what has an effect on it, and hints name its queue', async () => {
      const {night, url} = await newNight('hints', 1);
      const queue = ['--queue', url];
      const launch = await cli(night, ['run', '--config', 'config/tasks.json', '--detach', ...queue]);
      expect(launch.stdout).toMatch(
        /watch: orchestrator status --watch --queue URL; stop: orchestrator stop r-\S+ --queue URL\n$/,
      );
      expect((await cli(night, ['status', ...queue])).stdout).toContain('orchestrator stop --queue URL\n');
      const set = await cli(night, ['set', 'max_workers=8', ...queue]);
      expect(set).toMatchObject({code: 2, stdout: ''});
      expect(set.stderr).toMatch(/^orchestrator: max_workers has no effect on r-\S+: its workers have their own; /);
      expect((await cli(night, ['set', 'budget=3', ...queue])).code).toBe(0);
    });

    it('is retried from the page, also where there is no state folder yet', async () => {
      const {night, url} = await newNight('page', 1);
      const launch = await cli(night, ['run', '--config', 'config/tasks.json', '--detach', '--queue', url]);
      const run = /r-\S+/.exec(launch.stdout)?.[0] ?? '';
      await cli(night, ['stop', run, '--queue', url]);
      await query(
        url,
        `UPDATE orchestrator.jobs SET status = 'failed', detail = replace(detail, '"status":"not-started","reason":"stopped"',
        '"status":"failed","failure":{"reason":"provider-error","message":"x"}')`,
      );
      const state = path.join(folder, 'page-state');
      const served = startCli(night, ['serve', '--queue', url], {home: state});
      await untilSo(() => served.output().includes('\n'));
      const address = new URL(served.output().trim());
      const answer = await fetch(`${address.origin}/api/runs/${run}/retry`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${address.hash.slice('#token='.length)}`,
          origin: address.origin,
          'content-type': 'application/json',
        },
        body: '{}',
      });
      expect({status: answer.status, text: await answer.text()}).toMatchObject({status: 200});
      await untilSo(async () => (await cli(night, ['status', '--queue', url])).stdout.startsWith('running'));
      expect(statSync(state).mode & 0o777).toBe(0o700);
      await cli(night, ['stop', '--queue', url]);
      signal(served.child, 'SIGTERM');
      await served.ended;
    });

    it('is looked at by every command that looks', async () => {
      const {night, url} = await newNight('looked', 1);
      const queue = ['--queue', url];
      await cli(night, ['run', '--config', 'config/tasks.json', '--detach', ...queue]);
      await cli(night, ['stop', ...queue]);
      for (const args of [['failures'], ['list', 'runs'], ['explain', 'repo-01', '--config', 'config/tasks.json']]) {
        expect(await cli(night, [...args, ...queue])).toMatchObject({code: 0, stdout: expect.stringMatching(/\S/)});
      }
      expect((await cli(night, ['list', 'runs', ...queue])).stdout).toContain('stopped');
      const doctor = await cli(night, ['doctor', '--json', ...queue]);
      expect(JSON.parse(doctor.stdout).checks).toContainEqual({
        name: 'queue',
        status: 'warning',
        message: 'answers; no worker is alive, 0 runs going on',
        fix: 'orchestrator worker',
      });
      const away = await cli(night, ['doctor', '--json', '--queue', 'postgres://127.0.0.1:1/none']);
      expect(JSON.parse(away.stdout).checks).toContainEqual(
        expect.objectContaining({name: 'queue', status: 'failure'}),
      );
      await query(url, 'UPDATE orchestrator.runs SET started_at = 1');
      expect((await cli(night, ['gc', ...queue])).stdout).toMatch(/^1 run, /);
      expect((await cli(night, ['history', '--json', ...queue])).stdout).toBe('[]\n');
    });

    it('says where a path was looked for, and where a transcript lies', async () => {
      const {night, url, env} = await newNight('away', 1);
      const fleet = path.join(night.directory, 'config/own.json');
      writeFileSync(fleet, JSON.stringify({repositories: [{name: 'repo-01', path: '/nowhere/repo-01'}]}));
      const worker = startWorker(night, {
        name: 'w',
        url,
        server: {url: 'http://127.0.0.1:1'},
        args: ['--fleet', fleet],
      });
      writeConfiguration(night, {tasks: [{name: 'a', skill: 'readme-generator', group: 'all', mode: 'agent'}]});
      const ended = await cli(night, ['run', '--config', 'config/tasks.json'], {env});
      expect(ended.code).toBe(1);
      const [row] = await readResults(night);
      expect(row).toMatchObject({
        outcome: 'path-missing',
        message: expect.stringMatching(/^Path does not exist: \/nowhere\/repo-01 on \S+$/),
      });
      const logs = await cli(night, ['logs', '--job', 'repo-01', '--transcript'], {env});
      expect(logs.stderr).toMatch(
        /its transcript is in the state folder of the worker that executed it, \S+-\d+-[0-9a-f]{6}\n/,
      );
      signal(worker.child, 'SIGTERM');
      await worker.ended;
    });

    it('is not what demo makes', async () => {
      const {night, url, env} = await newNight('demo', 1);
      const demo = await cli(night, ['demo', '--directory', path.join(folder, 'demo-fleet')], {env});
      expect(demo.code).toBe(0);
      expect((await cli(night, ['history', '--json', '--queue', url])).stdout).toBe('[]\n');
      expect(readdirSync(path.join(folder, 'demo-fleet')).some(name => name.startsWith('orchestrator_batch_'))).toBe(
        true,
      );
    });

    function query(url: string, sql: string): Promise<void> {
      return postgres.query(sql, new URL(url).pathname.slice(1));
    }

    async function newNight(
      name: string,
      repos: number,
      settings: Record<string, unknown> = {},
    ): Promise<{night: Night; url: string; env: {ORCHESTRATOR_QUEUE: string}}> {
      const night = await makeNight(path.join(folder, name), {repos, settings});
      const url = await postgres.newDatabase();
      return {night, url, env: {ORCHESTRATOR_QUEUE: url, ...quickTimes}};
    }
  },
);
