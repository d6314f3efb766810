import {expect, it} from 'vitest';
import {missingTool} from './missing-tool.ts';

it.each([
  ['pytest -q', 127, '/bin/sh: 1: pytest: not found\n', 'pytest'],
  ['npm test', 127, '> a@1.0.0 test\n> jest\n\nsh: 1: jest: not found\n', 'jest'],
  ['./run', 127, 'bash: line 3: foo: command not found\n', 'foo'],
  ['./run', 127, "/usr/bin/env: 'python3': No such file or directory\n", 'python3'],
  [
    'make check',
    2,
    'pytest -q\nmake: pytest: No such file or directory\nmake: *** [Makefile:2: check] Error 127\n',
    'pytest',
  ],
  ['make check', 2, '/bin/sh: 1: pytest: not found\nmake: *** [Makefile:2: check] Error 127\n', 'pytest'],
  ['gone --all', 127, '', 'gone'],
  ['make check', 2, 'make: *** [Makefile:2: check] Error 1\n', undefined],
  ['grep x y', 2, 'grep: y: No such file or directory\n', undefined],
  ['npm test', 1, 'TypeError: foo: not found\n', undefined],
])('%s that ends with %i after %j misses %s', (command, exitCode, output, expected) => {
  expect(missingTool(command, exitCode, output)).toBe(expected);
});
