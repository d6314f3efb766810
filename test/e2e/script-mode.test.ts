import {execFileSync, spawn} from 'node:child_process';
import {once} from 'node:events';
import {chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {describe, expect, it} from 'vitest';
import {commitFiles, type Files, makeRepo} from '../../src/testing/temporary-fleet.ts';
import {bin, invitePerson, type Person} from '../support/person.ts';
import {noSandbox, sandboxNeed} from '../support/sandbox-rig.ts';

const examples = fileURLToPath(new URL('../../examples/skills', import.meta.url));

interface Script {
  readonly text: string;
  readonly metadata?: string;
}

/** Writes a skill with this script and a configuration that runs it on the repo `api`. */
async function plan(person: Person, {text, metadata = ''}: Script, task: object = {}, settings: object = {}) {
  await person.write('skills/tidy/SKILL.md', skillText(metadata));
  const script = await person.write('skills/tidy/scripts/run', text);
  chmodSync(script, 0o755);
  await person.write('config/tasks.json', {
    tasks: [{name: 'Tidy', skill: 'tidy', repos: ['~/code/api'], mode: 'script', ...task}],
    settings: {skills: ['../skills'], ...settings},
  });
}

function skillText(metadata: string): string {
  return `---\nname: tidy\ndescription: Tidies up\nmetadata:\n  mode: script\n${metadata}---\nTidies up.\n`;
}

async function ownRepo(person: Person, files: Files): Promise<string> {
  const repo = path.join(person.home, 'code/api');
  await makeRepo(repo, {files});
  return repo;
}

function processes(): string {
  return execFileSync('ps', ['-eo', 'args'], {encoding: 'utf8'});
}

const run = ['run', '-c', 'config/tasks.json'];

describe.skipIf(noSandbox)(`a skill with a script${sandboxNeed}`, () => {
  it('changes a repo without a model, a key or a cost, and only once', async () => {
    await using person = await invitePerson();
    const repo = await ownRepo(person, {
      'a.js': 'one()\n',
      'sub/b.py': '#!/usr/bin/env python3\nx = 1\n',
      'c.md': 'c\n',
    });
    const args = ['run', '--script', '-s', 'license-header', '--skills-dir', examples, '--repos', repo];
    const first = await person.start(args);
    expect(first.exitCode).toBe(0);
    expect(first.stdout).toContain('sandbox: strong');
    expect(readFileSync(path.join(repo, 'a.js'), 'utf8')).toBe('// SPDX-License-Identifier: MIT\none()\n');
    expect(readFileSync(path.join(repo, 'sub/b.py'), 'utf8')).toBe(
      '#!/usr/bin/env python3\n# SPDX-License-Identifier: MIT\nx = 1\n',
    );
    const [row] = await person.results();
    expect(row).toMatchObject({
      ...{
        status: 'success',
        outcome: 'changed',
        mode: 'script',
        model: null,
        cost_usd: 0,
        sandbox: 'strong',
        attempts: 0,
      },
      files: [
        {path: 'a.js', added: 1, removed: 0},
        {path: 'sub/b.py', added: 1, removed: 0},
      ],
    });
    expect((await person.start(args)).stdout).toContain('up-to-date');
    await commitFiles(repo, {});
    expect((await person.call(args)).stdout).toContain('up-to-date');
    await commitFiles(repo, {'new.go': 'package main\n'});
    expect((await person.call(args)).stdout).toMatch(/changed new\.go \+1 -0/);
  });

  it('is told of its job in environment variables', async () => {
    await using person = await invitePerson({ANTHROPIC_API_KEY: 'sk-ant-canary-0123456789'});
    const repo = await ownRepo(person, {'a.js': 'one()\n'});
    const text =
      '#!/bin/sh\nenv | sort > told; ls -a / . > seen; cat /skill/SKILL.md >> seen; echo done > "$ORCHESTRATOR_SUMMARY"\n';
    const address = {url: 'https://ann:canary@forge.example/acme/api.git'};
    await person.write('config/repos.json', {repositories: [{name: 'api', path: '~/code/api', ...address}]});
    await plan(person, {text}, {repos: undefined, group: 'all'}, {fleet: 'repos.json'});
    expect((await person.call(run)).exitCode).toBe(0);
    const told = readFileSync(path.join(repo, 'told'), 'utf8');
    for (const line of [
      'ORCHESTRATOR_REPO=api',
      'ORCHESTRATOR_REPO_URL=https://forge.example/acme/api.git',
      'ORCHESTRATOR_SKILL=tidy',
      'ORCHESTRATOR_SKILL_DIR=/skill',
      'ORCHESTRATOR_TASK=Tidy',
      'ORCHESTRATOR_BRANCH=main',
      'ORCHESTRATOR_WORKSPACE=/repo',
    ])
      expect(told).toContain(`${line}\n`);
    expect(told).toMatch(/^ORCHESTRATOR_COMMIT=[0-9a-f]{40}$/m);
    expect(told).toMatch(/^ORCHESTRATOR_DATE=\d{4}-\d\d-\d\d$/m);
    // Nobody has named one.
    expect(told).toContain('ORCHESTRATOR_OUTPUT=\n');
    expect(told).not.toContain('canary');
    expect(readFileSync(path.join(repo, 'seen'), 'utf8')).not.toContain('.git\n');
  });

  it.each([
    [
      '#!/usr/bin/nope\nx\n',
      'the program of its first line, "/usr/bin/nope", is not in the sandbox; see "sandbox.tools"',
    ],
    [
      '#!/usr/bin/env nope\nx\n',
      'the program of its first line, "/usr/bin/env nope", is not in the sandbox; see "sandbox.tools"',
    ],
    ['#!/bin/sh\r\necho x\r\n', 'its first line ends with a carriage return'],
    ['#!/usr/bin/env sh\r\necho x\r\n', 'its first line ends with a carriage return'],
  ])('that begins with %j is told what is wrong with that', async (text, why) => {
    await using person = await invitePerson();
    await ownRepo(person, {'a.js': 'one()\n'});
    await plan(person, {text});
    expect((await person.call(run)).exitCode).toBe(1);
    const [row] = await person.results();
    expect(row).toMatchObject({outcome: 'script-failed', output_file: null});
    expect(row!.message).toContain(`scripts/run could not be started: ${why}`);
  });

  it('changes nothing when it ends with an error, and its last words stand in the result', async () => {
    await using person = await invitePerson();
    const repo = await ownRepo(person, {'a.js': 'one()\n'});
    await plan(person, {text: '#!/bin/sh\necho bad > a.js; echo "cannot go on" >&2; exit 4\n'});
    expect((await person.call(run)).exitCode).toBe(1);
    const [row] = await person.results();
    expect(row).toMatchObject({status: 'error', outcome: 'script-failed'});
    expect(row!.message).toBe('scripts/run ended with exit code 4: cannot go on');
    expect(readFileSync(path.join(repo, 'a.js'), 'utf8')).toBe('one()\n');
    expect(readdirSync(path.join(person.state, 'workspaces'))).toEqual([]);
  });

  it('is stopped in time', async () => {
    await using person = await invitePerson();
    await ownRepo(person, {'a.js': 'one()\n'});
    await plan(person, {text: '#!/bin/sh\nsleep 60\n'}, {command_timeout_s: 0.5});
    await person.call(run);
    expect((await person.results())[0]).toMatchObject({status: 'error', outcome: 'script-timeout'});
  });

  it('that leaves the repo as it is ends as unchanged', async () => {
    await using person = await invitePerson();
    await ownRepo(person, {'a.js': 'one()\n'});
    await plan(person, {text: '#!/bin/sh\ntouch a.js\n'});
    expect((await person.call(run)).exitCode).toBe(0);
    expect((await person.results())[0]).toMatchObject({status: 'success', outcome: 'unchanged'});
  });

  it('is told what of its work git cannot have, whatever else it did', async () => {
    await using person = await invitePerson();
    const repo = await ownRepo(person, {'a.js': 'one()\n', '.gitignore': 'build/\n'});
    const odd = `mkfifo pipe; mkdir -p .GIT build; echo x > .GIT/config; echo x > build/out; touch "$(printf 'caf\\351')"\n`;
    await plan(person, {text: `#!/bin/sh\n${odd}`});
    const first = await person.call(run);
    expect(first.exitCode).toBe(0);
    const told =
      'not part of the change: ".GIT/" (named .git), "caf\ufffd" (no UTF-8, or too long), "pipe" (a pipe, socket or device)';
    expect((await person.results())[0]).toMatchObject({outcome: 'unchanged', message: told});
    expect(first.stdout).toContain(told);
    expect((await person.call(['report'])).stdout).toContain(`! tidy/api: ${told}`);
    await plan(person, {text: `#!/bin/sh\necho two > a.js\n${odd}`});
    await person.call(run);
    expect((await person.results())[0]).toMatchObject({outcome: 'changed', message: told, files: [{path: 'a.js'}]});
    expect(readFileSync(path.join(repo, 'a.js'), 'utf8')).toBe('two\n');
  });

  it('is run again by resume when the orchestrator was killed, and leaves nothing of the first time', async () => {
    await using person = await invitePerson();
    const repo = await ownRepo(person, {'a.js': 'one()\n', slow: ''});
    const mark = `4${String(Date.now()).slice(-8)}`;
    await plan(person, {text: `#!/bin/sh\n[ ! -e slow ] || sleep ${mark}\necho two > a.js\n`});
    const child = spawn(process.execPath, [bin, ...run], {cwd: person.work, env: person.env, stdio: 'ignore'});
    await expect.poll(() => processes().includes(`sleep ${mark}`), {timeout: 20_000}).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await expect.poll(() => processes().includes(mark), {timeout: 2000}).toBe(false);
    expect(readFileSync(path.join(repo, 'a.js'), 'utf8')).toBe('one()\n');
    await commitFiles(repo, {slow: null});
    expect((await person.call(['resume'])).exitCode).toBe(0);
    expect(readFileSync(path.join(repo, 'a.js'), 'utf8')).toBe('two\n');
    expect(readdirSync(path.join(person.state, 'workspaces'))).toEqual([]);
  });

  it('cannot have a file of ours read through its summary', async () => {
    await using person = await invitePerson();
    const repo = await ownRepo(person, {'a.js': 'one()\n'});
    const secret = path.join(person.directory, 'secret');
    writeFileSync(secret, 'the secret of the operator');
    await plan(
      person,
      {text: `#!/bin/sh\necho two > a.js; ln -s ${secret} "$ORCHESTRATOR_SUMMARY"\n`},
      {deliver: 'patch'},
    );
    expect((await person.call(run)).exitCode).toBe(0);
    const runs = path.join(person.state, 'runs');
    const written = readdirSync(runs, {recursive: true, withFileTypes: true}).filter(entry => entry.isFile());
    expect(written.length).toBeGreaterThan(0);
    for (const entry of written)
      expect(readFileSync(path.join(entry.parentPath, entry.name), 'utf8')).not.toContain('the secret');
    expect(existsSync(repo)).toBe(true);
  });

  it('is refused when the skill has no script, before anything runs', async () => {
    await using person = await invitePerson();
    await ownRepo(person, {'a.js': 'one()\n'});
    await person.write('skills/tidy/SKILL.md', skillText(''));
    await person.write('config/tasks.json', {
      tasks: [{name: 'Tidy', skill: 'tidy', repos: ['~/code/api'], mode: 'script'}],
      settings: {skills: ['../skills']},
    });
    const {exitCode, stderr} = await person.call(run);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('skill "tidy" has no scripts/run');
  });
});

it('commands without a sandbox are refused with the one-line fix, before anything runs', async () => {
  await using person = await invitePerson();
  await ownRepo(person, {'a.js': 'one()\n'});
  await plan(person, {text: '#!/bin/sh\n'});
  const programs = path.join(person.directory, 'programs');
  mkdirSync(programs);
  for (const name of readdirSync('/usr/bin').filter(name => name !== 'bwrap'))
    symlinkSync(path.join('/usr/bin', name), path.join(programs, name));
  const {exitCode, stderr} = await person.start(run, {env: {PATH: programs}});
  expect(stderr).toBe(
    'orchestrator: task "Tidy": mode "script" runs commands, and bubblewrap is not installed; apt-get install -y bubblewrap\n',
  );
  expect(exitCode).toBe(2);
  expect(existsSync(path.join(person.state, 'runs'))).toBe(false);
});
