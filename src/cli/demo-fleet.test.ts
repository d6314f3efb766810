import {existsSync} from 'node:fs';
import {mkdir, readdir, readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {expect, it} from 'vitest';
import {makeTemporaryDirectory} from '../testing/temporary-fleet.ts';
import {runCommand} from '../util/run-command.ts';
import {createDemoFleet} from './demo-fleet.ts';

const now = new Date('2026-01-15T12:00:00Z');

it('makes clean repositories with a history that ends before now', async () => {
  await using directory = await makeTemporaryDirectory();
  const fleet = await createDemoFleet(directory.path, {now});
  expect(fleet.repos.length).toBeGreaterThanOrEqual(6);
  for (const repo of fleet.repos) {
    expect(await git(repo, 'status', '--porcelain')).toBe('');
    expect(await git(repo, 'fsck', '--strict')).toBe('');
    const times = (await git(repo, 'log', '--format=%at')).split('\n').map(Number);
    expect(times.length).toBeGreaterThanOrEqual(3);
    expect(times).toEqual(times.toSorted((a, b) => b - a));
    expect(times[0]).toBeLessThan(now.getTime() / 1000);
    expect(existsSync(path.join(repo, '.git', 'hooks'))).toBe(false);
  }
});

it('gives the same commits for the same time, and others for another', async () => {
  await using directory = await makeTemporaryDirectory();
  const heads = async (folder: string, time: Date): Promise<string[]> => {
    const {repos} = await createDemoFleet(path.join(directory.path, folder), {now: time});
    return await Promise.all(repos.map(repo => git(repo, 'rev-parse', 'HEAD')));
  };
  const first = await heads('first', now);
  expect(await heads('second', now)).toEqual(first);
  expect(await heads('third', new Date('2026-01-16T12:00:00Z'))).not.toEqual(first);
});

it('names every repo in the fleet file and runs two skills without a model', async () => {
  await using directory = await makeTemporaryDirectory();
  const {fleetFile, configFile, repos} = await createDemoFleet(directory.path, {now});
  const fleet = JSON.parse(await readFile(fleetFile, 'utf8'));
  expect(fleet.repositories.map((repo: {path: string}) => path.resolve(directory.path, repo.path))).toEqual(repos);
  const config = JSON.parse(await readFile(configFile, 'utf8'));
  expect(config.tasks.map((task: {skill: string}) => task.skill)).toEqual(['readme-generator', 'repo-summarizer']);
  expect(config.settings.model).toBe('offline');
});

it('commits the files whose names npm and git would not carry', async () => {
  await using directory = await makeTemporaryDirectory();
  const {repos} = await createDemoFleet(directory.path, {now});
  const files = (await Promise.all(repos.map(repo => git(repo, 'ls-files')))).join('\n').split('\n');
  expect(files).toContain('.env');
  expect(files).toContain('.gitignore');
  expect(files.filter(file => file.startsWith('_'))).toEqual([]);
});

it('leaves a folder alone that exists already', async () => {
  await using directory = await makeTemporaryDirectory();
  await mkdir(path.join(directory.path, 'wordfreq'));
  await writeFile(path.join(directory.path, 'wordfreq', 'mine.txt'), 'mine');
  await expect(createDemoFleet(directory.path, {now})).rejects.toThrow('wordfreq exists already');
  expect(await readFile(path.join(directory.path, 'wordfreq', 'mine.txt'), 'utf8')).toBe('mine');
});

it('overwrites no configuration, and makes nothing before it knows', async () => {
  await using directory = await makeTemporaryDirectory();
  await writeFile(path.join(directory.path, 'tasks.json'), 'mine');
  await expect(createDemoFleet(directory.path, {now})).rejects.toThrow('tasks.json exists already');
  expect(await readdir(directory.path)).toEqual(['tasks.json']);
});

it.skipIf(!existsSync('/proc/self'))('says in one line where nothing can be made', async () => {
  await expect(createDemoFleet('/proc/x', {now})).rejects.toThrow('nothing can be written in /proc/x (ENOENT)');
});

async function git(repo: string, ...args: string[]): Promise<string> {
  const result = await runCommand('git', ['-C', repo, ...args], {env: process.env});
  expect(result.exitCode).toBe(0);
  return result.stdout.toString('utf8').trim();
}
