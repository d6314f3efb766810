import {spawn} from 'node:child_process';
import {existsSync} from 'node:fs';
import {mkdir, readFile} from 'node:fs/promises';
import path from 'node:path';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {type ScriptedModelServer, startScriptedModelServer} from '../../src/testing/scripted-model-server.ts';
import {makeFleet} from '../../src/testing/temporary-fleet.ts';
import {anthropicAt, bin, invitePerson, type Person, repoOf, startProgram, wholeFile} from '../support/person.ts';

let server: ScriptedModelServer;
let person: Person;

const names = ['mcp-fleet', 'rishi', 'orchestrator', 'synthetic-notes'];

beforeEach(async () => {
  server = await startScriptedModelServer();
  server.reply(request => wholeFile(repoOf(request)));
  person = await invitePerson(anthropicAt(server.url));
  await makeFleet(
    path.join(person.home, 'code'),
    Object.fromEntries(names.map(name => [name, {files: {'main.py': `print("${name}")\n`}}])),
  );
  await person.write('config/repos.json', {
    repositories: names.map((name, index) => ({
      name,
      path: `~/code/${name}`,
      tags: [index % 2 === 0 ? 'python' : 'notes'],
    })),
    groups: {production: ['mcp-fleet', 'rishi']},
  });
});

afterEach(async () => {
  await person[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

const inRepo = (name: string, file: string): string => path.join(person.home, 'code', name, file);

describe('the commands of the manual, as a person types them', () => {
  it('runs a configuration in the background, the log to be followed, results in the home folder', async () => {
    await person.write('config/overnight.json', {
      description: 'Overnight documentation update',
      tasks: [
        {name: 'Update READMEs', skill: 'readme-generator', group: 'all', enabled: true},
        {name: 'Update PROJECT.md', skill: 'repo-summarizer', group: 'all', enabled: true},
        {name: 'Not tonight', skill: 'code-reviewer', group: 'all', enabled: false},
      ],
      settings: {parallel: true, max_workers: 5, simple_mode: true, log_file: '~/.orchestrator/logs/overnight.log'},
    });
    let letGo = (): void => {};
    const held = new Promise<void>(resolve => {
      letGo = resolve;
    });
    server.reply(async request => {
      if (repoOf(request) === 'rishi') await held;
      return wholeFile(repoOf(request));
    });
    const log = path.join(person.home, '.orchestrator/logs/overnight.log');
    await mkdir(path.dirname(log), {recursive: true});

    // The shell ends at once; the night goes on.
    const shell = await startProgram(
      'sh',
      [
        '-c',
        `touch "${log}"; nohup "$0" "$1" --config config/overnight.json >/dev/null 2>&1 & echo $!`,
        process.execPath,
        bin,
      ],
      {cwd: person.work, env: person.env},
    );
    const pid = Number(shell.stdout);
    expect(pid).toBeGreaterThan(0);
    const tail = spawn('tail', ['-n', '+1', '-f', log]);
    let followed = '';
    const follow = (enough: () => boolean): Promise<void> =>
      new Promise(resolve => {
        const look = (): void => {
          if (enough()) resolve();
        };
        tail.stdout.on('data', look);
        look();
      });
    tail.stdout.on('data', chunk => {
      followed += String(chunk);
    });
    await follow(() => followed.split('changed').length > 6);
    // It can be followed while it goes on, and it outlives its terminal.
    expect(followed).not.toContain('finished');
    process.kill(pid, 'SIGHUP');
    expect((await person.results()).filter(row => row.status === 'success').length).toBeLessThan(8);
    letGo();
    await follow(() => followed.includes('finished'));
    tail.kill();

    expect(followed).toMatch(
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z INFO run=r-\d{8}-\d{6}-[0-9a-f]{4} job=readme-generator\/mcp-fleet changed README\.md \+\d+ -0 \d\.\d{4} USD \d+\.\ds$/m,
    );
    expect(followed).toContain('task "Not tonight" is disabled');
    expect(followed).toMatch(/finished: 8 changed; .*, exit 0\n$/);
    const readRows = async (): Promise<string[]> =>
      (await person.results()).map(row => `${row.skill}/${row.repo} ${row.status} ${row.outcome}`);
    await expect
      .poll(readRows, {timeout: 5000})
      .toEqual(
        ['readme-generator', 'repo-summarizer'].flatMap(skill => names.map(name => `${skill}/${name} success changed`)),
      );
    for (const name of names) expect(await readFile(inRepo(name, 'PROJECT.md'), 'utf8')).toBe(wholeFile(name));
  });

  it('runs one skill over repos by name, with a log file of its own: each server its share', async () => {
    const one = await person.start([
      '--skill',
      'repo-summarizer',
      '--repo-names',
      'mcp-fleet',
      'rishi',
      '--log-file',
      'logs/server1.log',
    ]);
    expect(one).toMatchObject({exitCode: 0, stderr: ''});
    expect(await readFile(path.join(person.work, 'logs/server1.log'), 'utf8')).toBe(one.stdout);
    expect(names.map(name => existsSync(inRepo(name, 'PROJECT.md')))).toEqual([true, true, false, false]);
    const two = await person.call([
      '--skill',
      'repo-summarizer',
      '--repo-names',
      'orchestrator',
      'synthetic-notes',
      '--log-file',
      'logs/server2.log',
    ]);
    expect(two.exitCode).toBe(0);
    expect(names.map(name => existsSync(inRepo(name, 'PROJECT.md')))).toEqual([true, true, true, true]);
    expect(server.requests.map(request => repoOf(request)).sort()).toEqual([...names].sort());
  });

  it.each([
    ['group', {group: 'production'}, ['mcp-fleet', 'rishi']],
    ['tag', {tag: 'python'}, ['mcp-fleet', 'orchestrator']],
    ['repos', {repos: ['~/code/rishi', '../../home/code/orchestrator']}, ['rishi', 'orchestrator']],
    ['a glob', {repos: ['~/code/*-*']}, ['mcp-fleet', 'synthetic-notes']],
    ['repo_names', {repo_names: ['synthetic-notes', 'rishi']}, ['synthetic-notes', 'rishi']],
    ['select', {select: 'python and not notes'}, ['mcp-fleet', 'orchestrator']],
    ['group and exclude', {group: 'all', exclude: ['s*', 'rishi']}, ['mcp-fleet', 'orchestrator']],
  ])('selects by %s', async (_name, selector, expected) => {
    await person.write('config/tasks.json', {
      tasks: [{name: 'Journal', skill: 'journal', ...selector}],
      settings: {model: 'offline'},
    });
    const planned = await person.call(['--config', 'config/tasks.json', '--dry-run', '--json']);
    expect(planned).toMatchObject({exitCode: 0, stderr: ''});
    const {jobs} = JSON.parse(planned.stdout) as {jobs: {repo: string; verdict: string}[]};
    expect(jobs.map(job => `${job.repo} ${job.verdict}`)).toEqual(expected.map(name => `${name} run`));
  });

  it('a path that does not exist has its row as promised, and stops nobody', async () => {
    await person.write('config/repos.json', {
      repositories: [
        {name: 'mcp-fleet', path: '~/code/gone'},
        {name: 'rishi', path: '~/code/rishi'},
      ],
    });
    const {exitCode, stdout} = await person.start(['--skill', 'readme-generator']);
    expect(exitCode).toBe(1);
    const rows = await person.results();
    expect(rows[0]).toMatchObject({
      repo: 'mcp-fleet',
      status: 'error',
      outcome: 'path-missing',
      message: 'Path does not exist',
      skill: 'readme-generator',
      path: path.join(person.home, 'code/gone'),
      attempts: 0,
      cost_usd: 0,
    });
    expect(rows[0]?.next).toMatch(/\S/);
    expect(rows[1]).toMatchObject({repo: 'rishi', status: 'success', outcome: 'changed', output_file: 'README.md'});
    expect(stdout).toMatch(/ERROR .* job=readme-generator\/mcp-fleet path-missing: Path does not exist — /);
    expect(stdout).toMatch(/finished: 1 changed, 1 failed; .*, exit 1\n$/);
  });

  it('settings win over the command line, and the log names both values', async () => {
    await person.write('config/tasks.json', {
      tasks: [{name: 'Journal', skill: 'journal', repo_names: ['rishi']}],
      settings: {max_workers: 2, log_file: '~/night.log', model: 'offline', parallel: false, deliver: 'files'},
    });
    const flags = ['--max-workers', '7', '--log-file', 'other.log', '--model', 'openai/gpt-6-sol', '--parallel'];
    const {exitCode} = await person.start(['--config', 'config/tasks.json', ...flags]);
    expect(exitCode).toBe(0);
    expect(existsSync(path.join(person.work, 'other.log'))).toBe(false);
    const log = await readFile(path.join(person.home, 'night.log'), 'utf8');
    for (const line of [
      "max_workers: the configuration's 2 wins over --max-workers 7",
      'log_file: the configuration\'s "~/night.log" wins over --log-file other.log',
      'model: the configuration\'s "offline" wins over --model openai/gpt-6-sol',
      "parallel: the configuration's false wins over --parallel",
    ])
      expect(log).toContain(line);
    expect(server.requestCount).toBe(0);
  });

  it('runs the shipped configurations as they are', async () => {
    for (const file of ['overnight.json', 'quick.json', 'production.json', 'tasks.example.json']) {
      const text = await readFile(new URL(`../../config/${file}`, import.meta.url), 'utf8');
      await person.write(`config/${file}`, text.replace('"tag": "quick"', '"tag": "python"'));
      const {exitCode, stderr} = await person.call(['--config', `config/${file}`, '--dry-run', '--json'], {
        env: {OPENAI_API_KEY: 'sk-test'},
      });
      expect(`${file} ${exitCode} ${stderr}`).toBe(`${file} 0 `);
    }
  });

  it('a task that lacks its skill, group or name is told before anything runs', async () => {
    await person.write('config/tasks.json', {
      tasks: [
        {name: 'A', skill: 'readme-genrator', group: 'all'},
        {name: 'B', skill: 'journal', group: 'prodction'},
        {name: 'C', skill: 'journal', repo_names: ['rish']},
      ],
    });
    const {exitCode, stdout, stderr} = await person.start(['--config', 'config/tasks.json']);
    expect({exitCode, stdout}).toEqual({exitCode: 2, stdout: ''});
    expect(stderr.split('\n').map(line => line.replace(/^config\/tasks\.json:\d+:\d+ /, ''))).toEqual([
      expect.stringMatching(/^tasks\[0\]\.skill — .*did you mean "readme-generator"\?$/),
      expect.stringMatching(/^tasks\[1\]\.group — .*did you mean "production"\?$/),
      expect.stringMatching(/^tasks\[2\]\.repo_names\[0\] — .*did you mean "rishi"\?$/),
      '',
    ]);
    expect(server.requestCount).toBe(0);
    expect(existsSync(person.state)).toBe(false);
  });

  it('without a key says what to set, and how to try without', async () => {
    const {exitCode, stderr} = await person.start(['--skill', 'journal'], {env: {ANTHROPIC_API_KEY: ''}});
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/ANTHROPIC_API_KEY.*--model offline/);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});
