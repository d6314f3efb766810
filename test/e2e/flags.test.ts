import {existsSync} from 'node:fs';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {type ScriptedModelServer, startScriptedModelServer} from '../../src/testing/scripted-model-server.ts';
import {anthropicAt, invitePerson, type Person, repoOf, type Said, wholeFile} from '../support/person.ts';
import {changesBetween, snapshotTree} from '../support/snapshot-tree.ts';

let server: ScriptedModelServer;
let person: Person;
beforeEach(async () => {
  server = await startScriptedModelServer();
  server.reply(request => wholeFile(repoOf(request)));
  person = await invitePerson(anthropicAt(server.url));
});
afterEach(async () => {
  await person[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

const names = (count: number): string[] => Array.from({length: count}, (_, index) => `r${index}`);

describe('--dry-run', () => {
  it.each(['before the first run', 'after a run'])('calls nothing and writes nothing, %s', async when => {
    await person.own(names(4));
    if (when === 'after a run') await person.start(['--skill', 'readme-generator', '--repo-names', 'r0', 'r1']);
    const calls = server.requestCount;
    const before = await snapshotTree(person.directory);
    const text = await person.start(['--skill', 'readme-generator', '--dry-run']);
    const json = await person.start(['plan', '--skill', 'readme-generator', '--json']);
    expect(changesBetween(before, await snapshotTree(person.directory))).toEqual([]);
    expect(server.requestCount).toBe(calls);

    expect(text).toMatchObject({exitCode: 0, stderr: ''});
    const upToDate = calls;
    expect(text.stdout).toMatch(new RegExp(`^4 jobs +${4 - upToDate} run · ${upToDate} up to date · 0 will fail\\n`));
    const {jobs} = JSON.parse(json.stdout) as {
      jobs: {verdict: string; input_tokens?: number; files_shown?: {path: string}[]}[];
    };
    expect(jobs.map(job => job.verdict)).toEqual(names(4).map((_, index) => (index < upToDate ? 'up-to-date' : 'run')));
    for (const job of jobs.slice(upToDate)) {
      expect(job.input_tokens).toBeGreaterThan(1000);
      expect(job.files_shown?.map(file => file.path)).toEqual(['main.py']);
    }
  });

  it('tells what will fail and why', async () => {
    await person.own(names(1));
    const {exitCode, stdout} = await person.call(['--skill', 'journal', '--repos', '~/code/r0', '~/gone', '--dry-run']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('1 run · 0 up to date · 1 will fail');
    expect(stdout).toMatch(/journal\/gone {2}path-missing: Path does not exist/);
  });
});

describe('how the work is shared out', () => {
  it.each([1, 2, 3, 7])(
    '--shard I/%i: every repo is in exactly one share, the same whatever the fleet',
    async count => {
      await person.own(names(40));
      const planned = async (more: readonly string[]): Promise<string[]> => {
        const {stdout, stderr} = await person.call(['--skill', 'journal', '--dry-run', '--json', ...more]);
        expect(stderr).toBe('');
        return (JSON.parse(stdout) as {jobs: {repo: string}[]}).jobs.map(job => job.repo);
      };
      const shares: string[][] = [];
      for (let index = 1; index <= count; index++) shares.push(await planned(['--shard', `${index}/${count}`]));
      expect(shares.flat().sort()).toEqual(names(40).sort());
      if (count <= 3) for (const share of shares) expect(share.length).toBeGreaterThan(40 / count / 2);
      const part = await planned(['--shard', `1/${count}`, '--exclude', 'r1*']);
      expect(part).toEqual(shares[0]!.filter(name => !name.startsWith('r1')));
    },
  );

  it('a share of no repo is told as such, and is no failure', async () => {
    await person.own(names(1));
    const codes: string[] = [];
    for (const shard of ['1/2', '2/2']) {
      const {exitCode, stderr} = await person.call(['--skill', 'journal', '--shard', shard]);
      codes.push(`${exitCode} ${stderr}`);
    }
    expect(codes).toEqual(['0 ', '0 ']);
  });

  it('--sequential runs one repo at a time, in the listed order', async () => {
    const listed = ['r3', 'r0', 'r4', 'r1', 'r2'];
    await person.own(names(5));
    server.reply(request => ({text: wholeFile(repoOf(request)), delayMs: repoOf(request) === 'r3' ? 60 : 10}));
    const {exitCode} = await person.call(['--skill', 'journal', '--sequential', '--repo-names', ...listed]);
    expect(exitCode).toBe(0);
    expect(server.maxInFlight).toBe(1);
    expect(server.requests.map(repoOf)).toEqual(listed);
  });

  it('--max-workers is reached and never passed', async () => {
    await person.own(names(30));
    server.reply(request => ({text: wholeFile(repoOf(request)), delayMs: 20}));
    const {exitCode} = await person.call(['--skill', 'journal', '--max-workers', '3']);
    expect({exitCode, maxInFlight: server.maxInFlight, calls: server.requestCount}).toEqual({
      exitCode: 0,
      maxInFlight: 3,
      calls: 30,
    });
  });
});

describe('a slip of the pen', () => {
  it.each([
    [['run', 'extra'], 'see: orchestrator run --help'],
    [['plan', 'zzz'], 'see: orchestrator plan --help'],
    [['run', '~/code/api'], 'did you mean --repos ~/code/api?'],
    [['run', 'config/overnight.json'], 'did you mean -c config/overnight.json?'],
    [['./api'], 'did you mean --repos ./api?'],
    [['rnu'], 'did you mean "run"?'],
    [['doctor', 'zzz'], 'see: orchestrator doctor --help'],
    [['demo', 'zzz'], 'see: orchestrator demo --help'],
    [['init', '~/code'], 'did you mean --directory ~/code?'],
    [['list', 'skills', 'extra'], 'see: orchestrator list --help'],
    [['stop', 'a', 'b', 'c'], 'see: orchestrator stop --help'],
    [['schedule', 'install', 'a', 'b'], 'see: orchestrator schedule install --help'],
    [['--repos', ''], 'orchestrator: --repos — expected a value, found nothing in quotes'],
    [['run', '--repos', '--model', 'offline'], 'orchestrator: --repos — expected a value before --model'],
    [['--skill', '-r', 'x'], 'orchestrator: --skill — expected a value before -r'],
  ])('%j is refused in one line, and nothing runs', async (args, hint) => {
    await person.own(names(1));
    const {exitCode, stdout, stderr} = await person.call(args);
    expect({exitCode, stdout}).toEqual({exitCode: 2, stdout: ''});
    expect(stderr).toMatch(/^orchestrator: [^\n]+\n$/);
    expect(stderr).toContain(hint);
    expect(server.requestCount).toBe(0);
  });

  it('every problem that stands in no file begins in the same way', async () => {
    for (const args of [['--nope'], ['--group', 'x'], ['--budget', 'x'], ['stop', 'r-none'], ['list', 'x']]) {
      const {exitCode, stderr} = await person.call(args);
      expect({exitCode, stderr}).toEqual({exitCode: 2, stderr: expect.stringMatching(/^orchestrator: /)});
    }
  });
});

describe('what is said', () => {
  it('help, help of a command, -V as everywhere', async () => {
    expect((await person.call(['help'])).stdout).toBe((await person.call(['--help'])).stdout);
    expect((await person.call(['help', 'run'])).stdout).toBe((await person.call(['run', '--help'])).stdout);
    expect(await person.call(['-V'])).toEqual(await person.call(['--version']));
  });

  it('--list-repos and its like print one list after the other', async () => {
    await person.own(names(1));
    const {stdout} = await person.call(['--list-repos', '--list-skills']);
    expect(stdout).toMatch(/r0[\s\S]*readme-generator/);
  });

  it('--json gives one JSON object a line and nothing else, well or not', async () => {
    await person.own(['good\u001b[31m', 'bad']);
    // A name with an escape cannot stand in a file; a glob finds it.
    await person.write('config/repos.json', {repositories: [{name: 'bad', path: '~/code/bad'}]});
    server.reply(request => (repoOf(request) === 'bad' ? {fault: 'status', status: 400} : wholeFile('Good')));
    const run = await person.start(['--skill', 'journal', '--repos', '~/code/*', '~/gone', '--json']);
    expect(run).toMatchObject({exitCode: 1, stderr: ''});
    const events = run.stdout
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line));
    expect(events.map(({event}) => event).filter(event => event.startsWith('run.'))).toEqual([
      'run.started',
      'run.finished',
    ]);
    expect(events.at(-1).summary).toMatchObject({total: 3, changed: 1, up_to_date: 0, not_started: 0, cost_unknown: 0});
    expect(
      events
        .filter(({event}) => event === 'job.finished')
        .map(({outcome}) => outcome)
        .sort(),
    ).toEqual(['changed', 'path-missing', 'provider-bad-request']);
    expect(events.at(-1)).toMatchObject({exit_code: 1, summary: {total: 3, changed: 1, failed: 2}});
    for (const args of [
      ['status'],
      ['history'],
      ['report'],
      ['list', 'repos'],
      ['list', 'skills'],
      ['list', 'models'],
      ['list', 'runs'],
      ['doctor'],
      ['explain', 'bad'],
    ]) {
      const {stdout} = await person.call([...args, '--json']);
      expect(() => JSON.parse(stdout), args.join(' ')).not.toThrow();
    }
  });

  it('without a terminal: no prompt, no escape, an end, whatever the command', async () => {
    await person.own(['api']);
    const commands = [
      [],
      ['--help'],
      ['--version'],
      ['run', '--help'],
      ['--skill', 'journal'],
      ['status'],
      ['logs'],
      ['history'],
      ['report'],
      ['history', 'api'],
      ['list', 'repos'],
      ['list', 'groups'],
      ['list', 'tags'],
      ['list', 'skills'],
      ['list', 'models'],
      ['list', 'runs'],
      ['--list-repos'],
      ['--list-groups'],
      ['--list-skills'],
      ['doctor'],
      ['gc'],
      ['explain', 'api'],
      ['schema', 'tasks'],
      ['completion', 'bash'],
      ['resume'],
      ['retry'],
      ['stop'],
      ['pause'],
      ['plan', '--skill', 'journal'],
      ['init', '--directory', person.home],
      ['status', 'r-none'],
      ['nonsense'],
    ];
    const said = new Map<string, Said>();
    const waiting = commands.slice(5);
    // The first five one after the other, so that there is a run to look at.
    const ask = async (args: readonly string[]): Promise<void> => {
      said.set(args.join(' '), await person.start(args, {env: {TERM: 'xterm-256color', COLORTERM: 'truecolor'}}));
    };
    for (const args of commands.slice(0, 5)) await ask(args);
    await Promise.all(
      Array.from({length: 4}, async () => {
        for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await ask(next);
      }),
    );
    for (const [args, {exitCode, stdout, stderr}] of said) {
      expect([0, 1, 2], `${args}: ${stderr}`).toContain(exitCode);
      expect(stdout + stderr, args).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f]/);
      expect(stdout + stderr, args).not.toMatch(/error of its own|\n\s+at |\[object |undefined/);
      expect(stdout + stderr, args).toMatch(/\S/);
    }
  });

  it.each([
    [['--skil', 'journal'], '--skill'],
    [['run', '--max-worker', '3'], '--max-workers'],
    [['statsu'], 'status'],
    [['reprot'], 'report'],
    [['list', 'repoz'], 'repos'],
    [['--skill', 'jurnal'], 'journal'],
    [['--skill', 'journal', '--group', 'al'], 'all'],
    [['--skill', 'journal', '--repo-names', 'apii'], 'api'],
    [['--skill', 'journal', '--model', 'antropic/x'], 'anthropic'],
    [['--skill', 'journal', '--deliver', 'file'], 'files'],
    [['--skill', 'journal', '--max-workers', 'many'], '--max-workers'],
    [['--skill', 'journal', '--max-workers', '0'], '--max-workers'],
    [['--skill', 'journal', '--budget', '-1'], '--budget'],
    [['--skill', 'journal', '--deadline', '25:00'], '--deadline'],
    [['--skill', 'journal', '--shard', '3/2'], '--shard'],
    [['--skill', 'journal', '--shard', '1/1000000'], 'N up to 999999'],
    [['--skill', 'journal', '--repos', '~/code/api', '--tag', 'x'], '--tag'],
    [['--skill', 'journal', '--simple', '--agent'], '--agent'],
    [['--config', 'config/nigth.json'], 'night.json'],
    [['--config', 'config/night.json', '--skill', 'journal'], '--skill'],
    [['resume', 'r-none'], 'r-none'],
    [['completion', 'bsh'], 'bash'],
    [['schema', 'task'], 'tasks'],
  ])('%j is refused with exit 2, and says %s', async (args, hint) => {
    await person.own(['api']);
    await person.write('config/night.json', {tasks: [{name: 'Night', skill: 'journal', group: 'all'}]});
    const {exitCode, stdout, stderr} = await person.call(args);
    expect({exitCode, stdout}, stderr).toEqual({exitCode: 2, stdout: ''});
    expect(stderr).toContain(hint);
    expect(server.requestCount).toBe(0);
    expect(existsSync(`${person.home}/.orchestrator/runs`)).toBe(false);
  });
});
