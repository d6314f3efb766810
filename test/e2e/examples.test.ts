import {readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {describe, expect, it} from 'vitest';
import {parse} from 'yaml';
import {makeTemporaryDirectory} from '../../src/testing/temporary-fleet.ts';
import {runCommand} from '../../src/util/run-command.ts';
import {findCommandLines, root} from '../support/documents.ts';

const action = parse(read('action.yml')) as {
  inputs: Record<string, {description: string; default?: string}>;
  outputs: Record<string, {description: string; value: string}>;
  runs: {using: string; steps: Step[]};
};
const workflow = parse(read('examples/github-actions/update-docs.yml')) as {
  on: Record<string, unknown>;
  permissions: Record<string, string>;
  jobs: Record<string, {steps: Step[]}>;
};
const workflowSteps = workflow.jobs['update-docs']!.steps;

interface Step {
  readonly id?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly shell?: string;
  readonly with?: Record<string, unknown>;
  readonly env?: Record<string, string>;
  readonly if?: string;
}

describe('action.yml', () => {
  it('is a composite action with the documented inputs and outputs', () => {
    expect(action.runs.using).toBe('composite');
    expect(Object.keys(action.inputs)).toEqual(['config', 'skill', 'args', 'commit', 'commit-message', 'node-version']);
    expect(Object.keys(action.outputs)).toEqual(['results-file', 'exit-code', 'changed']);
    const guide = read('docs/guide/ci.md');
    for (const name of [...Object.keys(action.inputs), ...Object.keys(action.outputs)])
      expect(guide).toContain(`| \`${name}\` |`);
  });

  it('never puts an input into a script', () => {
    const scripts = action.runs.steps.flatMap(step => step.run ?? []);
    expect(scripts).toEqual(
      ['install', 'run', 'commit', 'finish'].map(name => `bash "$GITHUB_ACTION_PATH/scripts/action/${name}.sh"`),
    );
    expect(action.runs.steps.every(step => step.run === undefined || step.shell === 'bash')).toBe(true);
  });

  it('gives each script the variables that it reads, and takes the outputs that it writes', () => {
    for (const step of action.runs.steps) {
      const script = /scripts\/action\/\w+\.sh/.exec(step.run ?? '')?.[0];
      if (script === undefined) continue;
      const text = read(script);
      for (const name of Object.keys(step.env ?? {})) expect(text).toContain(`\${${name}:`);
      for (const [, name] of text.matchAll(/\$\{((?:INPUT_|RESULTS_|EXIT_)\w+)/g))
        expect(Object.keys(step.env ?? {})).toContain(name);
    }
    for (const {value} of Object.values(action.outputs)) {
      const [, id, name] = /^\$\{\{ steps\.(\w+)\.outputs\.([\w-]+) \}\}$/.exec(value)!;
      expect(read(`scripts/action/${id}.sh`)).toContain(`${name}=`);
    }
  });
});

describe('the example workflow', () => {
  it('uses the action with inputs that it has', () => {
    const step = workflowSteps.find(({uses}) => uses?.startsWith('your-org/orchestrator@'))!;
    for (const name of Object.keys(step.with!)) expect(Object.keys(action.inputs)).toContain(name);
    expect(step.env!['ANTHROPIC_API_KEY']).toMatch(/^\$\{\{ secrets\.ANTHROPIC_API_KEY \}\}$/);
  });

  it('runs at night and by hand, may push, and keeps the results also when a repo failed', () => {
    expect(Object.keys(workflow.on)).toEqual(['schedule', 'workflow_dispatch']);
    expect(workflow.permissions).toEqual({contents: 'write'});
    const upload = workflowSteps.find(({uses}) => uses?.startsWith('actions/upload-artifact@'))!;
    expect(upload.if).toContain('!cancelled()');
    expect(upload.with!['path']).toMatch(/^\$\{\{ steps\.docs\.outputs\.results-file \}\}$/);
  });

  it('pins the actions of others by commit, with the version beside it', () => {
    for (const file of ['action.yml', 'examples/github-actions/update-docs.yml']) {
      for (const [, uses] of read(file).matchAll(/uses: (actions\/.*)$/gm))
        expect(uses).toMatch(/^actions\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    }
  });
});

describe('the scripts and schedules', () => {
  it('are valid bash', async () => {
    const scripts = [
      ...readdirSync(path.join(root, 'scripts/action')).map(name => `scripts/action/${name}`),
      ...readdirSync(path.join(root, 'examples')).flatMap(name => (name.endsWith('.sh') ? `examples/${name}` : [])),
    ];
    expect(scripts.length).toBeGreaterThanOrEqual(7);
    for (const script of scripts) {
      const {stderr} = await runCommand('bash', ['-n', path.join(root, script)], {env: process.env});
      expect({script, stderr}).toEqual({script, stderr: ''});
    }
  });

  it('start command lines that orchestrator takes', () => {
    const files = ['cron/crontab', 'systemd/orchestrator.service', 'nohup.sh', 'server1.sh', 'server2.sh'];
    const lines = files.map(file => findCommandLines(read(`examples/${file}`)).map(words => words.join(' '))[0]);
    expect(lines).toEqual([
      '--config config/overnight.json --env-file $HOME/.config/orchestrator/env',
      '--config config/overnight.json --env-file %h/.config/orchestrator/env',
      '--config $config',
      '--skill repo-summarizer --repo-names mcp-fleet rishi --log-file logs/server1.log',
      '--skill repo-summarizer --repo-names orchestrator synthetic-notes --log-file logs/server2.log',
    ]);
  });

  it('have one crontab entry without a bare percent sign, after PATH was set', () => {
    const lines = read('examples/cron/crontab')
      .split('\n')
      .filter(line => line !== '' && !line.startsWith('#'));
    expect(lines.slice(0, 2)).toEqual(['SHELL=/bin/sh', expect.stringMatching(/^PATH=(?:\/[\w/]+:?)+$/)]);
    expect(lines).toHaveLength(3);
    expect(lines[2]).toMatch(/^[\d*]+ [\d*]+ [\d*]+ [\d*]+ [\d*]+ cd [^%]+$/);
  });

  it('have systemd units that systemd takes', async () => {
    const units = ['orchestrator.service', 'orchestrator.timer'].map(name => path.join(root, 'examples/systemd', name));
    const [service, timer] = units.map(unit => read(path.relative(root, unit)));
    expect(service).toMatch(/^\[Service\]\nType=oneshot$/m);
    expect(timer).toMatch(/^\[Timer\]\nOnCalendar=/m);
    await using runtime = await makeTemporaryDirectory();
    const env = {...process.env, XDG_RUNTIME_DIR: runtime.path};
    const present = await runCommand('systemd-analyze', ['--version'], {env}).then(
      ({exitCode}) => exitCode === 0,
      () => false,
    );
    if (!present) return;
    expect(await runCommand('systemd-analyze', ['verify', '--user', ...units], {env})).toMatchObject({
      exitCode: 0,
      stderr: '',
    });
  });
});

function read(file: string): string {
  return readFileSync(path.join(root, file), 'utf8');
}
