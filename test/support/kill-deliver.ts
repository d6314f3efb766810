import {cp, mkdir, readdir, readFile, rm} from 'node:fs/promises';
import path from 'node:path';
import {runCommand} from '../../src/util/run-command.ts';
import {type CrashPoint, crashVariables, withPreload} from './crash-point.ts';
import {bin, type Person, startProgram} from './person.ts';

export type KillTrial = Pick<CrashPoint, 'at' | 'mode'>;

export interface KillTrials {
  /** Durable operations of an undisturbed delivery. */
  readonly operations: number;
  readonly killed: number;
  /** What is not as after an undisturbed delivery; empty when all is well. */
  readonly problems: readonly string[];
}

/** Kills `orchestrator deliver --yes ARGS` at durable operations, starts it again, and compares with an undisturbed one. */
export async function killDeliveries(
  person: Person,
  args: readonly string[],
  choose: (operations: number) => readonly KillTrial[],
): Promise<KillTrials> {
  const template = path.join(person.directory, 'template');
  const log = path.join(person.directory, 'crash.log');
  await cp(person.home, template, {recursive: true});
  const deliver = async (env: Record<string, string>): Promise<void> => {
    const line = [...(env['CRASH_LOG'] === undefined ? [] : withPreload), bin, 'deliver', '--yes', ...args];
    await startProgram(process.execPath, line, {cwd: person.work, env: {...person.env, ...env}});
  };
  const reset = async (): Promise<void> => {
    await rm(person.home, {recursive: true});
    await cp(template, person.home, {recursive: true});
    await rm(log, {force: true});
  };

  await mkdir(path.dirname(log), {recursive: true});
  await deliver(crashVariables(person.home, log));
  const operations = Number(await readFile(log, 'utf8'));
  const expected = await describe(person);
  const problems: string[] = [];
  let killed = 0;
  for (const {at, mode} of choose(operations)) {
    await reset();
    await deliver(crashVariables(person.home, log, {at, mode}));
    const said = await readFile(log, 'utf8').catch(() => '');
    if (said.startsWith('killed')) killed++;
    await deliver({});
    const found = await describe(person);
    if (found !== expected) problems.push(`${mode} ${at} (${said.trim()}):\n${found}\ninstead of\n${expected}`);
  }
  return {operations, killed, problems};
}

/** The repos with their files, branches and HEAD, and what the ledger says of the changes. */
async function describe(person: Person): Promise<string> {
  const lines: string[] = [];
  for (const repo of (await readdir(path.join(person.home, 'code'))).sort()) {
    const directory = path.join(person.home, 'code', repo);
    const git = async (...words: string[]): Promise<string> =>
      (await runCommand('git', ['-C', directory, ...words], {env: process.env})).stdout.toString();
    lines.push(repo, await git('status', '--porcelain'), await git('for-each-ref'), await git('rev-parse', 'HEAD'));
    for (const file of await readdir(directory)) {
      if (file.endsWith('.md')) lines.push(file, await readFile(path.join(directory, file), 'utf8'));
    }
  }
  const {stdout} = await person.call(['review', '--all', '--json']);
  const changes = JSON.parse(stdout) as {repo: string; state: string; delivered: unknown}[];
  lines.push(...changes.map(({repo, state, delivered}) => JSON.stringify({repo, state, delivered})));
  return lines.join('\n');
}
