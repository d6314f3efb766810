import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import {afterAll, expect, it} from 'vitest';
import {mutate, mutation} from '../../test/support/mutate-configuration.ts';
import {parseModelsFile} from '../config/models-file.ts';
import {parseTaskConfiguration} from '../config/task-configuration.ts';
import {formatProblem, type Problem} from '../domain/problem.ts';
import {loadFleet} from '../fleet/load-fleet.ts';

const root = path.resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(path.join(tmpdir(), 'mutated-'));
afterAll(() => rmSync(folder, {recursive: true, force: true}));

const fleetText = `{
  "repositories": [
    {"name": "api", "path": "~/api", "url": "https://x.test/api.git", "tags": ["a", "b"]},
    {"name": "web", "path": "~/web", "github": null, "branch": "main", "active": false}
  ],
  "groups": {"production": ["api", "web"]},
  "sources": []
}`;
const texts = [
  'tasks.example.json',
  'overnight.json',
  'quick.json',
  'production.json',
  'models.json',
  'repos.json',
].map(file => ({
  file,
  text: file === 'repos.json' ? fleetText : readFileSync(path.join(root, 'config', file), 'utf8'),
}));

it('answers 2,000 mutated configurations with problems that have a place, never with an exception', () => {
  let refused = 0;
  fc.assert(
    fc.property(
      fc.constantFrom(...texts),
      fc.array(mutation, {minLength: 1, maxLength: 4}),
      ({file, text}, mutations) => {
        const mutated = mutations.reduce(mutate, text);
        const problems = problemsOf(file, mutated);
        if (problems.length > 0) refused++;
        for (const problem of problems) {
          expect(formatProblem(problem)).toMatch(/^[\w.]+:\d+:\d+ /);
          expect(problem.line).toBeLessThanOrEqual(mutated.split(/\r\n|\r|\n/).length);
          expect(problem.message).not.toMatch(/Invalid|undefined|\[object|\n/);
        }
      },
    ),
    {numRuns: 2000, seed: 20251201},
  );
  expect(refused).toBeGreaterThan(1200);
});

function problemsOf(file: string, text: string): readonly Problem[] {
  if (file === 'models.json') return parseModelsFile(text, file).problems;
  if (file !== 'repos.json') return parseTaskConfiguration(text, file).problems;
  const saved = path.join(folder, file);
  writeFileSync(saved, text);
  return loadFleet(saved, {home: '/home/ann', env: {}, label: file}).problems;
}
