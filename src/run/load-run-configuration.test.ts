import {execFileSync} from 'node:child_process';
import {cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import type {Flags} from '../config/settings.ts';
import {ConfigurationError} from '../domain/errors.ts';
import {defaultChangeLimits} from '../domain/job.ts';
import {loadRunConfiguration} from './load-run-configuration.ts';

const packageRoot = path.resolve(import.meta.dirname, '../..');
let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(path.join(tmpdir(), 'load-run-')));
  mkdirSync(path.join(root, 'home/code'), {recursive: true});
});
afterEach(() => rmSync(root, {recursive: true, force: true}));

function write(file: string, content: unknown): void {
  mkdirSync(path.dirname(path.join(root, file)), {recursive: true});
  writeFileSync(path.join(root, file), typeof content === 'string' ? content : JSON.stringify(content, null, 2));
}

function load(configFile: string | undefined, flags: Flags = {}) {
  return loadRunConfiguration({
    ...(configFile === undefined ? {} : {configFile}),
    flags,
    cwd: root,
    home: path.join(root, 'home'),
    env: {},
    orchestratorHome: path.join(root, 'home/.orchestrator'),
    shippedSkillsDir: path.join(packageRoot, 'skills'),
  });
}

function problemsOf(configFile: string | undefined, flags: Flags = {}): string {
  try {
    load(configFile, flags);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message.replaceAll(root, '<root>');
    throw error;
  }
  return '';
}

const fleet = {
  repositories: [
    {name: 'api', path: '~/code/api', tags: ['python', 'quick']},
    {name: 'web', path: '~/code/web', tags: ['typescript']},
  ],
  groups: {production: ['web']},
};

describe('loadRunConfiguration', () => {
  it('merges task, settings, flags and defaults', () => {
    write('config/repos.json', fleet);
    write('config/models.json', {default: 'openai/gpt-5'});
    write('night.json', {
      description: 'Night',
      tasks: [
        {
          name: 'A',
          skill: 'readme-generator',
          group: 'all',
          timeout_s: 1.5,
          budget_usd: 2,
          model: 'anthropic/x',
          exclude: ['web'],
          allow: ['docs/**'],
          deny: ['docs/private'],
          allow_protected: ['package-lock.json'],
          max_changed_files: 3,
          max_changed_lines: 50,
        },
        {name: 'B', skill: 'repo-summarizer', repo_names: ['web', 'api'], mode: 'agent', deliver: 'patch'},
        {name: 'C', skill: 'nobody-has-it', group: 'nope', enabled: false},
      ],
      settings: {max_workers: 3, simple_mode: true, verify: ['npm test'], allow: ['src'], deny: ['db']},
    });
    const {tasks, disabled, settings, overrides, description} = load('night.json', {
      maxWorkers: 9,
      deliver: 'branch',
      exclude: [],
    });
    expect(
      tasks.map(({skill, repos, ...task}) => ({...task, skill: skill.name, repos: repos.map(repo => repo.name)})),
    ).toEqual([
      {
        ...{
          name: 'A',
          index: 0,
          skill: 'readme-generator',
          repos: ['api'],
          mode: 'simple',
          models: ['anthropic/x'],
          deliver: 'branch',
        },
        ...{
          pullRequest: {labels: [], reviewers: [], draft: false},
          verify: ['npm test'],
          changeLimits: {
            allow: ['docs/**'],
            deny: ['db', 'docs/private'],
            allowProtected: ['package-lock.json'],
            maxChangedFiles: 3,
            maxChangedLines: 50,
          },
          budgetUsd: 2,
          timeoutMs: 1500,
          force: false,
          contextTokens: 60_000,
          maxOutputTokens: 16_000,
          commandTimeoutMs: 600_000,
          maxTurns: 40,
          jobTimeoutMs: 1_800_000,
          push: false,
        },
      },
      {
        ...{
          name: 'B',
          index: 1,
          skill: 'repo-summarizer',
          repos: ['web', 'api'],
          mode: 'agent',
          models: ['openai/gpt-5'],
          deliver: 'patch',
        },
        changeLimits: {...defaultChangeLimits, allow: ['src'], deny: ['db']},
        ...{verify: ['npm test'], timeoutMs: 600_000, force: false, contextTokens: 60_000, maxOutputTokens: 16_000},
        pullRequest: {labels: [], reviewers: [], draft: false},
        commandTimeoutMs: 600_000,
        maxTurns: 40,
        jobTimeoutMs: 1_800_000,
        push: false,
      },
    ]);
    expect(tasks[0]?.repos[0]?.path).toBe(path.join(root, 'home/code/api'));
    expect({disabled, description, maxWorkers: settings.maxWorkers}).toEqual({
      disabled: [{name: 'C', skill: 'nobody-has-it'}],
      description: 'Night',
      maxWorkers: 3,
    });
    expect(overrides).toEqual([
      "max_workers: the configuration's 3 wins over --max-workers 9",
      'tasks[1].deliver: the configuration\'s "patch" wins over --deliver branch',
    ]);
  });

  it('reports what is wrong in every file and flag at once', () => {
    write(
      'config/repos.json',
      '{"repositories": [{"name": "api", "path": "/a", "tgas": []}], "groups": {"prod": ["apy"]}}',
    );
    write('config/models.json', '{"defualt": "x/y"}');
    write('skills/broken/SKILL.md', '---\nname: broken\n---\n');
    write(
      'night.json',
      `{
  "tasks": [
    {"name": "A", "skill": "readme-genrator", "group": "prd", "enbled": true},
    {"name": "B", "skill": "broken", "tag": "python", "model": "antropic/claude"},
    {"name": "C", "skill": "journal", "repo_names": ["api", "wbe"], "mode": 7},
    {"name": "D", "skill": "journal", "repos": ["~/nothing/*", "$NOPE/x"]},
    {"name": "E", "skill": "journal", "select": "python and"}
  ],
  "settings": {"skills": ["./nowhere"], "log_file": "$NOPE/log"}
}`,
    );
    expect(problemsOf('night.json', {group: 'all', maxWorkers: 'ten', skillsDir: 'gone'})).toMatchInlineSnapshot(`
      "night.json:3:28 tasks[0].skill — no skill "readme-genrator"; did you mean "readme-generator"?
      night.json:3:56 tasks[0].group — no group "prd"; did you mean "prod"?
      night.json:3:63 tasks[0].enbled — "enbled" is not a key of a task; did you mean "enabled"?
      night.json:4:28 tasks[1].skill — the skill "broken" cannot be used: skills/broken/SKILL.md:1:1 description — "description" is missing; skills/broken/SKILL.md:1:1 — there are no instructions below the front matter
      night.json:4:45 tasks[1].tag — no repo has the tag "python"
      night.json:4:64 tasks[1].model — no provider "antropic"; did you mean "anthropic"?
      night.json:5:61 tasks[2].repo_names[1] — no repo "wbe"; repos are "api"
      night.json:5:77 tasks[2].mode — expected one of "simple", "agent", "script", found 7
      night.json:6:49 tasks[3].repos[0] — "~/nothing/*" matches no git repository
      night.json:6:64 tasks[3].repos[1] — the environment variable NOPE is not set
      night.json:7:60 tasks[4].select — expected a tag at the end
      night.json:9:27 settings.skills[0] — the folder "<root>/nowhere" does not exist
      night.json:9:53 settings.log_file — the environment variable NOPE is not set
      --group — cannot be used together with --config; the tasks of the configuration say which skill runs on which repos
      --max-workers — expected a number, found "ten"
      --skills-dir — the folder "<root>/gone" does not exist
      config/models.json:1:2 defualt — "defualt" is not a key of a models file; did you mean "default"?
      config/repos.json:1:49 repositories[0].tgas — "tgas" is not a key of a repository; did you mean "tags"?
      config/repos.json:1:83 groups.prod[0] — no repo "apy"; did you mean "api"?"
    `);
  });

  it('does not blame a selection for what the fleet file has wrong', () => {
    write(
      'config/repos.json',
      '{"repositories": [{"name": "a", "path": "/a", "active": false, "tags": ["t"], "x": 1}]}',
    );
    expect(problemsOf(undefined, {tag: 't'})).toBe(
      'config/repos.json:1:79 repositories[0].x — "x" is not a key of a repository',
    );
  });

  it('makes one task of the flags alone', () => {
    write('config/repos.json', fleet);
    const {tasks} = load(undefined, {model: 'offline'});
    expect(tasks).toMatchObject([
      {name: 'repo-summarizer', mode: 'simple', models: ['offline'], repos: [{name: 'api'}, {name: 'web'}]},
    ]);
    expect(load(undefined, {tag: 'python', skill: 'journal'}).tasks).toMatchObject([
      {name: 'journal', repos: [{name: 'api'}]},
    ]);
    expect(load(undefined, {select: 'not python'}).tasks[0]?.repos).toMatchObject([{name: 'web'}]);
    expect(load(undefined, {repos: ['home/code/web', 'gone']}).tasks[0]?.repos).toMatchObject([
      {name: 'web', tags: ['typescript']},
      {name: 'gone', path: path.join(root, 'gone')},
    ]);
    expect(problemsOf(undefined, {repoNames: ['wbe'], skill: 'jurnal'})).toMatchInlineSnapshot(`
      "--skill — no skill "jurnal"; did you mean "journal"?
      --repo-names — no repo "wbe"; did you mean "web"?"
    `);
    expect(problemsOf(undefined, {group: 'all', tag: 'python'})).toMatchInlineSnapshot(
      `"--tag — repos are selected in one way, found --group and --tag; keep one of them"`,
    );
  });

  it('needs no fleet file for paths, and says how to get one for the rest', () => {
    execFileSync('git', ['init', '-q', path.join(root, 'home/code/api')]);
    expect(load(undefined, {repos: ['~/code/*']}).tasks[0]?.repos).toMatchObject([{name: 'api'}]);
    expect(problemsOf(undefined)).toMatchInlineSnapshot(
      `"there is no fleet file (config/repos.json, home/.orchestrator/repos.json), so no repo has a name, tag or group; make one with: orchestrator init; or name folders with --repos"`,
    );
    expect(problemsOf(undefined, {fleet: 'nope.json'})).toMatchInlineSnapshot(
      `"--fleet — nope.json: the file does not exist"`,
    );
  });

  it('finds the fleet: flag, setting, config folder, state directory', () => {
    const only = (name: string) => ({repositories: [{name, path: '/x'}]});
    const names = (config: string | undefined, flags: Flags = {}) =>
      load(config, flags).fleet.repos.map(repo => repo.name);
    write('home/.orchestrator/repos.json', only('state'));
    expect(names(undefined)).toEqual(['state']);
    write('config/repos.json', only('config'));
    expect(names(undefined)).toEqual(['config']);
    write('flag.json', only('flag'));
    expect(names(undefined, {fleet: 'flag.json'})).toEqual(['flag']);
    write('sub/setting.json', only('setting'));
    write('sub/night.json', {tasks: [{name: 'A', skill: 'journal', group: 'all'}], settings: {fleet: 'setting.json'}});
    expect(names('sub/night.json', {fleet: 'flag.json'})).toEqual(['setting']);
  });

  it('says which file was meant when there is none', () => {
    write('config/overnight.json', '{}');
    expect(problemsOf('config/overnigth.json')).toBe(
      'config/overnigth.json — the file does not exist; did you mean "overnight.json"?',
    );
  });

  it('takes time in proportion to the repos', () => {
    const loadMs = (count: number): number => {
      const repositories = Array.from({length: count}, (_, index) => ({
        name: `repo-${index}`,
        path: `/code/r${index}`,
        tags: ['t'],
      }));
      write('config/repos.json', {repositories, groups: {g: repositories.map(repo => repo.name)}});
      write('night.json', {
        tasks: [
          {name: 'A', skill: 'journal', group: 'g'},
          {name: 'B', skill: 'journal', tag: 't', exclude: ['*-1*']},
        ],
      });
      const started = performance.now();
      expect(load('night.json').tasks[0]?.repos).toHaveLength(count);
      return performance.now() - started;
    };
    loadMs(500);
    const few = Math.min(...[1, 2, 3].map(() => loadMs(500)));
    // Eight times as many; what is compared pairwise would take 64 times as long.
    expect(Math.min(...[1, 2, 3].map(() => loadMs(4000))) / few).toBeLessThan(24);
  });
});

describe('the shipped configurations', () => {
  it.each(['overnight', 'quick', 'production', 'tasks.example'])(
    '%s.json works once the fleet has repos, and says so before',
    name => {
      cpSync(path.join(packageRoot, 'config'), path.join(root, 'config'), {recursive: true});
      expect(problemsOf(`config/${name}.json`)).toMatch(
        /^config\/repos\.json:\d+:\d+ repositories — the fleet is empty; list your repos in config\/repos\.json, or run: orchestrator init$/,
      );
      const text = readFileSync(path.join(root, 'config/repos.json'), 'utf8');
      const filled = text
        .replace('"repositories": []', `"repositories": ${JSON.stringify(fleet.repositories)}`)
        .replace('"groups": {}', `"groups": ${JSON.stringify(fleet.groups)}`);
      write('config/repos.json', filled);
      expect(load(`config/${name}.json`).tasks.length).toBeGreaterThan(0);
    },
  );
});
