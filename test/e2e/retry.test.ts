import {rmSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {expect, it} from 'vitest';
import {createLedger} from '../../src/ledger/sql-ledger.ts';
import {openSqlite} from '../../src/ledger/sqlite.ts';
import {makeTemporaryDirectory} from '../../src/testing/temporary-fleet.ts';
import {systemClock} from '../../src/util/clock.ts';
import type {StartedCommand} from '../../src/web/api.ts';
import {Commands} from '../../src/web/commands.ts';
import {runCli} from '../support/captured-io.ts';
import {openTestPage} from '../support/open-test-page.ts';
import {invitePerson} from '../support/person.ts';
import {seedMorning} from '../support/seed-morning.ts';

it('what a retry will do is said in the same words and numbers everywhere, with what it may cost', async () => {
  await using home = await makeTemporaryDirectory();
  const stateDir = path.join(home.path, '.orchestrator');
  const run = await seedMorning(stateDir);
  const ledger = createLedger(openSqlite(path.join(stateDir, 'state.db')), systemClock);
  const cut = (await ledger.jobs(run.id)).find(({job}) => job.repo === 'acme-infra')!;
  await ledger.rejectReply(`${run.id} ${cut.job.id}`);
  await ledger.close();
  const said = async (...args: string[]): Promise<string> => (await runCli(home.path, args)).out;
  // The one that was cut costs what it did, the other what such calls cost.
  const sentence = '2 jobs: 1 can work now, 1 needs a fix first (reply-truncated); about 0.4400 USD';
  expect(await said('failures')).toContain(`Run again: orchestrator retry ${run.id}\n  ${sentence}\n`);
  expect(await said('review')).toContain(`next  orchestrator retry        ${sentence}\n`);
  expect(await said('status')).toContain(`orchestrator retry ${run.id}`);
  await using page = await openTestPage(stateDir);
  const {overview} = (await (await page.ask(`/api/runs/${run.id}`)).json()) as {overview: {toRetry: number}};
  expect(overview.toRetry).toBe(2);
});

it('tells how what was run again ended apart from what had ended before', async () => {
  await using person = await invitePerson();
  await person.own(['api', 'web']);
  const task = {skill: 'readme-generator', group: 'all'};
  await person.write('config/tasks.json', {
    tasks: [
      {name: 'Held', ...task, exclude: ['web'], deny: ['README.md']},
      {name: 'Plain', ...task, exclude: ['api']},
    ],
    settings: {model: 'offline', fleet: 'repos.json'},
  });
  const mine = path.join(person.home, 'code/web/README.md');
  writeFileSync(mine, 'mine\n');
  const first = await person.call(['run', '-c', 'config/tasks.json']);
  expect(first.stdout).toMatch(/finished: 1 held for review, 1 failed; 0\.0000 USD, exit 1\n$/);
  rmSync(mine);
  const again = await person.call(['retry']);
  expect(again.exitCode).toBe(1);
  expect(again.stdout).toContain('retry of 1 job: 1 needs a fix first (uncommitted-changes); at no cost\n');
  const end = '1 changed, 1 held for review; 0.0000 USD, exit 1 (this time 1 changed; before 1 held for review)';
  expect(again.stdout).toContain(` WARN run=`);
  expect(again.stdout.endsWith(`finished: ${end}\n`)).toBe(true);

  const told: StartedCommand[] = [];
  const commands = new Commands(
    (_args, on) => {
      on.said(again.stdout);
      on.ended(1);
    },
    command => told.push(command),
  );
  commands.start('r-1', 'retry', ['retry', 'r-1']);
  expect(told.some(({exitCode, summary}) => exitCode === 1 && summary === end)).toBe(true);
});
