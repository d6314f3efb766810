import path from 'node:path';
import {expect, it} from 'vitest';
import {renderReport} from '../../src/cli/report-text.ts';
import type {ResultRow} from '../../src/report/results-schema.ts';
import {makeTemporaryDirectory} from '../../src/testing/temporary-fleet.ts';
import {runCli} from '../support/captured-io.ts';
import {type SeededJob, seedRun} from '../support/seed-run.ts';

const message =
  'scripts/run ended with exit code 3: cannot read the licence of the first file, src/services/payments/index.ts';
const repos = ['payments-service-of-the-northern-region', 'customer-notification-gateway-of-the-company'];
const night = repos.map((repo): SeededJob => ({repo, end: {failed: 'script-failed', message}}));

it.each(['failures', 'status', 'report'])('%s has whole words and whole names in 80 columns', async command => {
  await using home = await makeTemporaryDirectory();
  const run = await seedRun(path.join(home.path, '.orchestrator'), {jobs: night, exitCode: 1});
  const {out} = await runCli(home.path, [command], {outIsTerminal: true, size: () => ({columns: 80, rows: 24})});
  for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  const inOneLine = out.replaceAll(/\s+/g, ' ');
  expect(out).not.toContain('…');
  expect(inOneLine).toContain(`orchestrator retry ${command === 'report' ? '' : run.id}`);
  if (command !== 'failures') expect(inOneLine).toContain(message);
  expect(inOneLine).toContain('readme-generator/payments-service-of-the-northern-region');
  expect(inOneLine).toContain('Mend the script; the end of what it said stands in the message.');
});

it('a change of a hundred files takes no more room in the report than others', () => {
  const row = (repo: string, count: number): ResultRow => ({
    ...{run: 'r-1', task: 'T', skill: 's', repo, path: null, job: `s/${repo}`, status: 'success', outcome: 'changed'},
    ...{mode: 'script', model: null, output_file: 'x'},
    files: Array.from({length: count}, (_, index) => ({path: `src/module-${index}.ts`, added: 2, removed: 1})),
  });
  const binary = {...row('logo', 0), files: [{path: 'logo.png', added: 0, removed: 0}]};
  const report = renderReport([row('many', 100), row('few', 1), binary], {withNext: false});
  expect(report).toContain('s/few   src/module-0.ts +2 −1\n');
  expect(report).toContain('s/many  100 files +200 −100: src/module-0.ts, src/module-1.ts, src/module-2.ts, …\n');
  expect(report).toContain('s/logo  logo.png no lines\n');
  for (const line of report.split('\n')) expect(line.length).toBeLessThan(110);
});
