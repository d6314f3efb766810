#!/usr/bin/env node
// Plain JavaScript that any Node can parse, so that a Node that is too old is told in one line.
import {accessSync, constants, existsSync, readdirSync, readFileSync, statSync} from 'node:fs';
import module from 'node:module';
import {homedir} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

const root = new URL('..', import.meta.url);
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major > 22 || (major === 22 && minor >= 18)) {
  await start();
} else {
  const pinned = fileURLToPath(new URL('node_modules/node/bin/node', root));
  if (existsSync(pinned)) {
    const {spawn} = await import('node:child_process');
    const child = spawn(pinned, process.argv.slice(1), {stdio: 'inherit'});
    process.on('SIGTERM', () => child.kill('SIGTERM'));
    // From a terminal both get these two.
    process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
    process.on('SIGHUP', () => {});
    child.on('exit', (code, signal) => {
      process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 143);
    });
  } else {
    const {engines} = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
    process.stderr.write(
      `orchestrator needs Node ${engines.node}, this is ${process.versions.node}; install a current Node, or run npm ci in a checkout\n`,
    );
    process.exitCode = 2;
  }
}

async function start() {
  const args = process.argv.slice(2);
  if (executesJobs(args)) replaceWithSmallHeap(args[0] === 'worker' ? 32 : 4);
  module.enableCompileCache?.(cacheFolder());
  const source = new URL('src/cli/main.ts', root);
  const bundle = new URL('dist/bundle/main.cjs', root);
  const isCheckout = existsSync(source);
  if (isCheckout && !existsSync(new URL('node_modules/zod', root))) {
    process.stderr.write('orchestrator: dependencies are missing; run npm ci\n');
    process.exitCode = 2;
    return;
  }
  const {main} =
    isCheckout && !isUpToDate(bundle)
      ? await import(source.href)
      : module.createRequire(import.meta.url)(fileURLToPath(bundle));
  await main(args);
}

// In a checkout the bundle is used while no source is newer, so that an edit takes effect at once.
function isUpToDate(bundle) {
  try {
    const builtAt = statSync(bundle).mtimeMs;
    const isOlder = folder =>
      statSync(folder).mtimeMs < builtAt &&
      readdirSync(folder, {withFileTypes: true}).every(entry => {
        const inside = `${folder}/${entry.name}`;
        return entry.isDirectory() ? isOlder(inside) : statSync(inside).mtimeMs < builtAt;
      });
    return isOlder(fileURLToPath(new URL('src', root)));
  } catch {
    // Not built, or being built.
    return false;
  }
}

function executesJobs(args) {
  const [first = ''] = args;
  if (
    args.some(argument =>
      ['--help', '-h', '--version', '--list-repos', '--list-groups', '--list-skills'].includes(argument),
    )
  )
    return false;
  return first.startsWith('-') || ['run', 'resume', 'retry', 'demo', 'worker'].includes(first);
}

// A run makes short-lived text by the megabyte, and V8 lets the heap of a large machine grow to several times what is
// alive, and glibc keeps a heap for each thread. These bounds can only be given at the start, so the process starts itself
// once more: same pid, same streams. A machine that is a worker has nothing else to do, and gets more of what saves time.
function replaceWithSmallHeap(youngMb) {
  const mark = 'ORCHESTRATOR_HEAP_SET';
  const arenas = 'MALLOC_ARENA_MAX';
  const isSet = process.env[mark] !== undefined;
  // What is started from here on gets none of this.
  if (process.env[mark] === arenas) delete process.env[arenas];
  delete process.env[mark];
  if (isSet || typeof process.execve !== 'function' || process.platform === 'win32') return;
  // A heap so young is swept in a millisecond or two, and threads that help with it cost more than that.
  const flags = [`--max-semi-space-size=${youngMb}`, '--no-parallel-scavenge', '--max-old-space-size=1024'];
  process.execve(process.execPath, [process.execPath, ...flags, ...process.execArgv, ...process.argv.slice(1)], {
    [arenas]: '1',
    ...process.env,
    [mark]: process.env[arenas] === undefined ? arenas : 'heap',
  });
}

// Never the shared temporary folder: what is in a compile cache is executed. Beside the code when that is ours, so that every HOME shares it.
function cacheFolder() {
  const packages = fileURLToPath(new URL('node_modules', root));
  try {
    accessSync(packages, constants.W_OK);
    if (statSync(packages).uid === process.getuid?.()) return path.join(packages, '.cache', 'orchestrator');
  } catch {
    // Installed elsewhere, or by somebody else.
  }
  return path.join(process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache'), 'orchestrator');
}
