import {existsSync, readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {describe, expect, it} from 'vitest';
import {startScriptedModelServer} from '../../src/testing/scripted-model-server.ts';
import {type Files, makeRepo} from '../../src/testing/temporary-fleet.ts';
import {anthropicAt, invitePerson, type Person, wholeFile} from '../support/person.ts';
import {noSandbox, sandboxNeed} from '../support/sandbox-rig.ts';

/** A repo and a skill whose script runs `change` in it. */
async function prepare(person: Person, options: {files: Files; change: string; task?: object}): Promise<string> {
  const repo = path.join(person.home, 'code/api');
  await makeRepo(repo, {files: options.files});
  await person.write('skills/edit/SKILL.md', '---\nname: edit\ndescription: Edits\n---\nEdits.\n');
  await person.write('skills/edit/scripts/run', `#!/bin/sh\nset -e\n${options.change}\n`);
  await person.write('config/tasks.json', {
    tasks: [{name: 'Edit', skill: 'edit', repos: ['~/code/api'], mode: 'script', ...options.task}],
    settings: {skills: ['../skills']},
  });
  return repo;
}

const run = ['run', '-c', 'config/tasks.json'];
const tested = {'answer.sh': 'echo 42\n', 'test.sh': 'test "$(sh answer.sh)" = 42\n'};

describe.skipIf(noSandbox)(`a change with verify commands${sandboxNeed}`, () => {
  it('is not delivered when it breaks one, and is kept', async () => {
    await using person = await invitePerson();
    const change = 'echo "echo 41" > answer.sh';
    const repo = await prepare(person, {files: tested, change, task: {verify: ['sh test.sh']}});
    const {exitCode, stdout} = await person.call(run);
    expect(exitCode).toBe(1);
    expect(stdout).toContain('verify-failed: "sh test.sh" succeeded before the change and fails with it');
    expect(readFileSync(path.join(repo, 'answer.sh'), 'utf8')).toBe('echo 42\n');
    const [row] = await person.results();
    expect(row).toMatchObject({
      ...{outcome: 'verify-failed', sandbox: 'strong'},
      verified: [{command: 'sh test.sh', before: 'passed', after: 'failed'}],
    });
    expect((await person.call(['diff'])).stdout).toContain('+echo 41');
    expect(readdirSync(path.join(person.state, 'workspaces'))).toEqual([]);
  });

  it('is delivered when all pass, and when what fails failed before', async () => {
    await using person = await invitePerson();
    const change = 'echo "echo 42 # the same" > answer.sh';
    const repo = await prepare(person, {files: tested, change, task: {verify: ['sh test.sh', 'sh missing.sh']}});
    const {exitCode, stdout} = await person.call(run);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('verified "sh test.sh" passed, "sh missing.sh" failed before too');
    expect(readFileSync(path.join(repo, 'answer.sh'), 'utf8')).toBe('echo 42 # the same\n');
    expect((await person.results())[0]!.verified).toMatchObject([
      {before: 'passed', after: 'passed'},
      {before: 'failed', after: 'failed'},
    ]);
  });

  it('is judged by the commands that the repo has when "auto" is asked for', async () => {
    await using person = await invitePerson();
    const files = {...tested, 'package.json': '{"scripts": {"test": "sh test.sh"}}'};
    await prepare(person, {files, change: 'echo "echo 41" > answer.sh', task: {verify: 'auto'}});
    await person.call(run);
    const [row] = await person.results();
    expect(row!.verified).toMatchObject([{command: 'npm test', before: 'passed', after: 'failed'}]);
    expect(row!.outcome).toBe('verify-failed');
  });

  it('is not delivered when a command that was asked for by name cannot be run, and is when "auto" found it', async () => {
    await using person = await invitePerson();
    const files = {...tested, Makefile: 'check:\n\tno-such-tool --all\n'};
    const change = 'echo "echo 41" > answer.sh';
    await prepare(person, {files, change, task: {verify: ['sh test.sh; no-such-tool']}});
    const said = await person.call(run);
    expect(said.exitCode).toBe(1);
    expect(said.stdout).toMatch(
      /ERROR .* verify-not-run: .* could not run: "no-such-tool" was not found in the sandbox/,
    );
    expect((await person.results())[0]).toMatchObject({
      outcome: 'verify-not-run',
      verified: [{before: 'not-run', after: 'not-run', missing: 'no-such-tool'}],
      warnings: [expect.stringContaining('see "sandbox.tools"')],
    });
    await prepare(person, {files, change, task: {verify: 'auto'}});
    const auto = await person.call([...run, '--force']);
    expect(auto.exitCode).toBe(0);
    expect(auto.stdout).toMatch(
      /WARN .* changed answer\.sh .* verified "make check" not run: no-such-tool was not found/,
    );
    expect((await person.results())[0]).toMatchObject({
      outcome: 'changed',
      verified: [{command: 'make check', before: 'not-run', after: 'not-run', missing: 'no-such-tool'}],
      warnings: ['"make check" could not run: "no-such-tool" was not found in the sandbox; see "sandbox.tools"'],
    });
  });

  it('cannot change what "auto" runs', async () => {
    await using person = await invitePerson();
    const files = {...tested, 'package.json': '{"scripts": {"test": "sh test.sh"}}'};
    await prepare(person, {files, change: 'rm package.json; echo "echo 41" > answer.sh', task: {verify: 'auto'}});
    await person.call(run);
    expect((await person.results())[0]).toMatchObject({
      outcome: 'held-for-review',
    });
    await prepare(person, {
      files,
      change: 'rm package.json; echo "echo 41" > answer.sh',
      task: {verify: 'auto', allow_protected: ['package.json']},
    });
    await person.call([...run, '--force']);
    expect((await person.results())[0]).toMatchObject({outcome: 'verify-failed'});
  });

  const made = {Makefile: 'check:\n\t@grep -q good main.txt\n', 'main.txt': 'good\n'};
  const node = {
    'package.json': '{"scripts": {"test": "node test/a.js"}}',
    'code.js': 'module.exports = 1;\n',
    'test/a.js': 'if (require("../code.js") !== 1) process.exit(1);\n',
    'test/b.js': '// More.\n',
  };
  it.each<[string, Files, string, string]>([
    ['its target', made, 'echo bad > main.txt; printf "check:\\n\\ttrue\\n" > Makefile', 'Makefile'],
    [
      'a file that make prefers',
      made,
      'echo bad > main.txt; printf "check:\\n\\ttrue\\n" > GNUmakefile',
      'GNUmakefile',
    ],
    ['a test', node, 'echo "module.exports = 2" > code.js; echo "" > test/a.js', 'test/a.js'],
    [
      'a script of the check',
      {...tested, Makefile: 'check:\n\tsh ask.sh\n', 'ask.sh': 'sh test.sh\n'},
      'echo "echo 41" > answer.sh; echo true > ask.sh',
      'ask.sh',
    ],
  ])('that passes only since it changed %s needs a person', async (_, files, change, path_) => {
    await using person = await invitePerson();
    await prepare(person, {files, change, task: {verify: 'auto'}});
    const said = await person.call(run);
    expect(said.exitCode).toBe(1);
    expect((await person.results())[0]).toMatchObject({
      outcome: 'held-for-review',
      message: expect.stringMatching(/does not pass with .* as it was before the change$/),
      verified: [{before: 'passed', after: 'passed'}],
    });
    expect((await person.call(['review'])).stdout).toContain(`changes-its-checks ${path_}`);
    // What a person has let through goes its way.
    await person.call(['accept', '--all', '--yes', '--flagged']);
    await person.call([...run, '--force']);
    expect((await person.results())[0]).toMatchObject({outcome: 'changed'});
  });

  it('may change tests together with the code when the old ones pass too, and may not remove them', async () => {
    await using person = await invitePerson();
    const more = 'echo "module.exports = 1; // one" > code.js; echo "// and more" >> test/a.js; mv test/b.js test/c.js';
    await prepare(person, {files: node, change: more, task: {verify: 'auto'}});
    expect((await person.call(run)).exitCode).toBe(0);
    await prepare(person, {files: node, change: 'rm test/b.js', task: {verify: 'auto'}});
    await person.call([...run, '--force']);
    expect((await person.results())[0]).toMatchObject({
      outcome: 'held-for-review',
      message: '"test/b.js": a test that was there is gone',
    });
  });

  it('is not blamed for a command that fails at random', async () => {
    await using person = await invitePerson();
    // Fails at every second run in a work tree, from the first or from the second on.
    const flaky = 'n=$(cat runs 2>/dev/null || echo 0); echo $((n+1)) > runs; [ $(((n + ODD) % 2)) = 0 ]';
    const files = {'flaky.sh': `ODD=$([ -e changed ] && echo 1 || echo 0)\n${flaky}\n`};
    await prepare(person, {files, change: 'touch changed', task: {verify: ['sh flaky.sh']}});
    expect((await person.call(run)).exitCode).toBe(0);
    expect((await person.results())[0]!.verified).toMatchObject([{before: 'passed', after: 'flaky'}]);
  });

  it('that makes a command hang is not delivered', async () => {
    await using person = await invitePerson();
    const task = {verify: ['sh answer.sh'], command_timeout_s: 0.5};
    await prepare(person, {files: tested, change: 'echo "sleep 60" > answer.sh', task});
    await person.call(run);
    expect((await person.results())[0]).toMatchObject({outcome: 'verify-timeout', verified: [{after: 'timed-out'}]});
  });

  it('is verified in simple mode too, and what its commands do stays in their own work tree', async () => {
    await using person = await invitePerson();
    const repo = path.join(person.home, 'code/api');
    await makeRepo(repo, {files: {'main.py': 'print(1)\n'}});
    await person.write('config/tasks.json', {
      tasks: [{name: 'Docs', skill: 'readme-generator', repos: ['~/code/api'], model: 'offline'}],
      settings: {verify: ['test ! -e README.md', 'echo broken > main.py']},
    });
    await person.call(run);
    expect((await person.results())[0]).toMatchObject({outcome: 'verify-failed'});
    expect(existsSync(path.join(repo, 'README.md'))).toBe(false);
    expect(readFileSync(path.join(repo, 'main.py'), 'utf8')).toBe('print(1)\n');
  });

  it('is verified by what the skill asks for when nobody else says anything', async () => {
    await using person = await invitePerson();
    await prepare(person, {files: tested, change: 'echo "echo 41" > answer.sh'});
    const metadata = 'metadata:\n  verify: sh test.sh\n';
    await person.write('skills/edit/SKILL.md', `---\nname: edit\ndescription: Edits\n${metadata}---\nEdits.\n`);
    await person.call(run);
    expect((await person.results())[0]).toMatchObject({outcome: 'verify-failed'});
  });

  describe('of a model', () => {
    const settings = {model: 'anthropic/claude-sonnet-5-5', max_workers: 1};

    it('that breaks one is asked for anew by a retry', async () => {
      await using server = await startScriptedModelServer({strict: false});
      await using person = await invitePerson(anthropicAt(server.url));
      await person.own(['api']);
      const task = {
        name: 'Docs',
        skill: 'repo-summarizer',
        repos: ['~/code/api'],
        verify: ['! grep BROKEN PROJECT.md'],
      };
      await person.write('config/tasks.json', {tasks: [task], settings});
      server.reply(`${wholeFile('api')}\nBROKEN\n`);
      await person.call(run);
      expect((await person.results())[0]).toMatchObject({outcome: 'verify-failed'});
      server.reply(wholeFile('api'));
      expect((await person.call(['retry'])).exitCode).toBe(0);
      expect((await person.results())[0]).toMatchObject({outcome: 'changed'});
      expect(server.requestCount).toBe(2);
    });

    it('keeps the place of its job until it is verified', async () => {
      await using server = await startScriptedModelServer({strict: false});
      await using person = await invitePerson(anthropicAt(server.url));
      await person.own(['api', 'web']);
      const task = {name: 'Docs', skill: 'repo-summarizer', repos: ['~/code/api', '~/code/web'], verify: ['sleep 0.2']};
      await person.write('config/tasks.json', {tasks: [task], settings});
      server.reply(wholeFile('project'));
      expect((await person.call(run)).exitCode).toBe(0);
      const ends = (await person.results()).map(row => Date.parse(row.timestamp!)).sort((a, b) => a - b);
      expect(server.requests[1]!.at).toBeGreaterThanOrEqual(ends[0]!);
    });
  });
});
