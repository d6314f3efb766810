import {mkdir, readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {describe, expect, it} from 'vitest';
import {commitFiles, makeRepo, makeTemporaryDirectory, runGit} from '../../src/testing/temporary-fleet.ts';
import {runCommand} from '../../src/util/run-command.ts';

const scripts = path.resolve(import.meta.dirname, '../../scripts/action');

const readme = {
  'package.json': '{"name": "api", "version": "1.0.0", "description": "Answers."}',
  'src/main.js': 'export {};\n',
};
const configuration = JSON.stringify({
  tasks: [
    {name: 'Summary', skill: 'repo-summarizer', repos: ['..']},
    {name: 'README', skill: 'readme-generator', repos: ['..']},
  ],
  settings: {model: 'offline'},
});

describe('the GitHub Action', () => {
  it('commits and pushes what the run changed, and only that', async () => {
    await using job = await startJob({config: '.github/orchestrator.json'});
    await writeFile(path.join(job.workspace, 'left-over.txt'), 'of another step');
    const run = await job.step('run.sh');
    expect(run.outputs['exit-code']).toBe('0');
    const commit = await job.step('commit.sh', run);
    expect(commit.outputs['changed']).toBe('true');
    expect(await job.remote('show', '--format=%an <%ae>%n%s', '--name-only', 'main')).toBe(
      'github-actions[bot] <41898282+github-actions[bot]@users.noreply.github.com>\ndocs: by a machine\n\nPROJECT.md\nREADME.md',
    );
    expect((await job.step('finish.sh', run)).exitCode).toBe(0);
    expect(await runGit(job.workspace, ['status', '--porcelain'])).toBe('?? left-over.txt');
  });

  it('does not fail and commits nothing when nothing changed', async () => {
    await using job = await startJob({config: '.github/orchestrator.json'});
    await job.step('commit.sh', await job.step('run.sh'));
    const before = await job.remote('rev-parse', 'main');
    const second = await job.step('run.sh');
    const commit = await job.step('commit.sh', second);
    expect(commit).toMatchObject({exitCode: 0, outputs: {changed: 'false'}});
    expect((await job.step('finish.sh', second)).exitCode).toBe(0);
    expect(await job.remote('rev-parse', 'main')).toBe(before);
  });

  it('pushes what succeeded before it fails for what did not', async () => {
    const withMissing = configuration.replace('"repos":[".."]}]', '"repos":["..","../../gone"]}]');
    expect(withMissing).not.toBe(configuration);
    await using job = await startJob({config: '.github/orchestrator.json'}, withMissing);
    const run = await job.step('run.sh');
    expect(run).toMatchObject({exitCode: 0, outputs: {'exit-code': '1'}});
    await job.step('commit.sh', run);
    expect(await job.remote('show', '--format=', '--name-only', 'main')).toBe('PROJECT.md\nREADME.md');
    const finish = await job.step('finish.sh', run);
    expect(finish).toMatchObject({exitCode: 1, text: expect.stringContaining('::error::')});
    expect(await readFile(run.outputs['results-file']!, 'utf8')).toContain('"outcome":"path-missing"');
    expect(await readFile(job.summary, 'utf8')).toContain('path-missing');
  });

  it('runs one skill over the workspace, with further options', async () => {
    await using job = await startJob({skill: 'repo-summarizer', args: '--model offline\n --output docs/[x]*.md'});
    const run = await job.step('run.sh');
    expect(run.outputs['exit-code']).toBe('0');
    await job.step('commit.sh', run);
    expect(await job.remote('show', '--format=', '--name-only', 'main')).toBe('docs/[x]*.md');
  });

  it('leaves the changes in the work tree when it shall not commit', async () => {
    await using job = await startJob({skill: 'repo-summarizer', args: '--model offline', commit: 'false'});
    const commit = await job.step('commit.sh', await job.step('run.sh'));
    expect(commit.outputs['changed']).toBe('true');
    expect(await runGit(job.workspace, ['status', '--porcelain'])).toBe('?? PROJECT.md');
  });

  it('puts its commit on top of what was pushed meanwhile', async () => {
    await using job = await startJob({skill: 'repo-summarizer', args: '--model offline'});
    const run = await job.step('run.sh');
    await job.pushByAnother({'other.txt': 'theirs'});
    await job.step('commit.sh', run);
    expect(await job.remote('log', '--format=%s', 'main')).toBe('docs: by a machine\nBy another\nChange');
  });

  it('fails without a push, and without a half rebase, when the same file was pushed meanwhile', async () => {
    await using job = await startJob({skill: 'repo-summarizer', args: '--model offline'});
    const run = await job.step('run.sh');
    await job.pushByAnother({'PROJECT.md': '# Theirs\n'});
    const commit = await job.step('commit.sh', run);
    expect(commit).toMatchObject({exitCode: 1, text: expect.stringContaining('::error::main has moved on')});
    expect(await job.remote('log', '-1', '--format=%s', 'main')).toBe('By another');
    expect(await runGit(job.workspace, ['status'])).not.toContain('rebase');
  });

  it('says that there is nowhere to push to without a branch', async () => {
    await using job = await startJob({skill: 'repo-summarizer', args: '--model offline'});
    await runGit(job.workspace, ['checkout', '-q', '--detach']);
    const commit = await job.step('commit.sh', await job.step('run.sh'));
    expect(commit).toMatchObject({exitCode: 1, text: expect.stringContaining('No branch is checked out')});
  });

  it('ends with the exit code of a run that could not start', async () => {
    await using job = await startJob({config: 'missing.json'});
    const run = await job.step('run.sh');
    expect(run).toMatchObject({exitCode: 0, outputs: {'exit-code': '2', 'results-file': ''}});
    expect(await job.step('commit.sh', run)).toMatchObject({exitCode: 0, outputs: {changed: 'false'}});
    expect((await job.step('finish.sh', run)).exitCode).toBe(2);

    await using nothing = await startJob({});
    expect((await nothing.step('run.sh')).outputs['exit-code']).toBe('2');
  });

  it('keeps the runner from taking output for commands', async () => {
    await using job = await startJob({skill: 'repo-summarizer', args: '--model offline'});
    const lines = (await job.step('run.sh')).text.trim().split('\n');
    const token = /^::stop-commands::([0-9a-f]{32})$/.exec(lines[0]!)?.[1];
    expect(lines.at(-1)).toBe(`::${token}::`);
    expect(lines.length).toBeGreaterThan(3);
  });
});

interface Inputs {
  readonly config?: string;
  readonly skill?: string;
  readonly args?: string;
  readonly commit?: string;
}

interface Step {
  readonly exitCode: number | null;
  readonly text: string;
  readonly outputs: Readonly<Record<string, string>>;
}

/** A runner's view of one job: a workspace cloned from a bare remote, and the variables that steps get. */
async function startJob(inputs: Inputs, config = configuration) {
  const directory = await makeTemporaryDirectory();
  const origin = path.join(directory.path, 'origin.git');
  const workspace = path.join(directory.path, 'workspace', 'api');
  const temporary = path.join(directory.path, 'temp');
  const summary = path.join(temporary, 'summary.md');
  await mkdir(temporary);
  await makeRepo(origin, {bare: true, files: {...readme, '.github/orchestrator.json': config}});
  await runGit(directory.path, ['clone', '-q', origin, workspace]);
  let steps = 0;
  return {
    workspace,
    summary,
    remote: (...args: string[]) => runGit(origin, args),
    async pushByAnother(files: Record<string, string>): Promise<void> {
      const clone = path.join(directory.path, 'another');
      await runGit(directory.path, ['clone', '-q', origin, clone]);
      await commitFiles(clone, files, 'By another');
      await runGit(clone, ['push', '-q', 'origin', 'main']);
    },
    async step(script: string, run?: Step): Promise<Step> {
      const outputFile = path.join(directory.path, `output-${steps++}`);
      await writeFile(outputFile, '');
      const {exitCode, stdout, stderr} = await runCommand('bash', [path.join(scripts, script)], {
        cwd: workspace,
        timeoutMs: 50_000,
        env: {
          PATH: `${path.dirname(process.execPath)}:/usr/bin:/bin`,
          HOME: directory.path,
          GIT_CONFIG_NOSYSTEM: '1',
          CI: 'true',
          GITHUB_ACTIONS: 'true',
          GITHUB_WORKSPACE: workspace,
          GITHUB_OUTPUT: outputFile,
          GITHUB_STEP_SUMMARY: summary,
          RUNNER_TEMP: temporary,
          INPUT_CONFIG: inputs.config ?? '',
          INPUT_SKILL: inputs.skill ?? '',
          INPUT_ARGS: inputs.args ?? '',
          INPUT_COMMIT: inputs.commit ?? 'true',
          INPUT_COMMIT_MESSAGE: 'docs: by a machine',
          RESULTS_FILE: run?.outputs['results-file'] ?? '',
          EXIT_CODE: run?.outputs['exit-code'] ?? '',
        },
      });
      const lines = (await readFile(outputFile, 'utf8')).split('\n').filter(line => line !== '');
      const outputs = Object.fromEntries(
        lines.map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
      );
      return {exitCode, text: `${stdout}${stderr}`, outputs};
    },
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}
