import {describe, expect, it} from 'vitest';
import {formatProblem} from '../domain/problem.ts';
import {defaultSandboxSettings} from '../domain/sandbox.ts';
import {resolveSettings, type SettingsSources} from './resolve-settings.ts';

function resolve(sources: Partial<SettingsSources>) {
  const result = resolveSettings({
    configDir: '/etc/night',
    cwd: '/home/ann/work',
    home: '/home/ann',
    env: {HOOK: 'https://hook.test/secret', BAD: 'secret'},
    flags: {},
    problemAt: (path, message) => ({file: 'night.json', path: path.join('.'), message}),
    ...sources,
  });
  return {...result, problems: result.problems.map(formatProblem)};
}

describe('resolveSettings', () => {
  it('has a default for everything that needs one', () => {
    const {settings, overrides, problems} = resolve({});
    expect({overrides, problems}).toEqual({overrides: [], problems: []});
    expect(settings).toEqual({
      parallel: true,
      maxWorkers: 5,
      logMaxBytes: 10_000_000,
      deliver: 'files',
      push: false,
      batch: false,
      force: false,
      timeoutMs: 600_000,
      contextTokens: 60_000,
      maxOutputTokens: 16_000,
      maxTurns: 40,
      jobTimeoutMs: 1_800_000,
      prPerHour: 20,
      draft: false,
      labels: [],
      reviewers: [],
      graceMs: 60_000,
      resultsDir: '/home/ann',
      notify: [],
      skillDirs: [],
      exclude: [],
      commandTimeoutMs: 600_000,
      sandbox: defaultSandboxSettings,
      changeLimits: {allow: [], deny: [], allowProtected: [], maxChangedFiles: 100, maxChangedLines: 5_000},
    });
  });

  it('lets the configuration win over flags, and says so with both values', () => {
    const {settings, overrides} = resolve({
      written: {
        max_workers: 5,
        simple_mode: true,
        parallel: true,
        log_file: 'logs/a.log',
        models: ['a/b', 'c/d'],
        force: false,
        deadline: '06:00',
      },
      flags: {
        maxWorkers: '10',
        mode: 'agent',
        parallel: false,
        logFile: 'b.log',
        model: 'x/y',
        force: true,
        deadline: '06:00',
        budget: '2.5',
      },
    });
    expect(overrides).toMatchInlineSnapshot(`
      [
        "parallel: the configuration's true wins over --sequential",
        "max_workers: the configuration's 5 wins over --max-workers 10",
        "simple_mode: the configuration's true wins over --agent",
        "log_file: the configuration's "logs/a.log" wins over --log-file b.log",
        "models: the configuration's a/b, c/d wins over --model x/y",
        "force: the configuration's false wins over --force",
      ]
    `);
    expect(settings).toMatchObject({
      maxWorkers: 5,
      mode: 'simple',
      parallel: true,
      logFile: '/etc/night/logs/a.log',
      models: ['a/b', 'c/d'],
      force: false,
      budgetUsd: 2.5,
    });
  });

  it('takes paths relative to what holds them', () => {
    const {settings} = resolve({
      written: {fleet: '../fleet.json', skills: ['skills', '~/skills'], exclude: ['legacy-*', './old']},
      flags: {resultsDir: 'out', skillsDir: 'more', exclude: ['./old', 'x']},
    });
    expect(settings.fleetFile).toBe('/etc/fleet.json');
    expect(settings.resultsDir).toBe('/home/ann/work/out');
    expect(settings.skillDirs).toEqual(['/etc/night/skills', '/home/ann/skills', '/home/ann/work/more']);
    expect(settings.exclude).toEqual(['legacy-*', '/etc/night/old', '/home/ann/work/old', 'x']);
  });

  it('puts a model before its fallbacks', () => {
    expect(resolve({written: {model: 'a/b', models: ['c/d', 'a/b']}}).settings.models).toEqual(['a/b', 'c/d']);
    expect(resolve({flags: {model: 'offline'}}).settings.models).toEqual(['offline']);
  });

  it('leaves variables in addresses as they are written, since settings are recorded', () => {
    const {settings, problems} = resolve({written: {notify: ['$HOOK', '$NOPE'], dead_man_url: '$PING'}});
    expect(settings).toMatchObject({notify: ['$HOOK', '$NOPE'], deadManUrl: '$PING'});
    expect(problems).toEqual([]);
  });

  it('reads spans of time and sizes', () => {
    const {settings} = resolve({written: {expect_every: '36h', log_max_mb: 0.5}});
    expect(settings).toMatchObject({expectEveryMs: 36 * 3_600_000, logMaxBytes: 500_000});
    expect(resolve({written: {expect_every: '7d'}}).settings.expectEveryMs).toBe(7 * 86_400_000);
    expect(resolve({written: {expect_every: '90m'}}).settings.expectEveryMs).toBe(90 * 60_000);
  });

  it('checks flags like the file, under the name that was typed', () => {
    const flags = {
      maxWorkers: 'ten',
      budget: -1,
      deadline: '25:00',
      model: 'gpt',
      deliver: 'brnch',
      output: '/etc/x',
      logFile: '$NOPE/x',
    };
    expect(resolve({flags}).problems).toMatchInlineSnapshot(`
      [
        "--max-workers — expected a number, found "ten"",
        "--model — expected a model as "provider/model", or "offline", found "gpt"",
        "--output — expected a path inside the repo, without "..", ".git", "~", "$", ":" or "\\", found "/etc/x"",
        "--deliver — expected one of "files", "branch", "pull-request", "patch", found "brnch"; did you mean "branch"?",
        "--budget — expected a number above 0, found -1",
        "--deadline — expected a time of day as "HH:MM", from "00:00" to "23:59", found "25:00"",
        "--log-file — the environment variable NOPE is not set",
      ]
    `);
  });
});
