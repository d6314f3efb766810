import {expect, it} from 'vitest';
import {isJudgeFile, isTestFile} from './judge-files.ts';
import {scriptsOf} from './judge-scripts.ts';

it.each(
  `Makefile GNUmakefile build/rules.mk package.json web/package.json .npmrc jest.config.ts vitest.config.mts vitest.setup.ts vite.config.js
   .mocharc.yml .babelrc tsconfig.test.json conftest.py tests/conftest.py pytest.ini tox.ini setup.cfg pyproject.toml noxfile.py sitecustomize.py
   pytest.py unittest/__init__.py Cargo.toml .cargo/config.toml build.rs go.mod go.work node_modules/.bin/jest a.pth`.split(
    /\s+/,
  ),
)('%s judges', path => {
  expect(isJudgeFile(path)).toBe(true);
});

it.each(
  `test/a.js src/__tests__/a.ts a.test.ts a.spec.tsx a_test.go test_a.py tests/x.rs spec/a_spec.rb test.sh __snapshots__/a.snap`.split(
    /\s+/,
  ),
)('%s is a test', path => {
  expect(isTestFile(path) && isJudgeFile(path)).toBe(true);
});

it.each(
  'src/main.ts latest.ts contest.py attestation/a.go docs/testing.md README.md src/make.ts lib/package.ts'.split(/\s+/),
)('%s is what is judged', path => {
  expect(isJudgeFile(path)).toBe(false);
});

it.each<[string, string[]]>([
  ['sh t.sh', ['t.sh']],
  ['FOO=1 python3 -q ./tools/t.py --all && ./run', ['tools/t.py', 'run']],
  ['npm test', ['scripts/prepare.js', 't.sh']],
  ['make check', ['lint.sh', 't.sh']],
  ['pytest -q', []],
  ['npm run again', []],
])('%s runs the scripts %j', (command, expected) => {
  const manifest = JSON.stringify({
    scripts: {pretest: 'node scripts/prepare.js', test: 'sh t.sh | tee log', again: 'npm run again'},
  });
  const makefile = 'all: build\n\ncheck: lint\n\t@sh t.sh\nlint:\n\tsh lint.sh\nbuild:\n\tsh build.sh\n';
  expect(scriptsOf(command, {manifest, makefile})).toEqual(expected);
});
