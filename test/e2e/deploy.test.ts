import {cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {parse} from 'yaml';
import {startScriptedModelServer} from '../../src/testing/scripted-model-server.ts';
import {makeRepo, runGit} from '../../src/testing/temporary-fleet.ts';
import {runCommand} from '../../src/util/run-command.ts';
import {root} from '../support/documents.ts';
import {startGitHttpServer} from '../support/git-http-server.ts';
import {startCli} from '../support/night-rig.ts';
import {wholeFile} from '../support/person.ts';
import {type PostgresServer, postgresProblem, startPostgres} from '../support/postgres-server.ts';
import {quickTimes, readmeFor, signal} from '../support/queue-rig.ts';

const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

describe('what is deployed', () => {
  let folder: string;
  let postgres: PostgresServer;
  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'orchestrator-test-deploy-'));
    if (postgresProblem === undefined) postgres = await startPostgres();
  });
  afterAll(async () => {
    await postgres?.[Symbol.asyncDispose]();
    rmSync(folder, {recursive: true, force: true});
  });

  it('has everything in the image that demo needs, and no secret of the folder it is built in', async () => {
    const image = path.join(folder, 'image');
    mkdirSync(image);
    const copied = [...read('Containerfile').matchAll(/^COPY (.+) \S+$/gm)].flatMap(([, names = '']) =>
      names.split(' '),
    );
    for (const name of copied) cpSync(path.join(root, name), path.join(image, name), {recursive: true});
    symlinkSync(path.join(root, 'node_modules'), path.join(image, 'node_modules'));
    const ended = await runCommand(process.execPath, ['bin/orchestrator.js', 'demo', '--directory', `${folder}/demo`], {
      cwd: image,
      env: {PATH: process.env['PATH'], HOME: folder},
      timeoutMs: 60_000,
    });
    expect({code: ended.exitCode, stderr: ended.stderr}).toEqual({code: 0, stderr: ''});
    const ignored = (file: string): string[] => read(file).split('\n');
    expect(ignored('.dockerignore')).toEqual(expect.arrayContaining(['.env', '.git', 'node_modules']));
    expect(ignored('.gitignore')).toContain('.env');
  });

  describe.skipIf(postgresProblem !== undefined)(
    `by compose${postgresProblem === undefined ? '' : `: ${postgresProblem}`}`,
    () => {
      it('runs the documented steps: the coordinator without a key, the workers without a configuration', async () => {
        const password = 'p@ss/w:ord#%?';
        await postgres.query(`CREATE ROLE locked_orchestrator LOGIN PASSWORD '${password}'`);
        await postgres.query('CREATE DATABASE orchestrator OWNER locked_orchestrator');
        const {services} = parse(read('compose.yaml'), {merge: true}) as {
          services: Record<string, {command: string[]; environment: Record<string, string>; volumes?: string[]}>;
        };
        const environmentOf = (name: string): Record<string, string> => {
          const given: Record<string, string> = {POSTGRES_PASSWORD: password, ANTHROPIC_API_KEY: 'sk-ant-test'};
          const entries = Object.entries(services[name]!.environment).map(([key, text]): [string, string] => [
            key,
            text
              .replaceAll(/\$\{(\w+)(?::[-?][^}]*)?\}/g, (_, variable: string) => given[variable] ?? '')
              // Names that only its network knows, and a user whose password is asked for.
              .replace('orchestrator@postgres:5432', `locked_orchestrator@127.0.0.1:${postgres.port}`),
          ]);
          return {...Object.fromEntries(entries), ...quickTimes};
        };
        const coordinator = environmentOf('coordinator');
        expect(Object.keys(coordinator).filter(name => /KEY|TOKEN/.test(name))).toEqual([]);
        expect(JSON.stringify(read('compose.yaml'))).not.toMatch(/:\$\{POSTGRES_PASSWORD[^}]*\}@/);

        const names = ['repo-01', 'repo-02'];
        const remotes = path.join(folder, 'remotes');
        for (const name of names) {
          await makeRepo(path.join(remotes, `${name}.git`), {
            files: {'package.json': `{"name": "${name}"}\n`},
            bare: true,
          });
        }
        await using git = await startGitHttpServer(remotes);
        await using server = await startScriptedModelServer({strict: false});
        server.reply(request => (request.system.includes('PROJECT.md') ? wholeFile('Project') : readmeFor(request)));
        const work = path.join(folder, 'work');
        const [, mounted = ''] = /^\.\/(.+):\/work\/config:ro$/.exec(services['coordinator']!.volumes![0]!) ?? [];
        cpSync(path.join(root, mounted), path.join(work, 'config'), {recursive: true});
        // The step that a person does.
        const repositories = names.map(name => ({name, url: `${git.url}/${name}.git`}));
        writeFileSync(path.join(work, 'config/repos.json'), JSON.stringify({repositories}));

        const night = {directory: work, repos: names};
        const empty = path.join(folder, 'empty');
        mkdirSync(empty);
        const worker = startCli({...night, directory: empty}, services['worker']!.command, {
          server,
          home: path.join(folder, 'worker-state'),
          env: environmentOf('worker'),
        });
        const run = await startCli(night, ['run', '--config', 'config/overnight.json'], {
          home: path.join(folder, 'state'),
          env: coordinator,
        }).ended;
        signal(worker.child, 'SIGTERM');
        await worker.ended;
        expect(run, run.stdout + worker.output()).toMatchObject({code: 0, stderr: ''});
        expect(run.stdout).toContain('4 changed');
        for (const name of names) {
          const refs = await runGit(path.join(remotes, `${name}.git`), ['for-each-ref', '--format=%(refname:short)']);
          expect(refs.split('\n')).toEqual(['main', 'orchestrator/readme-generator', 'orchestrator/repo-summarizer']);
        }
      });

      it('says what the configuration lacks, where the coordinator has no key', async () => {
        const url = await postgres.newDatabase();
        const directory = path.join(folder, 'plain');
        cpSync(path.join(root, 'config'), path.join(directory, 'config'), {recursive: true});
        const repositories = [{name: 'a', url: 'https://127.0.0.1:1/a.git'}];
        writeFileSync(path.join(directory, 'config/repos.json'), JSON.stringify({repositories}));
        const args = ['run', '--config', 'config/overnight.json', '--queue', url];
        const {code, stderr} = await startCli({directory, repos: []}, args, {home: path.join(folder, 'plain-state')})
          .ended;
        expect({code, stderr}).toEqual({
          code: 2,
          stderr:
            'orchestrator: no model is given, and the keys of the workers are not seen from here; name it in the configuration, "model" in its settings, or with --model\n',
        });
      });
    },
  );
});
