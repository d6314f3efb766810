import {fileURLToPath} from 'node:url';
import {expect, it} from 'vitest';
import type {ResultRow} from '../../src/report/results-schema.ts';
import {startScriptedModelServer} from '../../src/testing/scripted-model-server.ts';
import {anthropicAt, invitePerson, repoOf, wholeFile} from '../support/person.ts';
import {seedRun} from '../support/seed-run.ts';

const usd = (text: string): string | undefined => /(\d+\.\d{4}) USD/.exec(text)?.[1];
const sum = (rows: readonly ResultRow[]): string => rows.reduce((all, row) => all + (row.cost_usd ?? 0), 0).toFixed(4);

it('a run has cost the same in every window, with what attempts before a retry cost', async () => {
  await using server = await startScriptedModelServer({strict: false});
  await using person = await invitePerson(anthropicAt(server.url));
  await person.own(['api', 'web']);
  await person.write('config/tasks.json', {
    tasks: [{name: 'Docs', skill: 'repo-summarizer', group: 'all'}],
    settings: {model: 'anthropic/claude-sonnet-4-5', fleet: 'repos.json', max_workers: 1},
  });
  let isFirst = true;
  const tokens = {input: 10_000, output: 2_000};
  server.reply(request =>
    repoOf(request) === 'web' && isFirst
      ? {text: 'no file at all', tokens}
      : {text: wholeFile(repoOf(request)), tokens},
  );
  expect((await person.call(['run', '-c', 'config/tasks.json'])).exitCode).toBe(1);
  const first = Number(sum(await person.results()));
  isFirst = false;
  const retried = await person.call(['retry']);
  expect(retried.exitCode).toBe(0);
  expect(server.requestCount).toBe(3);

  const rows = await person.results();
  const paid = sum(rows);
  // Three calls of about one size.
  expect(Number(paid) / first).toBeCloseTo(1.5, 1);
  const finished = retried.stdout.split('\n').find(line => line.includes(' finished: '))!;
  expect(usd(finished)).toBe(paid);
  expect(usd((await person.call(['status'])).stdout)).toBe(paid);
  expect((await person.call(['history'])).stdout).toContain(` ${paid} `);
  expect(usd((await person.call(['report'])).stdout.split('\n').find(line => line.startsWith('2 jobs: '))!)).toBe(paid);
  expect(sum(JSON.parse((await person.call(['report', '--json'])).stdout) as ResultRow[])).toBe(paid);
  const {last} = JSON.parse((await person.call(['status', '--json'])).stdout) as {last: {cost_usd: number}};
  expect(last.cost_usd.toFixed(4)).toBe(paid);
});

it('what was paid for a job that never ended is in the report too', async () => {
  await using person = await invitePerson();
  const jobs = [
    {repo: 'api', end: 'changed', costUsd: 0.5, reply: '# api\n'},
    {repo: 'web', end: 'running', costUsd: 0.25, reply: '# web\n'},
  ] as const;
  await seedRun(person.state, {jobs, state: 'running', holder: 'dead'});
  expect((await person.call(['report'])).stdout).toContain('; 0.7500 USD\n');
  expect((await person.call(['status'])).stdout).toContain('cost     0.7500 USD');
});

it('what another agent cost counts as what our own calls cost', async () => {
  await using person = await invitePerson();
  await person.own(['api']);
  const agent = fileURLToPath(new URL('../support/acp-agent.mjs', import.meta.url));
  await person.write('config/tasks.json', {
    tasks: [{name: 'Docs', skill: 'readme-generator', group: 'all', mode: 'agent'}],
    settings: {fleet: 'repos.json', agent: {command: [process.execPath, agent, 'priced']}},
  });
  expect((await person.call(['run', '-c', 'config/tasks.json'])).stdout).toContain(' 0.2500 USD ');
  expect((await person.results())[0]).toMatchObject({outcome: 'changed', cost_usd: 0.25});
  expect((await person.call(['status'])).stdout).toContain('cost     0.2500 USD');
});
