// Runs one of the project's commands after setting up what it needs. Plain JavaScript: it also starts on Node 20.
import {spawnSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const [command, ...rest] = process.argv.slice(2);

/** Debian packages by the program that shows that they are there. */
const testPrograms = {bwrap: 'bubblewrap', chromium: 'chromium', rg: 'ripgrep'};

installGit();
installPackages();
const node = pinnedNode();
const bin = path.join(root, 'node_modules/.bin');
const environment = {...process.env, PATH: [path.dirname(node), bin, process.env.PATH].join(path.delimiter)};

const commands = {
  demo: () => run(node, [path.join(root, 'bin/orchestrator.js'), 'demo', ...rest], {cwd: process.env.INIT_CWD ?? root}),
  test: () => test({}),
  'test:deep': () => test({ORCHESTRATOR_TEST_DEEP: '1'}),
  check: () => check(),
  bench: () => run(node, [path.join(root, 'bench/run.ts'), ...rest]),
};
if (!(command in commands)) {
  console.error(`unknown command ${command}; one of ${Object.keys(commands).join(', ')}`);
  process.exit(2);
}
process.exitCode = commands[command]();

function check() {
  const steps = [
    ['biome', ['check', '.']],
    ['tsc', ['-p', 'tsconfig.json']],
    ['tsc', ['-p', 'src/web/page']],
    ['knip', []],
    [node, ['scripts/generate.ts', '--check']],
    ['vitest', ['run', 'test/architecture.test.ts', '--reporter=dot']],
  ];
  for (const [program, args] of steps) {
    const status = run(program, args);
    if (status !== 0) return status;
  }
  return 0;
}

function test(extra) {
  installTestPrograms();
  const folder = mkdtempSync(path.join(tmpdir(), 'orchestrator-vitest-'));
  const report = path.join(folder, 'report.json');
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    const status = run(node, [path.join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...reporters, ...rest], {
      env: {...environment, ...extra},
    });
    if (existsSync(report)) {
      const {numPassedTests, numFailedTests, numPendingTests} = JSON.parse(readFileSync(report, 'utf8'));
      console.log(`${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests} skipped`);
    }
    return status;
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
}

function run(program, args, options = {}) {
  const {status, error} = spawnSync(program, args, {cwd: root, env: environment, stdio: 'inherit', ...options});
  if (error) console.error(`${program}: ${error.message}`);
  return status ?? 1;
}

function installPackages() {
  const lock = createHash('sha256')
    .update(readFileSync(path.join(root, 'package-lock.json')))
    .digest('hex');
  const marker = path.join(root, 'node_modules/.orchestrator-setup');
  if (existsSync(marker) && readFileSync(marker, 'utf8') === lock) return;
  console.error('Installing packages (npm ci) …');
  const npm = process.env.npm_execpath;
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  const {status} = npm?.endsWith('.js')
    ? spawnSync(process.execPath, [npm, ...args], {cwd: root, stdio: ['ignore', 2, 2]})
    : spawnSync('npm', args, {cwd: root, stdio: ['ignore', 2, 2]});
  if (status !== 0) {
    console.error('npm ci failed; check the network or the registry settings of npm, then try again');
    process.exit(2);
  }
  writeFileSync(marker, lock);
}

function pinnedNode() {
  const pinned = path.join(root, 'node_modules/node/bin/node');
  if (existsSync(pinned)) return pinned;
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 18)) return process.execPath;
  console.error(
    `The pinned Node was not installed (are install scripts off?) and Node ${process.versions.node} is too old; run npm rebuild node, or install Node 24`,
  );
  process.exit(2);
}

function installGit() {
  if (has('git')) return;
  installDebianPackages(['git']);
  if (has('git')) return;
  console.error('git is missing; install it, for example: apt-get install git');
  process.exit(2);
}

/** Where they cannot be installed, the tests that need them are skipped and say so. */
function installTestPrograms() {
  const missing = Object.keys(testPrograms).filter(program => !has(program));
  if (missing.length === 0) return;
  installDebianPackages(missing.map(program => testPrograms[program]));
  const still = missing.filter(program => !has(program)).map(program => testPrograms[program]);
  if (still.length > 0)
    console.error(`Tests that need ${still.join(', ')} are skipped; fix: apt-get install -y ${still.join(' ')}`);
}

function has(program) {
  return spawnSync(program, ['--version'], {stdio: 'ignore'}).status === 0;
}

function installDebianPackages(packages) {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return;
  console.error(`Installing ${packages.join(', ')} (apt-get) …`);
  const options = {stdio: ['ignore', 2, 2], env: {...process.env, DEBIAN_FRONTEND: 'noninteractive'}};
  spawnSync('apt-get', ['update', '-qq'], options);
  spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], options);
}
