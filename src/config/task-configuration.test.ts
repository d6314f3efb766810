import {describe, expect, it} from 'vitest';
import {formatProblem} from '../domain/problem.ts';
import {parseTaskConfiguration} from './task-configuration.ts';

function problemsOf(text: string): string {
  return parseTaskConfiguration(text, 'night.json').problems.map(formatProblem).join('\n');
}

describe('parseTaskConfiguration', () => {
  it('reads every way of choosing repos', () => {
    const {written, problems} = parseTaskConfiguration(
      `{
        "tasks": [
          {"name": "a", "skill": "s", "group": "all"}, {"name": "b", "skill": "s", "tag": "t"},
          {"name": "c", "skill": "s", "repos": ["/x", "~/y/*"]}, {"name": "d", "skill": "s", "repo_names": ["x"]},
          {"name": "e", "skill": "s", "select": "a and not b", "enabled": false},
        ],
        "settings": {"parallel": false, "deadline": "06:00", "notify": ["https://x.test", "$HOOK"]},
      }`,
      'night.json',
    );
    expect(problems).toEqual([]);
    expect(written?.tasks.map(task => task.name)).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(written?.settings?.deadline).toBe('06:00');
  });

  it('says all that is wrong at once, each with its place', () => {
    expect(
      problemsOf(`{
  "tasks": [
    {"name": "a", "skil": "readme-generator", "group": "all"},
    {"name": "b", "skill": "x"},
    {"name": "c", "skill": "x", "group": "all", "tag": "t", "mode": "agnet"},
    {"name": "", "skill": 7, "repos": "~/code", "enabled": "yes", "output": "../x"},
    "README"
  ],
  "setings": {},
  "settings": {
    "paralel": true, "max_workers": 0, "deadline": "6:00", "budget_usd": "5", "model": "claude", "log_file": null,
    "simple_mode": 1, "deliver": "pr", "exclude": [1], "notify": ["slack"], "grace_s": 1e999, "max_output_tokens": 1.5
  }
}`),
    ).toMatchInlineSnapshot(`
      "night.json:3:5 tasks[0] — "skill" is missing
      night.json:3:19 tasks[0].skil — "skil" is not a key of a task; did you mean "skill"?
      night.json:4:5 tasks[1] — no repos are selected; add one of "group", "tag", "repos", "repo_names", "select", for example "group": "all"
      night.json:5:49 tasks[2].tag — a task selects its repos in one way, found "group" and "tag"; keep one of them
      night.json:5:69 tasks[2].mode — expected one of "simple", "agent", "script", found "agnet"; did you mean "agent"?
      night.json:6:14 tasks[3].name — expected text that is not empty, found ""
      night.json:6:27 tasks[3].skill — expected text in double quotes, found 7
      night.json:6:39 tasks[3].repos — expected a list, found "~/code"; write ["~/code"]
      night.json:6:60 tasks[3].enabled — expected true or false, found "yes"
      night.json:6:77 tasks[3].output — expected a path inside the repo, without "..", ".git", "~", "$", ":" or "\\", found "../x"
      night.json:7:5 tasks[4] — expected an object, found "README"
      night.json:9:3 setings — "setings" is not a key of a task configuration; did you mean "settings"?
      night.json:11:5 settings.paralel — "paralel" is not a setting; did you mean "parallel"?
      night.json:11:37 settings.max_workers — expected 1 or more, found 0
      night.json:11:52 settings.deadline — expected a time of day as "HH:MM", from "00:00" to "23:59", found "6:00"
      night.json:11:74 settings.budget_usd — expected a number, found "5"; write 5 without quotes
      night.json:11:88 settings.model — expected a model as "provider/model", or "offline", found "claude"
      night.json:11:110 settings.log_file — expected text in double quotes, found null; leave the key out instead
      night.json:12:20 settings.simple_mode — expected true or false, found 1
      night.json:12:34 settings.deliver — expected one of "files", "branch", "pull-request", "patch", found "pr"
      night.json:12:52 settings.exclude[0] — expected text in double quotes, found 1
      night.json:12:67 settings.notify[0] — this must be a URL such as "https://…", or "$NAME" of a variable that holds one
      night.json:12:88 settings.grace_s — expected a number, found Infinity
      night.json:12:116 settings.max_output_tokens — expected a whole number, found 1.5"
    `);
  });

  it('explains broken JSON once for each mistake', () => {
    expect(
      problemsOf('{\n  "tasks": [\n    {"name": "a" "skill": "b"}\n  ],\n  settings: {}\n}'),
    ).toMatchInlineSnapshot(`
      "night.json:3:18 — a comma is missing before "skill"
      night.json:5:3 — "settings" is not JSON; text goes in double quotes"
    `);
    expect(problemsOf('{"tasks": [')).toMatchInlineSnapshot(
      `"night.json:1:12 — the file ends before the "[" of line 1 is closed"`,
    );
  });

  it('refuses a glob that would take something back, where it stands', () => {
    const text = `{"tasks": [{"name": "A", "skill": "journal", "group": "all",
  "allow": ["src/**", "!src/x"]}]}`;
    expect(problemsOf(text)).toMatchInlineSnapshot(
      `"night.json:2:23 tasks[0].allow[1] — expected a glob without "!" before it, which takes nothing back here; write what may not be touched into "deny", found "!src/x""`,
    );
  });

  it.each(['[]', '"x"', 'null', '3'])('refuses %s as a configuration', text => {
    expect(problemsOf(text)).toMatch(/^night\.json:1:1 — expected an object, found /);
  });

  it('refuses modes that contradict each other, and tasks that cannot be told apart', () => {
    const task = '{"name": "a", "skill": "s", "group": "all"}';
    expect(
      problemsOf(`{"tasks": [${task}, ${task}], "settings": {"mode": "agent", "simple_mode": true}}`),
    ).toMatchInlineSnapshot(`
      "night.json:1:66 tasks[1].name — two tasks are named "a" and run the skill "s"; give each its own name
      night.json:1:133 settings.simple_mode — "simple_mode": true contradicts "mode": "agent"; keep one of them"
    `);
  });

  it('stays quick and short when thousands of things are wrong', () => {
    const keys = Array.from({length: 20_000}, (_, index) => `"key${index}": 1`).join(',');
    const tasks = Array.from({length: 5000}, () => '{"nme": 1}').join(',');
    const {problems} = parseTaskConfiguration(`{"tasks": [${tasks}], ${keys}}`, 'night.json');
    expect(problems.length).toBeLessThan(300);
    expect(problems.some(problem => /^and \d+ more problems/.test(problem.message))).toBe(true);
  });

  it('shows no secret of a webhook', () => {
    const settings = '{"notify": "https://ann:pw@hook.test/T0/sEcReT", "dead_man_url": "hook.test/sEcReT"}';
    const text = problemsOf(`{"tasks": [{"name": "a", "skill": "s", "group": "all"}], "settings": ${settings}}`);
    expect(text).toContain('found "https://hook.test/…"');
    expect(text).toContain('dead_man_url — this must be a URL');
    expect(text).not.toMatch(/sEcReT|pw/);
  });

  it('lets later rules point into the file', () => {
    const {document} = parseTaskConfiguration(
      '{"tasks": [\n{"name": "a", "skill": "nope", "group": "all"}]}',
      'night.json',
    );
    expect(document.locate(['tasks', 0, 'skill'])).toEqual({line: 2, column: 24});
  });

  it.each([
    '../x',
    '/etc/passwd',
    '~/x',
    'a/../../b',
    '.git/hooks/x',
    'a/.GIT/x',
    'C:\\x',
    'a\\..\\b',
    './x',
    'a\u0000b',
  ])('refuses %j as an output', output => {
    const text = JSON.stringify({tasks: [{name: 'a', skill: 's', group: 'all', output}]});
    expect(problemsOf(text)).toContain('expected a path inside the repo');
  });

  it.each(['README.md', 'docs/journal/YYYY-MM-DD.md', '.github/x.md', 'a..b', '...', 'docs/'])(
    'takes %j as an output',
    output => {
      expect(problemsOf(JSON.stringify({tasks: [{name: 'a', skill: 's', group: 'all', output}]}))).toBe('');
    },
  );
});
