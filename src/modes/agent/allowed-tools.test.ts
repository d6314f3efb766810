import {describe, expect, it} from 'vitest';
import {readAllowedTools} from './allowed-tools.ts';

describe('commands', () => {
  it.each([
    ['Bash(git:*)', 'git status', true],
    ['Bash(git:*)', '  git\tversion', true],
    ['Bash(git:*)', 'gitx', false],
    ['Bash(git:*)', 'git status; id', false],
    ['Bash(git:*)', 'git status\nid', false],
    ['Bash(git:*)', 'git $(id)', false],
    ['Bash(git:*)', 'git "$HOME"', false],
    ['Bash(git:*)', 'git `id`', false],
    ['Bash(git:*)', 'git log > x', false],
    ['Bash(git:*)', 'git log & id', false],
    ['Bash(git:*)', '(git log)', false],
    ['Bash(git:*)', "git commit -m 'a; b $c'", true],
    ['Bash(git:*)', 'git commit -m "a; b"', true],
    ['Bash(git:*)', 'git commit -m "a', false],
    ['Bash(git:*)', 'X=1 git log', false],
    ['Bash(git:*)', 'g"i"t log', true],
    ['Bash(git:*)', 'git\\\n log', false],
    ['Bash(git status:*)', 'git -c alias.status=!id status', false],
    ['Bash(git status:*)', 'git status -s', true],
    ['Bash(git status:*)', 'git status', true],
    ['Bash(git *)', 'git log', true],
    ['Bash(npm test)', 'npm test', true],
    ['Bash(npm test)', 'npm test -- x', false],
    ['Bash(npm run test*)', 'npm run test:unit', true],
    ['Bash(npm run test*)', 'npm run build', false],
    ['Bash(npm run test:*)', 'npm run testevil', false],
    ['Bash', 'anything; at all', true],
    ['Bash(*)', 'anything; at all', true],
    ['run_command(make check)', 'make check', true],
  ])('%s allows %j: %s', (entry, command, expected) => {
    expect(readAllowedTools([entry]).commandProblem(command) === undefined).toBe(expected);
  });

  it('of several entries are allowed as each says', () => {
    const allowed = readAllowedTools(['Bash(git add:*)', 'Bash(git status:*)', 'Read']);
    expect(allowed.asksForCommands).toBe(true);
    expect(allowed.commandProblem('git add .')).toBeUndefined();
    expect(allowed.commandProblem('git push')).toBe('the skill allows only these commands: git add …, git status …');
  });
});

describe('paths', () => {
  it.each([
    ['Write(docs/**)', 'docs/a/b.md', true],
    ['Write(docs/**)', 'src/evil.js', false],
    ['Write(docs)', 'docs/a/b.md', true],
    ['Write(docs/)', 'docs/a.md', true],
    ['Write(./docs/*.md)', 'docs/a.md', true],
    ['Write(./docs/*.md)', 'docs/x/a.md', false],
    ['Write(*.md)', 'docs/x/a.md', true],
    ['Write(//etc/**)', 'etc/passwd', false],
    ['Write(~/x)', 'x', false],
    ['Write(**)', 'anything', true],
    ['Write', 'anything', true],
  ])('%s allows %s: %s', (entry, path, expected) => {
    const allowed = readAllowedTools([entry]);
    expect(allowed.allowsPath('write_file', path)).toBe(expected);
  });
});

it('knows which entries are no tools here, and which are those of MCP servers', () => {
  const allowed = readAllowedTools([
    'Read',
    'WebFetch',
    'mcp__tickets__find',
    'docs_search',
    'mcp__other__x',
    'Bash(ls)',
  ]);
  expect(allowed.unknown(['tickets', 'docs'])).toEqual(['WebFetch', 'mcp__other__x']);
  expect(allowed.allows('mcp__tickets__find')).toBe(true);
  expect(allowed.allows('mcp__docs__search')).toBe(true);
  expect(allowed.allows('mcp__docs__delete')).toBe(false);
  expect(allowed.allows('write_file')).toBe(false);
  expect(readAllowedTools(['mcp__docs']).allows('mcp__docs__delete')).toBe(true);
  expect(readAllowedTools(['*']).allows('write_file')).toBe(true);
});
