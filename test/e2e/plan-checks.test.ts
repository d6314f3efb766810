import {copyFile} from 'node:fs/promises';
import path from 'node:path';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {invitePerson, type Person} from '../support/person.ts';

let person: Person;
beforeEach(async () => {
  person = await invitePerson();
});
afterEach(() => person[Symbol.asyncDispose]());

const names = (count: number): string[] => Array.from({length: count}, (_, index) => `r${index}`);

describe('what keeps a run from starting', () => {
  it('is said all at once, each at its place in the file', async () => {
    await person.own(names(1));
    await person.write(
      'night.json',
      `{
  "tasks": [
    {"name": "A", "skill": "journal", "group": "all", "model": "anthropic/m", "models": ["openai/n"]},
    {"name": "B", "skill": "code-reviewer", "group": "all", "mode": "agent", "model": "offline"},
    {"name": "C", "skill": "repo-summarizer", "group": "all", "budget_usd": 1}
  ],
  "settings": {"model": "house/unheard-of"}
}`,
    );
    await person.write('config/models.json', {
      providers: {house: {base_url: 'http://127.0.0.1:1', headers: {'x-team': '$TEAM'}}},
    });
    const {exitCode, stdout, stderr} = await person.call(['-c', 'night.json']);
    expect({exitCode, stdout}).toEqual({exitCode: 2, stdout: ''});
    expect(stderr.trimEnd().split('\n').sort()).toEqual([
      'night.json:3:64 tasks[0].model — ANTHROPIC_API_KEY is not set; set it, or try without a key: "model": "offline" here',
      'night.json:3:90 tasks[0].models[0] — OPENAI_API_KEY is not set; set it, or try without a key: "model": "offline" here',
      'night.json:4:69 tasks[1].mode — mode "agent" needs a model, and "offline" is none; set "model" and its key, or use mode "simple" (--simple)',
      'night.json:7:25 settings.model — TEAM is not set, and provider "house" needs it; set it, or try without a key: "model": "offline" here',
      'night.json:7:25 settings.model — a budget is set and there is no price for "house/unheard-of"; add it to "prices" in config/models.json',
    ]);
  });

  it('says that the model of the configuration wins, when --model was typed against a missing key', async () => {
    await person.own(names(1));
    await person.write('night.json', {
      tasks: [{name: 'A', skill: 'journal', group: 'all', model: 'anthropic/m'}],
    });
    const {stderr} = await person.call(['-c', 'night.json', '--model', 'offline']);
    expect(stderr).toMatch(
      /^night\.json:\d+:\d+ tasks\[0\]\.model — ANTHROPIC_API_KEY is not set; .* wins over --model offline\n$/,
    );
  });

  it('names the flag where there is no file, and the variable that holds a bad address', async () => {
    await person.own(names(1));
    const run = async (...args: string[]): Promise<string> => (await person.call(args)).stderr;
    expect(await run('--model', 'anthropic/m')).toMatch(/^orchestrator: --model — ANTHROPIC_API_KEY is not set; /);
    expect(await run('--agent', '--model', 'offline')).toMatch(/^orchestrator: --agent — mode "agent" needs a model/);
    const env = {ANTHROPIC_API_KEY: 'k', ANTHROPIC_BASE_URL: 'localhost:8080'};
    expect((await person.call(['--model', 'anthropic/m'], {env})).stderr).toBe(
      'orchestrator: --model — ANTHROPIC_BASE_URL is not an http or https URL: "localhost:8080/v1"\n',
    );
  });

  it('says at the selector that needs one that there is no fleet file, and where it was looked for', async () => {
    await person.write('night.json', {
      tasks: [
        {name: 'A', skill: 'journal', repos: ['~/code/x']},
        {name: 'B', skill: 'journal', tag: 'python'},
      ],
      settings: {model: 'offline'},
    });
    expect((await person.call(['-c', 'night.json'])).stderr).toMatch(
      /^night\.json:\d+:\d+ tasks\[1\]\.tag — there is no fleet file \(config\/repos\.json, .*\.orchestrator\/repos\.json\), so [^\n]*\n$/,
    );
  });

  it('does not keep the example with all options from running with one key', async () => {
    await person.own(names(1));
    const example = path.join(person.work, 'config/tasks.example.json');
    await copyFile(path.resolve(import.meta.dirname, '../../config/tasks.example.json'), example);
    const env = {ANTHROPIC_API_KEY: 'k'};
    const {exitCode, stdout, stderr} = await person.call(['-c', example, '--dry-run'], {env});
    expect({exitCode, stderr}).toEqual({exitCode: 0, stderr: ''});
    expect(stdout).not.toContain('for the run:');
  });
});

describe('a plan', () => {
  it.each([[['--model', 'anthropic/claude-sonnet-5-5']], [[]]])(
    'needs no key with %j, and says what the run lacks',
    async args => {
      await person.own(names(2));
      const {exitCode, stdout} = await person.call(['plan', ...args]);
      expect(exitCode).toBe(0);
      expect(stdout).toMatch(/^! for the run: (?:--model — )?ANTHROPIC_API_KEY is not set; /m);
      const {missing} = JSON.parse((await person.call(['plan', ...args, '--json'])).stdout);
      expect(missing).toEqual([expect.stringContaining('ANTHROPIC_API_KEY')]);
      expect((await person.call(['run', ...args])).exitCode).toBe(2);
    },
  );

  it('warns of a budget that keeps jobs from running', async () => {
    await person.own(names(6));
    const plan = async (budget: string): Promise<string> =>
      (await person.call(['plan', '--model', 'anthropic/claude-sonnet-5-5', '--budget', budget])).stdout;
    expect(await plan('0.01')).toMatch(
      /^! the budget of 0\.01 USD is less than one call can cost at worst \(0\.\d{4} USD\), so no call would be made; \d\.\d\d USD would do for all$/m,
    );
    expect(await plan('0.25')).toMatch(/^! the budget of 0\.25 USD may stop it early, after about [1-5] of 6 jobs; /m);
    expect(await plan('50')).not.toContain('! the budget');
  });

  it('shows a pull request that can go nowhere as one that will fail', async () => {
    await person.own(names(1));
    const {stdout} = await person.call(['plan', '--model', 'offline', '--deliver', 'pull-request']);
    expect(stdout).toContain('0 run · 0 up to date · 1 will fail');
    expect(stdout).toContain('✗ repo-summarizer/r0  forge-unknown: The repo has no "url" in the fleet file');
    expect(stdout).not.toContain('SKILL  ');
  });

  it('warns of two tasks that write one file, and tells their jobs apart', async () => {
    await person.own(names(2));
    await person.write('night.json', {
      tasks: [
        {name: 'First', skill: 'journal', group: 'all', output: 'NOTES.md'},
        {name: 'Second one', skill: 'journal', repo_names: ['r1'], output: 'NOTES.md'},
      ],
      settings: {model: 'offline'},
    });
    const {stdout} = await person.call(['-c', 'night.json', '--dry-run']);
    expect(stdout).toMatch(
      /^! night\.json:\d+:\d+ tasks\[1\] — task "Second one" writes NOTES\.md in 1 repo where task "First" writes it, too; /m,
    );
    expect(stdout).toContain('  journal/r1#Second one  ');

    const run = await person.call(['-c', 'night.json']);
    expect(run.stdout).toContain('job=journal/r0 changed');
    expect(run.stdout).toContain('job="journal/r1#Second one" started');
    expect((await person.results()).map(({job}) => job)).toEqual([
      'journal/r0',
      'journal/r1#First',
      'journal/r1#Second one',
    ]);
    const one = await person.call(['logs', '--job', 'journal/r1#First']);
    expect(one.stdout).toContain('journal/r1#First');
    expect(one.stdout).not.toContain('Second one');
    expect((await person.call(['logs', '--job', 'journal/r1'])).stdout).toMatch(/#First[\s\S]*#Second one/);
  });
});
