import {spawnSync} from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import {mkdir, writeFile} from 'node:fs/promises';
import {createServer} from 'node:net';
import path from 'node:path';
import {describe, expect, it} from 'vitest';
import {init} from '../../src/cli/commands/init.ts';
import {menu} from '../../src/cli/commands/menu.ts';
import {PromptCancelled, type Prompts} from '../../src/cli/prompts.ts';
import {loadRunConfiguration} from '../../src/run/load-run-configuration.ts';
import {makeFleet, makeTemporaryDirectory, type TemporaryDirectory} from '../../src/testing/temporary-fleet.ts';
import {ownProcess} from '../../src/util/process-identity.ts';
import {createIo, runCli} from '../support/captured-io.ts';
import {type SeededJob, seedRun} from '../support/seed-run.ts';

const failing: SeededJob = {
  repo: 'infra',
  end: {failed: 'reply-truncated', message: 'The reply ended at 16000 tokens'},
  costUsd: 0.25,
  reply: 'half a fi',
};
const night: readonly SeededJob[] = [
  {repo: 'api', end: 'changed', costUsd: 0.5, reply: '# api\n'},
  {repo: 'web', end: 'up-to-date'},
  failing,
];

function stateOf(directory: TemporaryDirectory): string {
  return path.join(directory.path, '.orchestrator');
}

describe('with no run yet', () => {
  it('says so, makes nothing, and knows no run, job or repo', async () => {
    await using home = await makeTemporaryDirectory();
    for (const command of [['status'], ['logs'], ['history'], ['report'], ['gc']]) {
      const {exitCode, out, err} = await runCli(home.path, command);
      expect([command[0], exitCode]).toEqual([command[0], 0]);
      expect(out + err).toContain('no runs yet; try: orchestrator demo');
    }
    for (const command of [
      ['status', 'r-1'],
      ['logs', 'r-1'],
      ['history', 'api'],
      ['report', 'r-1'],
      ['explain', 'api'],
    ]) {
      expect([command[0], (await runCli(home.path, command)).exitCode]).toEqual([command[0], 2]);
    }
    expect(readdirSync(home.path)).toEqual([]);
  });

  it('answers --json with JSON all the same', async () => {
    await using home = await makeTemporaryDirectory();
    for (const command of [
      ['status'],
      ['history'],
      ['report'],
      ['list', 'repos'],
      ['list', 'runs'],
      ['list', 'groups'],
    ]) {
      const {out} = await runCli(home.path, [...command, '--json']);
      expect(() => JSON.parse(out)).not.toThrow();
    }
  });
});

describe('status', () => {
  it('tells how the last run ended and what to do next', async () => {
    await using home = await makeTemporaryDirectory();
    const run = await seedRun(stateOf(home), {jobs: night, exitCode: 1, budgetUsd: 5});
    const {exitCode, out} = await runCli(home.path, ['status']);
    expect(exitCode).toBe(0);
    expect(out).toContain(`finished ${run.id}`);
    expect(out).toContain('1 changed, 1 up to date, 1 failed');
    expect(out).toContain('cost     0.7500 of 5.00 USD');
    expect(out).toContain('✗ readme-generator/infra  reply-truncated: The reply ended at 16000 tokens');
    expect(out).toContain(`orchestrator report ${run.id}`);
    expect(out).toContain(`orchestrator retry ${run.id}`);
    expect(out).toContain('results  ~/.orchestrator/results-');
  });

  it('keeps what waits for a person apart from what failed, as every other window does', async () => {
    await using home = await makeTemporaryDirectory();
    const held: SeededJob = {
      repo: 'ops',
      end: {failed: 'held-for-review', message: '"ci.yml": a protected path'},
      change: {patch: 'ci', findings: [{rule: 'protected-path', path: 'ci.yml', detail: 'x'}], deliver: 'branch'},
    };
    const run = await seedRun(stateOf(home), {jobs: [night[0]!, held], exitCode: 1});
    const said = async (...args: string[]): Promise<string> => (await runCli(home.path, args)).out;
    expect(await said('status')).toContain('jobs     1 changed, 1 held for review\n');
    expect(await said('status')).not.toContain('✗');
    expect(await said('history')).toMatch(/1 changed, 1 held/);
    expect(await said('failures')).toBe(`${run.id}: nothing failed; 1 change is held: orchestrator review\n`);
    const report = await said('report');
    expect(report).toMatch(/^! held for review \(1\)\n/);
    expect(report).not.toContain('orchestrator retry');
    expect(JSON.parse(await said('status', '--json')).last.jobs).toMatchObject({failed: 0, held: 1, changed: 1});
  });

  it('shows a run that goes on: done, running, failures, where it is held', async () => {
    await using home = await makeTemporaryDirectory();
    const jobs: SeededJob[] = [...night, {repo: 'mobile', end: 'running'}, {repo: 'shop', end: 'pending'}];
    await seedRun(stateOf(home), {jobs: night});
    const run = await seedRun(stateOf(home), {jobs, state: 'running', startedAt: Date.UTC(2025, 11, 2, 2)});
    const {out} = await runCli(home.path, ['status']);
    expect(out).toContain(`running  ${run.id}`);
    expect(out).toContain(`process ${process.pid}`);
    expect(out).toContain('████████████░░░░░░░░  3 of 5');
    expect(out).toContain('⟳ readme-generator/mobile');
    expect(out).toContain('✗ readme-generator/infra');
    expect(out).toContain('next     orchestrator status --watch');
    const json = JSON.parse((await runCli(home.path, ['status', '--json'])).out);
    expect(json.running).toMatchObject([{run: run.id, state: 'running', jobs: {total: 5, running: 1, pending: 1}}]);
    expect(json.running[0].running_jobs).toMatchObject([{job: 'readme-generator/mobile'}]);
    expect(json.last.state).toBe('finished');
  });

  it('says of a run whose process is gone what is done, unfinished and to start', async () => {
    await using home = await makeTemporaryDirectory();
    const jobs: SeededJob[] = [...night, {repo: 'mobile', end: 'running'}, {repo: 'shop', end: 'pending'}];
    const run = await seedRun(stateOf(home), {jobs, state: 'running', holder: 'dead'});
    const {out} = await runCli(home.path, ['status']);
    expect(out).toMatch(
      new RegExp(
        `^${run.id} was interrupted at .*; 3 done, 1 unfinished, 1 to start; resume with: orchestrator resume\n`,
      ),
    );
    expect(JSON.parse((await runCli(home.path, ['status', '--json'])).out).interrupted).toMatchObject([
      {state: 'interrupted'},
    ]);
  });

  it('watches until there is nothing to watch, in plain lines without a terminal', async () => {
    await using home = await makeTemporaryDirectory();
    await seedRun(stateOf(home), {jobs: night});
    const {out} = await runCli(home.path, ['status', '--watch']);
    expect(out).toMatch(/^\S+Z r-\S+ finished 3\/3 1 changed, 1 up to date, 1 failed; 0\.7500 USD\n$/);
  });

  it('shows hostile names as text', async () => {
    await using home = await makeTemporaryDirectory();
    const evil = 'a\u001b]0;owned\u0007\nb';
    await seedRun(stateOf(home), {jobs: [{repo: evil, end: {failed: 'path-missing', message: `\u001b[31m${evil}`}}]});
    for (const command of [['status'], ['report'], ['history', evil], ['logs'], ['report', '--md', '-']]) {
      const {out, err} = await runCli(home.path, command);
      expect(out + err).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f]/);
    }
  });

  it('starts without schemas, YAML, tables and providers', async () => {
    await using home = await makeTemporaryDirectory();
    await seedRun(stateOf(home), {jobs: night});
    const {stdout, loaded} = startAndListModules(home.path, ['status']);
    expect(stdout).toContain('finished r-');
    expect(loaded.length).toBeGreaterThan(5);
    expect(
      loaded.filter(name => /\/(?:zod|yaml|string-width|picomatch|@clack|@ai-sdk|@secretlint|@pydantic)\//.test(name)),
    ).toEqual([]);
  });
});

describe('logs', () => {
  const line = (run: string, rest: string): string => `2025-12-01T02:00:03.120Z INFO run=${run} ${rest}\n`;
  const seedLog = async (home: TemporaryDirectory): Promise<string> => {
    const run = await seedRun(stateOf(home), {jobs: night});
    const folder = path.join(stateOf(home), 'runs', run.id);
    mkdirSync(folder, {recursive: true});
    writeFileSync(
      path.join(folder, 'log'),
      [
        line(run.id, 'started 3 jobs'),
        line(run.id, 'job=readme-generator/api changed README.md +12 -4'),
        line(run.id, 'job=readme-generator/infra crashed: no'),
        '    at stack (file.ts:1:1)\n',
        line(run.id, 'note that mentions job=readme-generator/api started'),
      ].join(''),
    );
    return run.id;
  };

  it('prints the log of the last run, or the lines of one job with their stack', async () => {
    await using home = await makeTemporaryDirectory();
    const run = await seedLog(home);
    expect((await runCli(home.path, ['logs'])).out.split('\n')).toHaveLength(6);
    const {out} = await runCli(home.path, ['logs', run, '--job', 'infra']);
    expect(out.split('\n')).toMatchObject([/crashed: no/, /at stack/, ''].map(text => expect.stringMatching(text)));
    expect((await runCli(home.path, ['logs', '--job', 'readme-generator/api'])).out.split('\n')).toHaveLength(2);
  });

  it('prints what the model answered, and that a reply was not used', async () => {
    await using home = await makeTemporaryDirectory();
    await seedLog(home);
    const {out, err} = await runCli(home.path, ['logs', '--job', 'api', '--reply']);
    expect(out).toContain('# api\n');
    expect(err).toContain('readme-generator/api: reply of anthropic/claude-sonnet-5-5, finish reason stop');
    expect((await runCli(home.path, ['logs', '--job', 'web', '--reply'])).err).toContain('no reply is recorded');
  });

  it('names the nearest job, and needs one for a reply', async () => {
    await using home = await makeTemporaryDirectory();
    await seedLog(home);
    const wrong = await runCli(home.path, ['logs', '--job', 'readme-generator/ap']);
    expect(wrong).toMatchObject({exitCode: 2, err: expect.stringContaining('did you mean "readme-generator/api"?')});
    expect((await runCli(home.path, ['logs', '--reply'])).exitCode).toBe(2);
  });

  it('follows a run that goes on until it ends', async () => {
    await using home = await makeTemporaryDirectory();
    const run = await seedRun(stateOf(home), {jobs: night, state: 'running'});
    const log = path.join(stateOf(home), 'runs', run.id, 'log');
    mkdirSync(path.dirname(log), {recursive: true});
    const seen: string[] = [];
    const following = runCli(home.path, ['logs', '-f'], {
      out(text) {
        seen.push(text);
        // The reader itself says when it has seen a line; then the next thing happens.
        if (text.includes('first')) appendFileSync(log, line(run.id, 'second'));
        if (text.includes('second')) void endRun(stateOf(home), run.id);
      },
    });
    writeFileSync(log, line(run.id, 'first'));
    expect((await following).exitCode).toBe(0);
    expect(seen).toHaveLength(2);
  });
});

describe('history and report', () => {
  it('lists runs newest first, and what happened to one repo', async () => {
    await using home = await makeTemporaryDirectory();
    const first = await seedRun(stateOf(home), {jobs: night});
    const second = await seedRun(stateOf(home), {
      jobs: [{repo: 'api', end: 'up-to-date'}],
      startedAt: Date.UTC(2025, 11, 2),
    });
    const {out} = await runCli(home.path, ['history']);
    expect(out.indexOf(second.id)).toBeLessThan(out.indexOf(first.id));
    expect(out).toMatch(/^RUN +STARTED +TOOK +STATE +JOBS +USD +COMMAND\n/);
    const repo = JSON.parse((await runCli(home.path, ['history', 'api', '--json'])).out);
    expect(repo.map((row: {run: string; outcome: string}) => [row.run, row.outcome])).toEqual([
      [second.id, 'up-to-date'],
      [first.id, 'changed'],
    ]);
    expect((await runCli(home.path, ['history', 'apo'])).err).toContain('did you mean "api"?');
    expect((await runCli(home.path, ['history', '--limit', 'x'])).exitCode).toBe(2);
  });

  it('groups the rows of the last run, failures first with cause and next step', async () => {
    await using home = await makeTemporaryDirectory();
    await seedRun(stateOf(home), {jobs: [...night, {repo: 'shop', end: {notStarted: 'budget'}}]});
    const {out} = await runCli(home.path, ['report']);
    expect(out).toMatchInlineSnapshot(`
      "✗ failed: reply-truncated (1)
        The reply reached the output limit and is not whole. (a retry helps after a fix)
        JOB                        USD  WHAT HAPPENED
        readme-generator/infra  0.2500  The reply ended at 16000 tokens
        next: Raise "max_output_tokens", or ask the skill for less.

      · not started: budget (1)
        What the next call could cost at worst does not fit the budget.
        JOB                       USD  WHAT HAPPENED
        readme-generator/shop  0.0000  not-started: budget
        next: orchestrator resume r-20251201-020000-6100 --budget USD

      ✓ changed (1)
        JOB                   FILES                USD   TOOK
        readme-generator/api  README.md +12 −4  0.5000  0.0 s

      ✓ up to date (1)
        readme-generator/web

      4 jobs: 1 failed, 1 not started, 1 changed, 1 up to date; 0.7500 USD
      next  orchestrator resume    finishes what was left undone
            orchestrator retry     runs the failed jobs again where that can help
      "
    `);
  });

  it('writes a results file again that is gone, torn, or behind the ledger', async () => {
    await using home = await makeTemporaryDirectory();
    const run = await seedRun(stateOf(home), {jobs: night});
    const rows = (): unknown[] => JSON.parse(readFileSync(run.resultsFile, 'utf8'));
    const steps: (() => void)[] = [
      () => {},
      () => writeFileSync(run.resultsFile, '[{"run":'),
      () => writeFileSync(run.resultsFile, readFileSync(run.resultsFile, 'utf8').replace('"success"', '"running"')),
    ];
    for (const damage of steps) {
      damage();
      expect((await runCli(home.path, ['report'])).err).toContain('again from the ledger');
      expect(rows()).toMatchObject([{status: 'success'}, {status: 'skipped'}, {status: 'error'}]);
    }
    expect((await runCli(home.path, ['report'])).err).toBe('');
  });

  it('merges results of several machines and says what is wrong with a file', async () => {
    await using home = await makeTemporaryDirectory();
    const run = await seedRun(stateOf(home), {jobs: night});
    const rows = JSON.parse((await runCli(home.path, ['report', '--json'])).out);
    const other = rows.map((row: object) => ({
      ...row,
      run: 'r-other',
      status: 'success',
      outcome: 'changed',
      timestamp: '2025-12-03T00:00:00.000Z',
    }));
    writeFileSync(path.join(home.path, 'other.json'), JSON.stringify(other.slice(2)));
    const merged = JSON.parse((await runCli(home.path, ['report', run.id, 'other.json', '--json'])).out);
    expect(merged.map((row: {repo: string; run: string}) => [row.repo, row.run])).toEqual([
      ['api', run.id],
      ['web', run.id],
      ['infra', 'r-other'],
    ]);
    for (const [text, complaint] of [
      ['nonsense', 'this is not JSON'],
      ['[{"run": 1}]', 'row 1, run:'],
      ['{}', 'this is no results file'],
      [
        JSON.stringify([{...rows[0], outcome: 'melted'}]),
        'row 1, outcome: "melted" is not known here; a newer version may have written it; ',
      ],
    ] as const) {
      writeFileSync(path.join(home.path, 'bad.json'), text);
      const {exitCode, err} = await runCli(home.path, ['report', 'bad.json']);
      expect([exitCode, err]).toEqual([2, expect.stringContaining(complaint)]);
      expect(err).toContain('bad.json');
    }
    // Of another machine alone: nothing here goes on with it, and no row goes without a word.
    const open = other.map((row: object) => ({...row, status: 'error', outcome: 'crashed', message: 'x', next: 'x'}));
    const elsewhere = [{...open[0], path: '/srv/api', timestamp: '2025-12-04T00:00:00.000Z'}];
    writeFileSync(path.join(home.path, 'a.json'), JSON.stringify(open));
    writeFileSync(path.join(home.path, 'b.json'), JSON.stringify(elsewhere));
    const foreign = await runCli(home.path, ['report', 'a.json', 'b.json']);
    expect(foreign.out).toContain('✗ failed: crashed (3)');
    expect(foreign.out).not.toContain('orchestrator retry  ');
    expect(foreign.err).toBe(
      `${rows[0].job} stands for ${rows[0].path} and /srv/api; the row that ended last is kept\n`,
    );
    expect((await runCli(home.path, ['report', 'absent.json'])).err).toContain('does not exist');
    expect((await runCli(home.path, ['report', '--json', '--md', '-'])).exitCode).toBe(2);
  });
});

describe('list', () => {
  it('shows repos with what is missing, groups, tags and broken skills', async () => {
    await using home = await makeTemporaryDirectory();
    await makeFleet(path.join(home.path, 'code'), {api: {files: {a: '1'}}});
    await mkdir(path.join(home.path, 'config'));
    await writeFile(
      path.join(home.path, 'config', 'repos.json'),
      JSON.stringify({
        repositories: [
          {name: 'api', path: '~/code/api', tags: ['python']},
          {name: 'gone', path: '~/code/gone', active: false},
        ],
        groups: {production: ['api']},
      }),
    );
    await mkdir(path.join(home.path, 'skills', 'broken'), {recursive: true});
    await writeFile(path.join(home.path, 'skills', 'broken', 'SKILL.md'), '---\nname: other\n---\n');
    expect((await runCli(home.path, ['list', 'repos'])).out).toMatchInlineSnapshot(`
      "NAME  ACTIVE  PATH                 TAGS    DESCRIPTION
      api   yes     code/api             python
      gone  no      code/gone (missing)
      "
    `);
    const remote = 'forge.example/acme/far.git';
    const far = {name: 'far', url: `https://ann:s@cret@${remote}`, github: `https://t0ken@${remote}`};
    await writeFile(path.join(home.path, 'far.json'), JSON.stringify({repositories: [far]}));
    const listFar = ['list', 'repos', '--fleet', 'far.json'];
    expect((await runCli(home.path, listFar)).out).toContain(`far   yes     https://${remote}\n`);
    expect(JSON.parse((await runCli(home.path, [...listFar, '--json'])).out)).toMatchObject([
      {url: `https://${remote}`, github: `https://${remote}`},
    ]);
    expect((await runCli(home.path, ['--list-groups'])).out).toMatchInlineSnapshot(`
      "GROUP       REPOS  NAMES
      all             1  every active repo
      production      1  api
      "
    `);
    expect((await runCli(home.path, ['list', 'tags'])).out).toContain('python      1  api');
    const skills = JSON.parse((await runCli(home.path, ['list', 'skills', '--json'])).out);
    expect(skills.map((skill: {name: string; problem: string | null}) => [skill.name, skill.problem === null])).toEqual(
      [
        ['broken', false],
        ['code-reviewer', true],
        ['journal', true],
        ['readme-generator', true],
        ['repo-summarizer', true],
      ],
    );
    const models = JSON.parse(
      (await runCli(home.path, ['list', 'models', '--json'], {env: {OPENAI_API_KEY: 'k'}})).out,
    );
    expect(models.find((model: {provider: string}) => model.provider === 'openai')).toMatchObject({
      key_set: true,
      default: true,
    });
    expect(models.find((model: {provider: string}) => model.provider === 'anthropic')).toMatchObject({key_set: false});
    expect((await runCli(home.path, ['list', 'repoz'])).err).toContain('did you mean "repos"?');
  });
});

describe('explain', () => {
  it('agrees with the run: skipped while nothing changed, then names what changed or was touched', async () => {
    await using home = await makeTemporaryDirectory();
    const fleet = await makeFleet(path.join(home.path, 'code'), {api: {files: {'a.txt': 'one\n'}}});
    const repo = fleet.get('api')!.path;
    const run = ['run', '--skill', 'repo-summarizer', '--repos', repo, '--model', 'offline'];
    expect((await runCli(home.path, ['explain', repo])).out).toContain(
      'repo-summarizer/api  would run: no result is remembered',
    );
    expect((await runCli(home.path, run)).exitCode).toBe(0);
    expect((await runCli(home.path, ['explain', 'api'])).out).toContain('would be skipped: nothing changed since r-');
    writeFileSync(path.join(repo, 'PROJECT.md'), 'mine\n');
    const touched = JSON.parse((await runCli(home.path, ['explain', 'api', '--json'])).out);
    expect(touched).toMatchObject([{verdict: 'run', changed: [], touched: ['PROJECT.md']}]);
    await fleet.get('api')!.git('commit', '-q', '--allow-empty', '-m', 'more');
    const changed = JSON.parse((await runCli(home.path, ['explain', 'api', '--json'])).out);
    expect(changed[0]).toMatchObject({verdict: 'run', changed: expect.arrayContaining(['history'])});
    expect(changed[0].same).toContain('model');
    expect((await runCli(home.path, ['explain', 'apu'])).err).toContain('did you mean "api"?');
  });
});

describe('init', () => {
  const makeHome = async (): Promise<TemporaryDirectory> => {
    const home = await makeTemporaryDirectory();
    await makeFleet(path.join(home.path, 'code'), {api: {files: {a: '1'}}, web: {files: {a: '1'}}});
    await makeFleet(path.join(home.path, 'code', 'group'), {api: {files: {a: '1'}}});
    return home;
  };

  it('writes files that load, and tells how to do the same again', async () => {
    await using home = await makeHome();
    const {exitCode, out, err} = await runCli(home.path, [
      'init',
      '--directory',
      '~/code',
      '--model',
      'offline',
      '--budget',
      '2',
    ]);
    expect([exitCode, out]).toEqual([
      0,
      expect.stringContaining('next: orchestrator plan --config config/tasks.json\n'),
    ]);
    expect(err).toContain(
      'orchestrator init --directory ~/code --skills repo-summarizer --model offline --budget 2 --yes',
    );
    const {tasks, settings} = loadRunConfiguration({
      configFile: 'config/tasks.json',
      flags: {},
      cwd: home.path,
      home: home.path,
      env: {},
      orchestratorHome: stateOf(home),
      shippedSkillsDir: path.resolve('skills'),
    });
    expect(tasks.map(task => [task.skill.name, task.repos.map(repo => repo.name)])).toEqual([
      ['repo-summarizer', ['api', 'group/api', 'web']],
    ]);
    expect(settings).toMatchObject({budgetUsd: 2, models: ['offline']});
    const again = await runCli(home.path, ['init', '--yes']);
    expect(again).toMatchObject({
      exitCode: 2,
      err: expect.stringContaining('config/repos.json and config/tasks.json exist already'),
    });
  });

  it('asks nobody without a terminal, and names the flags', async () => {
    await using home = await makeHome();
    expect(await runCli(home.path, ['init'])).toMatchObject({
      exitCode: 2,
      err: expect.stringContaining('--yes or --directory DIR'),
    });
    for (const flags of [
      ['--skills', 'journul'],
      ['--budget', '-1'],
      ['--model', 'gpt'],
      ['--directory', 'nowhere'],
    ]) {
      expect([flags, (await runCli(home.path, ['init', '--yes', ...flags])).exitCode]).toEqual([flags, 2]);
    }
    expect(existsSync(path.join(home.path, 'config'))).toBe(false);
  });

  it('asks on a terminal, and writes nothing when it is left at any question', async () => {
    await using home = await makeHome();
    for (let answered = 0; answered < 3; answered++) {
      const asking = {...createIo(home.path), canAsk: true};
      expect(await init(asking, {}, scriptedPrompts(answered))).toBe(130);
      expect(existsSync(path.join(home.path, 'config'))).toBe(false);
    }
    expect(await init({...createIo(home.path), canAsk: true}, {}, scriptedPrompts(3))).toBe(0);
    expect(readFileSync(path.join(home.path, 'config', 'tasks.json'), 'utf8')).toContain('"model": "offline"');
  });
});

it('runs from the menu what was chosen, and nothing when it is left', async () => {
  await using home = await makeTemporaryDirectory();
  await makeFleet(path.join(home.path, 'code'), {api: {files: {a: '1'}}, web: {files: {a: '1'}}});
  await runCli(home.path, ['init', '--directory', 'code']);
  const project = path.join(home.path, 'code', 'api', 'PROJECT.md');
  const io = {...createIo(home.path), canAsk: true};
  for (let answered = 0; answered < 3; answered++) expect(await menu(io, scriptedPrompts(answered))).toBe(130);
  expect(existsSync(project)).toBe(false);
  expect(await menu(io, scriptedPrompts(3, {one: 'repo-summarizer'}))).toBe(0);
  expect(existsSync(project)).toBe(true);
});

describe('doctor', () => {
  it('finds what is wrong, with a fix each, and shows no key', async () => {
    await using home = await makeTemporaryDirectory();
    const run = await seedRun(stateOf(home), {jobs: [{repo: 'api', end: 'running'}], state: 'running', holder: 'dead'});
    await mkdir(path.join(home.path, 'config'));
    await writeFile(
      path.join(home.path, 'config', 'repos.json'),
      '{"repositories": [{"name": "gone", "path": "./gone"}]}',
    );
    await writeFile(
      path.join(home.path, 'config', 'tasks.json'),
      '{"tasks": [{"name": "a", "skill": "journul", "group": "all"}]}',
    );
    const env = {
      PATH: process.env['PATH'],
      ANTHROPIC_API_KEY: 'sk-secret',
      ANTHROPIC_BASE_URL: `http://127.0.0.1:${await closedPort()}`,
    };
    const {exitCode, out} = await runCli(home.path, ['doctor'], {env});
    expect(exitCode).toBe(1);
    expect(out).toMatch(/^✓ node +\d+\./);
    expect(out).toContain('✓ keys          ANTHROPIC_API_KEY set\n');
    expect(out).not.toContain('sk-secret');
    expect(out).toContain(`! run           ${run.id} was interrupted   fix: orchestrator resume ${run.id}`);
    expect(out).toContain('1 of them missing on this machine: gone');
    expect(out).toMatch(
      /✗ configuration config\/tasks\.json:1:\d+ tasks\[0\]\.skill — no skill "journul"; did you mean "journal"\?/,
    );
    expect(out).toMatch(/✗ provider anthropic nobody listens at 127\.0\.0\.1:\d+ /);
    const json = JSON.parse((await runCli(home.path, ['doctor', '--json'], {env})).out);
    expect(json.ok).toBe(false);
    expect(
      json.checks.every((check: {status: string; fix?: string}) => check.status === 'ok' || check.fix !== undefined),
    ).toBe(true);
  });

  it('says which git and which ledger cannot be used', async () => {
    await using home = await makeTemporaryDirectory();
    mkdirSync(stateOf(home), {mode: 0o755});
    writeFileSync(path.join(stateOf(home), 'state.db'), 'this is not a database, whatever its name says');
    const {exitCode, out} = await runCli(home.path, ['doctor'], {env: {PATH: '/nonexistent'}});
    expect(exitCode).toBe(1);
    expect(out).toContain('✗ git           cannot be started (ENOENT)   fix: install git 2.36');
    expect(out).toContain('is not a ledger');
  });
});

describe('gc', () => {
  it('removes old runs with their folders, and nothing else', async () => {
    await using home = await makeTemporaryDirectory();
    const old = await seedRun(stateOf(home), {jobs: night});
    const open = await seedRun(stateOf(home), {
      jobs: [{repo: 'x', end: 'running'}],
      state: 'running',
      startedAt: Date.UTC(2025, 11, 2),
    });
    const recent = await seedRun(stateOf(home), {jobs: night, startedAt: Date.now() - 1000});
    const folder = path.join(stateOf(home), 'runs');
    const names = [old.id, open.id, recent.id, 'r-not-in-the-ledger', 'notes', '.gone-r-20250101-000000-0000'];
    for (const name of names) mkdirSync(path.join(folder, name), {recursive: true});
    expect((await runCli(home.path, ['gc', '--dry-run'])).out).toMatch(new RegExp(`^${old.id}  .*\n$`));
    expect(readdirSync(folder)).toHaveLength(names.length);
    expect((await runCli(home.path, ['gc', '--keep', '30d'])).out).toBe('1 run, 2 replies and 2 folders gone\n');
    expect(readdirSync(folder).sort()).toEqual([open.id, recent.id, 'notes', 'r-not-in-the-ledger'].sort());

    const mirrors = path.join(stateOf(home), 'mirrors');
    const used = path.join(mirrors, 'a'.repeat(24), 'used');
    mkdirSync(path.dirname(used), {recursive: true});
    writeFileSync(used, 'https://forge.example/acme/api.git\n');
    utimesSync(used, 1, 1);
    const {out, err} = await runCli(home.path, ['gc', '--dry-run']);
    expect(out).toMatch(/^mirror of https:\/\/forge\.example\/acme\/api\.git {2}1970-\S+ \S+\n$/);
    expect(err).toBe('0 runs and 1 mirror would go\n');
    expect(existsSync(used)).toBe(true);
    expect((await runCli(home.path, ['gc'])).out).toBe('0 runs, 0 replies and 1 folder gone\n');
    expect(readdirSync(mirrors)).toEqual([]);
    for (const age of ['0d', '90', '-1d', '1y', '', '999999d']) {
      expect([age, (await runCli(home.path, ['gc', '--keep', age])).exitCode]).toEqual([age, 2]);
    }
  });
});

describe('schema and completion', () => {
  it('prints each published schema', async () => {
    await using home = await makeTemporaryDirectory();
    const names = (await runCli(home.path, ['schema'])).out.trim().split('\n');
    expect(names).toEqual(['tasks', 'repos', 'models', 'results']);
    for (const name of names)
      expect(JSON.parse((await runCli(home.path, ['schema', name])).out).$schema).toContain('json-schema.org');
    expect((await runCli(home.path, ['schema', 'task'])).err).toContain('did you mean "tasks"?');
  });

  it('completes commands, options and words in bash', async () => {
    await using home = await makeTemporaryDirectory();
    const script = path.join(home.path, 'completion.bash');
    writeFileSync(script, (await runCli(home.path, ['completion', 'bash'])).out);
    const complete = (...words: string[]): string[] => {
      const code = `source ${script}; COMP_WORDS=(orchestrator ${words.map(word => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}; _orchestrator; printf '%s\\n' "\${COMPREPLY[@]}"`;
      return spawnSync('bash', ['-c', code], {encoding: 'utf8'}).stdout.trim().split('\n');
    };
    expect(complete('hist')).toEqual(['history']);
    expect(complete('list', 'mo')).toEqual(['models']);
    expect(complete('run', '--max')).toEqual(['--max-workers']);
    expect(complete('run', '--deliver', 'pu')).toEqual(['pull-request']);
    expect(complete('--config', 'x', 'sta')).toEqual(['status']);
  });

  it('prints zsh and fish scripts with every command', async () => {
    await using home = await makeTemporaryDirectory();
    for (const shell of ['zsh', 'fish']) {
      const {out} = await runCli(home.path, ['completion', shell]);
      for (const command of ['run', 'status', 'explain', 'gc', 'schema']) expect(out).toContain(command);
      expect(out).toContain('max-workers');
    }
    expect((await runCli(home.path, ['completion', 'bsh'])).err).toContain('did you mean "bash"?');
  });
});

/** Answers the first questions like somebody who takes what is offered, then leaves. */
function scriptedPrompts(answers: number, fixed: {one?: string} = {}): Prompts {
  let left = answers;
  const answer = <Answer>(value: Answer): Promise<Answer> => {
    if (left === 0) return Promise.reject(new PromptCancelled());
    left--;
    return Promise.resolve(value);
  };
  return {
    begin: () => {},
    end: () => {},
    note: () => {},
    one: (_message, choices, initial) => answer(fixed.one ?? initial ?? choices[0]!.value),
    several: (_message, choices, initial) =>
      answer(initial.length > 0 ? [...initial] : choices.map(choice => choice.value)),
    line: (_message, {initial}) => answer(initial ?? ''),
    confirm: () => answer(true),
  };
}

async function endRun(stateDir: string, run: string): Promise<void> {
  const {openLedger} = await import('../../src/orchestrator/open-ledger.ts');
  const ledger = openLedger(stateDir);
  await ledger.endRun(run, {state: 'finished', exitCode: 0, holder: ownProcess()});
  await ledger.close();
}

async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const {port} = server.address() as {port: number};
  await new Promise(resolve => server.close(resolve));
  return port;
}

/** Starts the program with a hook that writes down every module it loads. */
function startAndListModules(home: string, args: readonly string[]): {stdout: string; loaded: string[]} {
  const list = path.join(home, 'modules.txt');
  const hook = path.join(home, 'hook.mjs');
  writeFileSync(
    hook,
    `import {appendFileSync} from 'node:fs';
     import {registerHooks} from 'node:module';
     registerHooks({load(url, context, next) { appendFileSync(${JSON.stringify(list)}, url + '\\n'); return next(url, context); }});`,
  );
  const {stdout} = spawnSync(process.execPath, ['--import', hook, path.resolve('bin/orchestrator.js'), ...args], {
    encoding: 'utf8',
    env: {PATH: process.env['PATH'], HOME: home},
  });
  expect(statSync(list).size).toBeGreaterThan(0);
  return {stdout, loaded: readFileSync(list, 'utf8').trim().split('\n')};
}
