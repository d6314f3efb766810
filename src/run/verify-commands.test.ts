import {expect, it} from 'vitest';
import {findVerifyCommands} from './verify-commands.ts';

async function find(files: Readonly<Record<string, string>>): Promise<string[]> {
  const entries = new Map(Object.keys(files).map(path => [path, {kind: 'file' as const}]));
  return await findVerifyCommands(entries, path => Promise.resolve(files[path]));
}

it.each([
  [{'package.json': '{"scripts": {"test": "vitest"}}', Makefile: 'test:\n'}, ['npm test']],
  [{'package.json': '{"scripts": {"test": "echo \\"Error: no test specified\\" && exit 1"}}'}, []],
  [{'package.json': 'not json'}, []],
  [{'package.json': '{"scripts": {"test": 7}}'}, []],
  [{'pytest.ini': ''}, ['pytest']],
  [{'pyproject.toml': '', 'tests/test_a.py': ''}, ['pytest']],
  [{'pyproject.toml': '', 'a.py': ''}, []],
  [{'Cargo.toml': ''}, ['cargo test --offline']],
  [{'go.mod': '', 'a_test.go': ''}, ['go test ./...']],
  [{Makefile: 'build:\n\ncheck: build\n\techo\n'}, ['make check']],
  [{Makefile: 'test::\n'}, ['make test']],
  [{Makefile: 'test := 1\n'}, []],
  [{'package.json': '{"scripts": {"test": "x"}}', 'Cargo.toml': ''}, ['npm test', 'cargo test --offline']],
  [{'sub/package.json': '{"scripts": {"test": "x"}}'}, []],
])('finds in %j the commands %j', async (files, commands) => {
  expect(await find(files as Record<string, string>)).toEqual(commands);
});

it('does not read a manifest that is a link', async () => {
  const entries = new Map([['package.json', {kind: 'symlink' as const}]]);
  const read = (): Promise<string> => Promise.resolve('{"scripts": {"test": "x"}}');
  expect(await findVerifyCommands(entries, read)).toEqual([]);
});
