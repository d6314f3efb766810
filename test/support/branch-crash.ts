import {execFileSync} from 'node:child_process';
import {mkdirSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import path from 'node:path';
import {startScriptedModelServer} from '../../src/testing/scripted-model-server.ts';
import {type CrashPoint, recover, runUndisturbed, runWithCrash} from './crash-point.ts';
import {answerJob, describeEnd} from './night-checks.ts';
import {copyNight, makeNight, type Night, readResults} from './night-rig.ts';

const branch = 'orchestrator/readme-generator';

export interface BranchCrashRig {
  readonly template: Night;
  readonly operations: number;
}

/** A night that delivers branches, and how many durable operations that takes. */
export async function makeBranchCrashRig(directory: string, repos: number): Promise<BranchCrashRig> {
  const template = await makeNight(path.join(directory, 'template'), {
    repos,
    settings: {deliver: 'branch', max_workers: 2},
  });
  const {night, operations} = await runUndisturbed(template, directory);
  const problems = await judgeBranches(night);
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return {template, operations};
}

/** Kills a run at one point, recovers, and says what is not as it must be. */
export async function tryBranchCrash(
  rig: BranchCrashRig,
  {at, mode, recovery}: CrashPoint,
  directory: string,
): Promise<{readonly crashed: boolean; readonly problems: readonly string[]}> {
  mkdirSync(directory);
  const night = await copyNight(rig.template, path.join(directory, 'night'));
  const log = path.join(directory, 'operation.log');
  await using server = await startScriptedModelServer({strict: false});
  server.reply(answerJob);
  const crashed = await runWithCrash(night, log, {at, mode}, {server});
  if (crashed.signal !== 'SIGKILL') return {crashed: false, problems: []};
  const recovered = await recover(night, recovery, {server});
  const problems = [...(recovered.code === 0 ? [] : [describeEnd(recovered)]), ...(await judgeBranches(night))];
  if (problems.length === 0) rmSync(directory, {recursive: true});
  const where = `${mode} operation ${at} (${readFileSyncOr(log)}), then ${recovery}`;
  return {crashed: true, problems: problems.map(problem => `${where}: ${problem}`)};
}

async function judgeBranches(night: Night): Promise<string[]> {
  const problems: string[] = [];
  for (const row of await readResults(night))
    if (row.status !== 'success' && row.status !== 'skipped')
      problems.push(`${row.repo} is ${row.status}: ${row.message}`);
  for (const name of night.repos) {
    const at = path.join(night.directory, 'fleet', name);
    const git = (...args: string[]): string =>
      execFileSync('git', args, {cwd: at, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe']}).trim();
    const refs = git('for-each-ref', '--format=%(refname:short)').split('\n').sort().join(' ');
    if (refs !== `main ${branch}`) problems.push(`${name} has the refs ${refs}`);
    else if (git('rev-list', '--count', `main..${branch}`) !== '1') problems.push(`${name} has more than one commit`);
    else if (!git('show', `${branch}:README.md`).startsWith('#')) problems.push(`${name} has no README`);
    if (git('status', '--porcelain') !== '') problems.push(`${name} has a work tree that was touched`);
    if (git('fsck', '--strict', '--no-dangling') !== '') problems.push(`${name} is not in order`);
    const left = readdirSync(path.join(at, '.git'), {recursive: true, encoding: 'utf8'}).filter(file =>
      file.endsWith('.lock'),
    );
    if (left.length > 0) problems.push(`${name} has ${left.join(', ')}`);
  }
  return problems;
}

function readFileSyncOr(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return 'not told';
  }
}
