import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import {afterAll, expect, it} from 'vitest';
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

const values = [
  '"yes"',
  'true',
  'null',
  '7',
  '-1',
  '1e999',
  '[]',
  '{}',
  '[[["a"]]]',
  '""',
  '"\u0000"',
  '{"__proto__": 1}',
  `"${'x'.repeat(9000)}"`,
];
const keys = ['"paralel"', '"__proto__"', '"constructor"', '"toString"', '""', '"grup"', '"\\ud800"'];

/** One change to a text; `at` between 0 and 1 says where. */
const mutation = fc.record({
  kind: fc.constantFrom('rename', 'retype', 'drop-line', 'double-line', 'truncate', 'insert', 'swap', 'delete'),
  at: fc.double({min: 0, max: 1, noNaN: true}),
  value: fc.constantFrom(...values),
  key: fc.constantFrom(...keys),
  noise: fc.string({unit: 'binary', minLength: 1, maxLength: 8}),
});

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

function mutate(
  text: string,
  {kind, at, value, key, noise}: {kind: string; at: number; value: string; key: string; noise: string},
): string {
  const offset = Math.floor(at * text.length);
  const lines = text.split('\n');
  const line = Math.floor(at * (lines.length - 1));
  switch (kind) {
    case 'rename':
      return replaceAfter(text, offset, /"\w+"(?=:)/, key);
    case 'retype':
      return replaceAfter(text, offset, /(?<=: )(?:"[^"]*"|true|false|\d+|\[[^\]]*\])/, value);
    case 'drop-line':
      return lines.toSpliced(line, 1).join('\n');
    case 'double-line':
      return lines.toSpliced(line, 0, lines[line] ?? '').join('\n');
    case 'truncate':
      return text.slice(0, offset);
    case 'insert':
      return text.slice(0, offset) + noise + text.slice(offset);
    case 'swap':
      return text.slice(offset) + text.slice(0, offset);
    default:
      return text.slice(0, offset) + text.slice(offset + noise.length);
  }
}

function replaceAfter(text: string, offset: number, pattern: RegExp, replacement: string): string {
  return text.slice(0, offset) + text.slice(offset).replace(pattern, () => replacement);
}
