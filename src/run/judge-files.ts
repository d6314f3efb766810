import {compileGlob} from '../util/glob.ts';

/** By what the usual test runners and build tools are told what to do, wherever it lies. */
const settings = [
  '{package.json,.npmrc,.yarnrc.yml,deno.json,deno.jsonc,bunfig.toml,node.config.json}',
  '{jest,vitest,vite,ava,playwright,cypress,karma,wdio,babel,rspack,webpack}*.{config,conf,setup,workspace}.*',
  '{karma.conf.*,cypress.json,.taprc,.swcrc}',
  '.{mocharc,babelrc,nycrc,c8rc,jestrc,aiorc}*',
  'mocha.opts',
  'tsconfig*.json',
  '{conftest.py,pytest.ini,.pytest.ini,pytest.toml,.pytest.toml,tox.ini,tox.toml,setup.cfg,setup.py,pyproject.toml,noxfile.py}',
  '{sitecustomize,usercustomize,pytest,unittest}.py',
  '*.pth',
  '{Cargo.toml,build.rs,rust-toolchain,rust-toolchain.toml}',
  '.cargo/**',
  '{go.mod,go.work}',
  '{GNUmakefile,makefile,*.mk}',
  '**/{node_modules,unittest,pytest,_pytest}/**',
];

const tests = [
  '**/{test,tests,__tests__,spec,specs,testing,testdata,__snapshots__}/**',
  '*.{test,tests,spec,specs}.*',
  '{test,tests}.*',
  '{test,tests}{_,-}*',
  '*{_,-}{test,tests,spec}.*',
  '*.snap',
];

const isSetting = matcher(settings);
const isTest = matcher(tests);

/** Whether the file looks like a test, or like something that only tests have. */
export function isTestFile(path: string): boolean {
  return isTest(path);
}

/** Whether the file has a say in what a check finds, without being what is checked. */
export function isJudgeFile(path: string): boolean {
  return isSetting(path) || isTest(path);
}

function matcher(globs: readonly string[]): (path: string) => boolean {
  // Not every system tells `Makefile` from `makefile`.
  const compiled = globs.map(glob => compileGlob(glob, {anywhere: true, ignoreCase: true}));
  return path => compiled.some(({matches}) => matches(path));
}
