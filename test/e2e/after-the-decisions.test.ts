import {readFileSync} from 'node:fs';
import path from 'node:path';
import {expect, it} from 'vitest';
import type {RunRecord} from '../../src/domain/run.ts';
import {createLedger} from '../../src/ledger/sql-ledger.ts';
import {openSqlite} from '../../src/ledger/sqlite.ts';
import {makeTemporaryDirectory} from '../../src/testing/temporary-fleet.ts';
import {systemClock} from '../../src/util/clock.ts';
import type {JobView, Tonight} from '../../src/web/api.ts';
import {runCli} from '../support/captured-io.ts';
import {openTestPage} from '../support/open-test-page.ts';
import {type SeededJob, seedRun} from '../support/seed-run.ts';

const held = (repo: string): SeededJob => ({
  repo,
  end: {failed: 'held-for-review', message: '"ci.yml": a protected path'},
  change: {patch: repo, findings: [{rule: 'protected-path', path: 'ci.yml', detail: 'x'}], deliver: 'branch'},
});
const patch = (repo: string): SeededJob => ({repo, end: 'changed', change: {patch: repo, deliver: 'patch'}});

/** Of nine changes one waits, and a person decided on the others; some have left. */
async function decideOn(stateDir: string): Promise<RunRecord> {
  const jobs = [...['h1', 'h2', 'h3', 'h4', 'h5'].map(held), ...['p1', 'p2', 'p3', 'p4'].map(patch)];
  const run = await seedRun(stateDir, {jobs, exitCode: 1});
  const ledger = createLedger(openSqlite(path.join(stateDir, 'state.db')), systemClock);
  const ids = new Map((await ledger.jobs(run.id)).map(({job}) => [job.repo, job.id]));
  const idsOf = (...repos: string[]): string[] => repos.map(repo => ids.get(repo)!);
  await ledger.decide(run.id, idsOf('h1', 'h2', 'h3', 'p1', 'p2'), {kind: 'accepted', at: 1});
  await ledger.confirmDelivered(run.id, ids.get('h1')!, {kind: 'branch', branch: 'orchestrator/x', commit: 'c'});
  await ledger.confirmDelivered(run.id, ids.get('h2')!, {kind: 'pull-request', url: 'https://forge/acme/h2/pull/1'});
  await ledger.confirmDelivered(run.id, ids.get('p1')!, {kind: 'files'});
  await ledger.decide(run.id, idsOf('h4', 'p3'), {kind: 'rejected', at: 1, why: 'wrong', text: 'npm start does exist'});
  await ledger.close();
  return run;
}

it('every window tells what was decided and delivered since the run', async () => {
  await using home = await makeTemporaryDirectory();
  const stateDir = path.join(home.path, '.orchestrator');
  const run = await decideOn(stateDir);
  const said = async (...args: string[]): Promise<string> => (await runCli(home.path, args)).out;

  const status = await said('status');
  expect(status).toContain('jobs     4 changed, 2 delivered after review, 2 held for review, 1 rejected\n');
  expect(status).toContain(
    'changes  to review: 2, 2 accepted and not delivered, 3 accepted and delivered, 2 rejected\n',
  );
  expect(JSON.parse(await said('status', '--json')).last).toMatchObject({
    jobs: {changed: 4, held: 2, held_delivered: 2, held_rejected: 1, failed: 0},
    ...{to_review: 2, to_deliver: 2, delivered_after_review: 3, rejected: 2},
  });

  const report = await said('report');
  expect(report).toMatch(/^! held for review \(2\)\n/);
  expect(report).toContain('✓ delivered after review (2)');
  expect(report).toContain('– rejected (1)');
  expect(report).toMatch(/readme-generator\/h1 .* delivered: branch orchestrator\/x/);
  expect(report).toMatch(/readme-generator\/h2 .* delivered: https:\/\/forge\/acme\/h2\/pull\/1/);
  expect(report).toMatch(/readme-generator\/h3 .* accepted, not delivered/);
  expect(report).toMatch(/readme-generator\/h4 .* rejected \(wrong\): npm start does exist/);
  expect(report).toMatch(/readme-generator\/h5 .* waits for a decision/);
  expect(report).toMatch(/readme-generator\/p1 .* delivered: files/);
  expect(report).toMatch(/readme-generator\/p4 .* waits for a decision/);
  expect(report).toContain('orchestrator review    shows what waits for a person (2)');
  expect(report).toContain('orchestrator deliver   delivers what was accepted (2)');
  const rows = JSON.parse(await said('report', '--json')) as {repo: string; next?: string; review?: object}[];
  expect(rows.find(({repo}) => repo === 'h1')).not.toHaveProperty('next');
  expect(rows.find(({repo}) => repo === 'h3')).toMatchObject({next: 'orchestrator deliver'});
  expect(rows.find(({repo}) => repo === 'h4')?.review).toMatchObject({state: 'rejected', why: 'wrong'});

  const markdown = await said('report', '--md', '-');
  expect(markdown).toContain('## Delivered after review');
  expect(markdown).toContain('`rejected (wrong): npm start does exist`');
  expect(await said('report', '--junit', '-')).toContain('tests="9" failures="0" errors="2" skipped="1"');
  expect(await said('history', 'h1')).toContain('held: "ci.yml": a protected path — delivered: branch');
  // What the run wrote is its own record.
  expect(readFileSync(run.resultsFile, 'utf8')).not.toContain('"review"');

  await using page = await openTestPage(stateDir);
  const tonight = (await (await page.ask('/api/tonight')).json()) as Tonight;
  expect(tonight).toMatchObject({toReview: 2, toDeliver: 2, failures: [], last: {held: 2}});
  const [row] = await openJob('h1');
  const view = (await (await page.ask(`/api/runs/${run.id}/jobs/${row}`)).json()) as JobView;
  expect(view.cause).toContain('Since then: delivered: branch orchestrator/x.');
  expect(view).not.toHaveProperty('next');

  async function openJob(repo: string): Promise<string[]> {
    const {rows: listed} = (await (await page.ask(`/api/runs/${run.id}/jobs`)).json()) as {
      rows: {id: string; repo: string}[];
    };
    return listed.filter(each => each.repo === repo).map(({id}) => id);
  }
});
