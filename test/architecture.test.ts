import {readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {expect, it} from 'vitest';

/** From top to bottom; an import leads to a lower line, or stays in its room. Rooms of one line do not know each other. */
const layers = [
  ['index.ts'],
  ['cli', 'web'],
  ['orchestrator'],
  ['dispatch'],
  ['run'],
  ['modes', 'delivery'],
  ['fleet', 'skills', 'context', 'models', 'workspace', 'sandbox', 'ledger', 'report', 'config'],
  ['domain'],
  ['util'],
];

/** What points up all the same, and why. */
const exceptions: Readonly<Record<string, string>> = {
  'run/run-jobs.ts → dispatch/dispatcher.ts': 'the port by which a run hands its jobs out; the adapters stay above it',
  'cli/commands/serve.ts → web/server.ts': 'the command that opens the page',
};

/** Named by the composition root and their own room only; everybody else knows the port. */
const adapters = [
  'ledger/sqlite.ts',
  'ledger/sql-ledger.ts',
  'ledger/postgres.ts',
  'ledger/sql-shared-ledger.ts',
  'dispatch/local.ts',
  'dispatch/limits.ts',
  'dispatch/shared-limits.ts',
  'dispatch/postgres-queue.ts',
  'delivery/files.ts',
  'delivery/branch.ts',
  'delivery/patch.ts',
  'delivery/pull-request.ts',
  'delivery/github.ts',
  'delivery/gitlab.ts',
  'modes/simple.ts',
  'modes/script.ts',
  'sandbox/bubblewrap.ts',
  'sandbox/external.ts',
  'models/ai-sdk-model.ts',
  'models/offline-model.ts',
  'workspace/object-store.ts',
];

const src = path.resolve(import.meta.dirname, '../src');
const files = readdirSync(src, {recursive: true, encoding: 'utf8'})
  .filter(file => file.endsWith('.ts') && !file.endsWith('.test.ts'))
  .map(file => ({file, room: roomOf(file), text: readFileSync(path.join(src, file), 'utf8')}));
const imports = files.flatMap(({file, room, text}) =>
  [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'(\.[^']+)'/g)].map(([, target]) => {
    const to = path.join(path.dirname(file), target!);
    return {file, room, to, toRoom: roomOf(to), arrow: `${file} → ${to}`};
  }),
);
// The doubles have rules of their own.
const ofProduct = imports.filter(({room, toRoom}) => room !== 'testing' && toRoom !== 'testing' && room !== toRoom);

it('knows every room', () => {
  const known = new Set([...layers.flat(), 'testing']);
  expect([...new Set(files.map(({room}) => room))].filter(room => !known.has(room))).toEqual([]);
  expect(imports.length).toBeGreaterThan(300);
});

it('points down only, and never sideways', () => {
  const wrong = ofProduct.filter(({room, toRoom}) => layerOf(toRoom) <= layerOf(room)).map(({arrow}) => arrow);
  expect(wrong).toEqual(Object.keys(exceptions));
});

it('names adapters in the composition root only', () => {
  const wrong = ofProduct
    .filter(({file, to}) => adapters.includes(to) && !file.startsWith('orchestrator/'))
    .map(({arrow}) => arrow);
  expect(wrong).toEqual([]);
  const known = new Set(files.map(({file}) => file));
  expect(adapters.filter(adapter => !known.has(adapter))).toEqual([]);
});

it('keeps doubles out of the product, and the command line out of the doubles', () => {
  const users = imports.filter(({room, toRoom}) => toRoom === 'testing' && room !== 'testing' && room !== 'index.ts');
  const reachesUp = imports.filter(({room, toRoom}) => room === 'testing' && toRoom === 'cli');
  expect([...users, ...reachesUp].map(({arrow}) => arrow)).toEqual([]);
});

it('has named exports, and barrels only where they are the public interface', () => {
  const defaults = files.filter(({text}) => /^export default\b|^export \{[^}]*\bas default\b/m.test(text));
  const barrels = files.filter(
    ({file, text}) => path.basename(file) !== 'index.ts' && /^export (?:\*|\{[^}]*\} from)/m.test(text),
  );
  expect([...defaults, ...barrels].map(({file}) => file)).toEqual([]);
});

function roomOf(file: string): string {
  return file.split('/')[0]!;
}

function layerOf(room: string): number {
  return layers.findIndex(layer => layer.includes(room));
}

it('is written in what Node 22 runs unbuilt', () => {
  const wrong = files.filter(({room, text}) => room !== 'testing' && /^\s*(?:await )?using \w+ =/m.test(text));
  expect(wrong.map(({file}) => file)).toEqual([]);
});
