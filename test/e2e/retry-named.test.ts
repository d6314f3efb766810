import path from 'node:path';
import {expect, it} from 'vitest';
import {createLedger} from '../../src/ledger/sql-ledger.ts';
import {openSqlite} from '../../src/ledger/sqlite.ts';
import {startScriptedModelServer} from '../../src/testing/scripted-model-server.ts';
import {makeTemporaryDirectory} from '../../src/testing/temporary-fleet.ts';
import {systemClock} from '../../src/util/clock.ts';
import {runCli} from '../support/captured-io.ts';
import {anthropicAt, invitePerson, repoOf, wholeFile} from '../support/person.ts';
import {seedRun} from '../support/seed-run.ts';

it('runs only the jobs that are named, also where a retry alone does not help', async () => {
  await using server = await startScriptedModelServer({record: false});
  await using person = await invitePerson(anthropicAt(server.url));
  await person.own(['api', 'web', 'ops']);
  let isWell = false;
  const asked: string[] = [];
  server.reply(request => {
    asked.push(repoOf(request));
    return isWell ? wholeFile('Acme') : {fault: 'status', status: 529};
  });
  await person.write('config/night.json', {
    tasks: [{name: 'READMEs', skill: 'readme-generator', group: 'all'}],
    settings: {model: 'anthropic/claude-sonnet-5-5', max_attempts: 1},
  });
  expect((await person.call(['--config', 'config/night.json'])).exitCode).toBe(1);
  isWell = true;
  asked.length = 0;
  const run = (await person.results())[0]!.run;
  expect((await person.call(['retry', run, '--job', 'readme-generator/web'])).exitCode).toBe(1);
  expect(asked).toEqual(['web']);
  expect(Object.fromEntries((await person.results()).map(({repo, status}) => [repo, status]))).toEqual({
    api: 'error',
    web: 'success',
    ops: 'error',
  });
  const unknown = await person.call(['retry', run, '--job', 'readme-generator/wbe']);
  expect(unknown.exitCode).toBe(2);
  expect(unknown.stderr).toContain('readme-generator/web');
  expect((await person.call(['retry', run, '--job', 'api', 'ops'])).exitCode).toBe(0);
  expect(asked.slice(1).sort()).toEqual(['api', 'ops']);
});

it('leaves a job alone when a person has decided on the change that it left', async () => {
  await using home = await makeTemporaryDirectory();
  const stateDir = path.join(home.path, '.orchestrator');
  const change = {patch: 'diff --git a/x b/x\n'};
  const run = await seedRun(stateDir, {
    exitCode: 1,
    jobs: [{repo: 'api', end: {failed: 'verify-failed', message: 'npm test'}, change}],
  });
  const ledger = createLedger(openSqlite(path.join(stateDir, 'state.db')), systemClock);
  const [{jobId} = {jobId: ''}] = await ledger.changes({runId: run.id});
  await ledger.decide(run.id, [jobId], {kind: 'accepted', at: 1});
  const {out} = await runCli(home.path, ['retry', run.id]);
  expect(out).toContain('nothing to do');
  const [kept] = await ledger.changes({runId: run.id});
  await ledger.close();
  expect(kept!.decision).toEqual({kind: 'accepted', at: 1});
});

it('does not take the reply of an earlier night for one that a retry would use again', async () => {
  await using home = await makeTemporaryDirectory();
  const stateDir = path.join(home.path, '.orchestrator');
  const earlier = Date.now() - 2 * 86_400_000;
  await seedRun(stateDir, {startedAt: earlier, jobs: [{repo: 'api', end: 'unchanged', reply: '# api', costUsd: 0.03}]});
  await seedRun(stateDir, {
    startedAt: earlier + 86_400_000,
    exitCode: 1,
    jobs: [{repo: 'api', end: {failed: 'provider-overloaded', message: 'overloaded'}}],
  });
  expect((await runCli(home.path, ['failures'])).out).toContain('about 0.0300 USD');
});
