import {cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {openQueue} from '../../src/orchestrator/queue.ts';
import {type ScriptedModelServer, startScriptedModelServer} from '../../src/testing/scripted-model-server.ts';
import {makeRepo, runGit} from '../../src/testing/temporary-fleet.ts';
import {startGitHttpServer} from '../support/git-http-server.ts';
import {cli, makeNight, type Night, readResults, repoOf, startCli, writeConfiguration} from '../support/night-rig.ts';
import {type PostgresServer, postgresProblem, startPostgres} from '../support/postgres-server.ts';
import {quickTimes, readmeFor, signal, startWorker} from '../support/queue-rig.ts';

describe.skipIf(postgresProblem !== undefined)(
  `a queue${postgresProblem === undefined ? '' : `: ${postgresProblem}`}`,
  () => {
    let postgres: PostgresServer;
    let folder: string;
    beforeAll(async () => {
      postgres = await startPostgres();
      folder = mkdtempSync(path.join(tmpdir(), 'orchestrator-test-queue-'));
    });
    afterAll(async () => {
      await postgres[Symbol.asyncDispose]();
      rmSync(folder, {recursive: true, force: true});
    });

    it('runs on two workers, one of them killed in the middle of its calls: every job once, nothing lost', async () => {
      const {night, url, server} = await newNight('killed', 10);
      await using _server = server;
      // The calls of the first worker are held until it is dead.
      const held = Promise.withResolvers<void>();
      server.reply(async request => {
        if (server.requestCount < 3) await held.promise;
        return readmeFor(request);
      });
      const run = startCli(night, ['run', '--config', 'config/tasks.json', '--queue', url], {env: quickTimes});
      const first = startWorker(night, {name: 'first', url, server, maxWorkers: 3});
      await until(() => server.inFlight === 3);
      const second = startWorker(night, {name: 'second', url, server, maxWorkers: 3});
      signal(first.child, 'SIGKILL');
      await first.ended;
      held.resolve();

      const ended = await run.ended;
      signal(second.child, 'SIGTERM');
      expect(await second.ended).toMatchObject({code: 0, stderr: ''});
      expect(ended).toMatchObject({code: 0, stderr: ''});
      const rows = await readResults(night);
      expect(rows.map(({repo, outcome}) => [repo, outcome])).toEqual(night.repos.map(repo => [repo, 'changed']));
      for (const repo of night.repos) {
        expect(readFileSync(path.join(night.directory, 'fleet', repo, 'README.md'), 'utf8')).toContain(`# ${repo}\n`);
        const calls = server.requests.filter(request => repoOf(request) === repo).length;
        expect(calls, repo).toBeLessThanOrEqual(2);
      }
      expect(server.requests.length).toBeLessThanOrEqual(10 + 3);
      expect(ended.stdout.match(/ changed README.md/g)).toHaveLength(10);
    });

    it('is left to the workers with --detach, and looked at, stopped and gone on with from anywhere', async () => {
      const {night, url, server} = await newNight('detached', 6);
      await using _server = server;
      const held = Promise.withResolvers<void>();
      server.reply(async request => {
        await held.promise;
        return readmeFor(request);
      });
      const launch = await cli(night, ['run', '--config', 'config/tasks.json', '--queue', url, '--detach', '--json'], {
        env: quickTimes,
      });
      expect(launch).toMatchObject({code: 0, stderr: ''});
      const {run} = JSON.parse(launch.stdout) as {run: string};
      const elsewhere = {home: path.join(folder, 'elsewhere'), env: {ORCHESTRATOR_QUEUE: url, ...quickTimes}};
      const status = async (): Promise<{state: string; jobs: Record<string, number>; exit_code: number | null}> =>
        JSON.parse((await cli(night, ['status', run, '--json'], elsewhere)).stdout);
      expect(await status()).toMatchObject({state: 'running', jobs: {total: 6, pending: 6}});

      const worker = startWorker(night, {name: 'only', url, server, maxWorkers: 2});
      await until(() => server.inFlight === 2);
      expect((await cli(night, ['stop', run], elsewhere)).code).toBe(0);
      await until(() => worker.output().includes('stop was asked for'));
      held.resolve();
      await until(() => worker.output().includes('finished:'));
      expect(await status()).toMatchObject({state: 'stopped', exit_code: 1, jobs: {changed: 2, not_started: 4}});

      const resumed = await cli(night, ['resume', run], elsewhere);
      expect(resumed).toMatchObject({code: 0, stderr: ''});
      expect(await status()).toMatchObject({state: 'finished', exit_code: 0, jobs: {changed: 6}});
      const logs = await cli(night, ['logs', run], {...elsewhere, home: path.join(folder, 'third')});
      expect(logs.stdout.match(/ changed README.md/g)).toHaveLength(6);
      signal(worker.child, 'SIGTERM');
      expect((await worker.ended).code).toBe(0);
    });

    it('gives back at once what a worker leaves that is told to end', async () => {
      const {night, url, server} = await newNight('drained', 4);
      await using _server = server;
      // So that nobody misses the heartbeats of the one that leaves.
      const patient = {ORCHESTRATOR_QUEUE_HEARTBEAT_S: '600'};
      const held = Promise.withResolvers<void>();
      server.reply(async request => {
        if (server.requests.length <= 2) await held.promise;
        return readmeFor(request);
      });
      const run = startCli(night, ['run', '--config', 'config/tasks.json', '--queue', url], {env: patient});
      const leaving = startWorker(night, {
        name: 'leaving',
        url,
        server,
        maxWorkers: 2,
        args: ['--grace', '1'],
        env: patient,
      });
      await until(() => server.inFlight === 2);
      signal(leaving.child, 'SIGTERM');
      expect(await leaving.ended).toMatchObject({code: 0, stderr: ''});
      const next = startWorker(night, {name: 'next', url, server, env: patient});
      expect((await run.ended).code).toBe(0);
      held.resolve();
      expect((await readResults(night)).map(row => row.outcome)).toEqual(night.repos.map(() => 'changed'));
      expect(server.requests.length).toBe(4 + 2);
      signal(next.child, 'SIGTERM');
      const end = await next.ended;
      expect(end.code).toBe(0);
      expect(end.stdout).not.toContain('WARN queue');
    });

    it('gives jobs that need labels to workers that have them, and says which repo a worker lacks', async () => {
      const {night, url, server} = await newNight('labels', 2);
      await using _server = server;
      server.reply(readmeFor);
      writeConfiguration(night, {
        tasks: [
          {name: 'any', skill: 'readme-generator', repo_names: ['repo-01']},
          {name: 'special', skill: 'readme-generator', repo_names: ['repo-02'], needs: ['gpu']},
        ],
      });
      const run = startCli(night, ['run', '--config', 'config/tasks.json', '--queue', url], {env: quickTimes});
      const plain = startWorker(night, {name: 'plain', url, server});
      await until(() => plain.output().includes('repo-01 changed'));
      const special = startWorker(night, {name: 'special', url, server, args: ['--labels', 'gpu,eu']});
      expect((await run.ended).code).toBe(0);
      for (const worker of [plain, special]) signal(worker.child, 'SIGTERM');
      expect((await plain.ended).stdout).not.toContain('repo-02');
      expect((await special.ended).stdout).toContain('repo-02 changed README.md');
    });

    it('fetches repos by url into mirrors of each worker, and pushes each branch once', async () => {
      const {night, url, server} = await newNight('by-url', 1);
      await using _server = server;
      const names = ['repo-11', 'repo-12', 'repo-13', 'repo-14'];
      const remotes = path.join(night.directory, 'remotes');
      for (const name of names) {
        await makeRepo(path.join(remotes, `${name}.git`), {
          files: {'package.json': `{"name": "${name}"}\n`, 'index.js': '1\n'},
          bare: true,
        });
      }
      await using git = await startGitHttpServer(remotes);
      const repositories = names.map(name => ({name, url: `${git.url}/${name}.git`}));
      writeFileSync(path.join(night.directory, 'config', 'repos.json'), JSON.stringify({repositories}));
      writeConfiguration(night, {settings: {deliver: 'branch', push: true}});
      server.reply(readmeFor);
      const run = startCli(night, ['run', '--config', 'config/tasks.json', '--queue', url], {env: quickTimes});
      // A worker on another machine has none of the coordinator's files.
      const away = ['--fleet', path.join(night.directory, 'config', 'none.json')];
      writeFileSync(away[1]!, JSON.stringify({repositories: []}));
      const workers = ['first', 'second'].map(name =>
        startWorker(night, {name, url, server, maxWorkers: 2, args: away}),
      );
      const ended = await run.ended;
      expect((await readResults(night)).map(({repo, outcome, message}) => [repo, outcome, message])).toEqual(
        names.map(name => [name, 'changed', undefined]),
      );
      expect(ended.code).toBe(0);
      for (const name of names) {
        const refs = await runGit(path.join(remotes, `${name}.git`), [
          'for-each-ref',
          '--format=%(refname)',
          'refs/heads',
        ]);
        expect(refs.split('\n')).toEqual(['refs/heads/main', 'refs/heads/orchestrator/readme-generator']);
        const shown = await runGit(path.join(remotes, `${name}.git`), [
          'show',
          'orchestrator/readme-generator:README.md',
        ]);
        expect(shown).toContain(`# ${name}`);
      }
      expect(
        git.requests.filter(({line}) => line.startsWith('POST') && line.includes('git-receive-pack')),
      ).toHaveLength(names.length);
      for (const {child} of workers) signal(child, 'SIGTERM');
      for (const worker of workers) expect((await worker.ended).code).toBe(0);
    });

    it('keeps a schedule that one of all workers starts, without the configuration or the skills on its disk', async () => {
      const {night, url, server} = await newNight('scheduled', 2);
      await using _server = server;
      server.reply(readmeFor);
      const queue = ['--queue', url];
      const installed = await cli(
        night,
        ['schedule', 'install', 'daily at 02:00', '--config', 'config/tasks.json', ...queue],
        {env: quickTimes},
      );
      expect(installed).toMatchObject({code: 0, stderr: ''});
      expect((await cli(night, ['schedule', 'next', ...queue], {env: quickTimes})).stdout).toMatch(
        /^tasks {2}0 2 \* \* \* \(.*, queue\)/,
      );
      // As pg-boss does when the time has come.
      const opened = await openQueue(url, {
        isWorker: false,
        times: {heartbeatSeconds: 10, monitorSeconds: 1},
        onError: () => {},
      });
      const [kept] = await opened.queue.schedules();
      // The minute in which it was installed is given out as well, and is not meant.
      await opened.queue.boss.send('starts', kept!.plan);
      await opened.queue.boss.send('starts', {...kept!.plan, firstAt: 0});
      const workers = ['a', 'b'].map(name => startWorker(night, {name, url, server}));
      await until(() => workers.some(worker => worker.output().includes('finished:')));
      const runs = await opened.ledger.runs();
      expect(runs).toMatchObject([{state: 'finished', exitCode: 0, command: ['schedule', 'tasks']}]);
      await opened.close();
      expect((await cli(night, ['schedule', 'remove', 'tasks', ...queue], {env: quickTimes})).stdout).toBe(
        'tasks: removed from queue\n',
      );
      for (const {child} of workers) signal(child, 'SIGTERM');
      for (const worker of workers) expect((await worker.ended).code).toBe(0);
    });

    it('refuses what cannot work in one line', async () => {
      const {night, server} = await newNight('refused', 1);
      await using _server = server;
      const tries: [string[], RegExp][] = [
        [['worker'], /^orchestrator: a worker needs the queue .*; give --queue postgres:/],
        [
          ['worker', '--queue', 'mysql://x'],
          /^orchestrator: the queue is not the address of a PostgreSQL database; write it as postgres:/,
        ],
        [
          ['worker', '--queue', `postgres://postgres@127.0.0.1:${postgres.port}/nowhere`],
          /^orchestrator: the queue database nowhere at 127.0.0.1:\d+ does not exist; /,
        ],
        [
          ['worker', '--queue', 'postgres://x@127.0.0.1:1/x', '--labels', 'a b'],
          /^orchestrator: --labels — "a b" is not a label; /,
        ],
      ];
      for (const [args, expected] of tries) {
        const {code, stdout, stderr} = await cli(night, args);
        expect({code, stdout}).toEqual({code: 2, stdout: ''});
        expect(stderr).toMatch(expected);
        expect(stderr.trim().split('\n')).toHaveLength(1);
      }
    });

    it('is not loaded by a run of one machine', async () => {
      const {night, server} = await newNight('local', 1);
      await using _server = server;
      server.reply(readmeFor);
      const loaded = path.join(folder, 'loaded.txt');
      const hook = `data:text/javascript,import{registerHooks}from'node:module';import{appendFileSync}from'node:fs';registerHooks({load(url,context,next){appendFileSync(${JSON.stringify(loaded)},url+'\\n');return next(url,context)}})`;
      expect((await cli(night, ['--config', 'config/tasks.json'], {server, node: ['--import', hook]})).code).toBe(0);
      expect(existsSync(loaded)).toBe(true);
      const names = readFileSync(loaded, 'utf8').match(/node_modules\/(?:pg|pg-boss)\//g);
      expect(names).toBeNull();
    });

    it('proves what was sent with the skill that the queue keeps, though the folder has another since', async () => {
      const {night, url, server} = await newNight('prompt', 1);
      await using _server = server;
      server.reply(readmeFor);
      const skill = path.join(night.directory, 'skills', 'readme-generator');
      cpSync('skills/readme-generator', skill, {recursive: true});
      const run = startCli(night, ['run', '--config', 'config/tasks.json', '--queue', url], {env: quickTimes});
      const worker = startWorker(night, {name: 'only', url, server});
      expect(await run.ended).toMatchObject({code: 0, stderr: ''});
      signal(worker.child, 'SIGTERM');
      await worker.ended;
      const [row] = await readResults(night);
      writeFileSync(path.join(skill, 'SKILL.md'), '---\nname: readme-generator\ndescription: Another.\n---\nLess.\n');
      const shown = await cli(night, ['explain', row!.repo, '--prompt', '--run', row!.run, '--queue', url, '--json']);
      expect(JSON.parse(shown.stdout)).toMatchObject({
        kind: 'exact',
        system: server.requests[0]!.system,
        prompt: server.requests[0]!.prompt,
      });
    });

    async function newNight(
      name: string,
      repos: number,
    ): Promise<{night: Night; url: string; server: ScriptedModelServer}> {
      const night = await makeNight(path.join(folder, name), {repos});
      return {night, url: await postgres.newDatabase(), server: await startScriptedModelServer({strict: false})};
    }
  },
);

async function until(isSo: () => boolean): Promise<void> {
  for (const end = Date.now() + 50_000; !isSo(); ) {
    if (Date.now() > end) throw new Error('it never came');
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}
