import {execFile, execFileSync, spawn} from 'node:child_process';
import {once} from 'node:events';
import {chownSync, mkdirSync, readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import {describe, expect, it} from 'vitest';
import {makeTemporaryDirectory} from '../../src/testing/temporary-fleet.ts';
import {noSandbox, openSandboxRig, sandboxNeed} from '../support/sandbox-rig.ts';
import {seededRandom} from '../support/seeded-random.ts';

const isRoot = process.geteuid?.() === 0;
const execute = promisify(execFile);
const bomb = `
import os, time
said = False
while True:
    try: os.fork()
    except OSError:
        if not said: print('reached %f' % time.time(), flush=True)
        said = True`;
const seed = Math.floor(Math.random() * 2 ** 31);

/** Seconds since 1970, printed by the command when it reaches its limit. */
const reached = (text: string): number => Number(/reached (\d+\.\d+)/.exec(text)?.[1] ?? Number.NaN) * 1000;
const say = `printf 'reached %s\\n' "$(date +%s.%N)"`;

describe.skipIf(noSandbox)(`commands that want too much${sandboxNeed}`, () => {
  it.each([
    ['a fork bomb', `python3 -c "${bomb}"`, {}],
    ['an endless loop', `sleep 2; ${say}; while :; do :; done`, {timeoutMs: 2000}],
    ['endless output', `${say}; cat /dev/zero`, {}],
    ['a line of a gigabyte', `${say}; head -c 1000000000 /dev/zero | tr "\\0" a`, {}],
    ['5 million files in the repo', filesIn('/repo'), {}],
    ['5 million files in a temporary folder', filesIn('/tmp'), {}],
    [
      'a full disk',
      `while [ $(du -sm . | cut -f1) -lt 500 ]; do head -c 50000000 /dev/zero >> "$(date +%N)"; done; ${say}; cat /dev/zero > more`,
      {limits: {diskBytes: 500e6}},
    ],
    ['all memory', `${say}; node -e "const a=[]; for(;;) a.push(Buffer.alloc(1e7,1))"`, {limits: {memoryBytes: 500e6}}],
  ] as const)('are killed within 5 seconds of the limit: %s', async (name, command, options) => {
    await using rig = await openSandboxRig();
    let peak = process.memoryUsage().rss;
    const timer = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage().rss);
    }, 20);
    const {end, output, durationMs} = await rig.run(command, {timeoutMs: 240_000, ...options});
    const over = Date.now() - reached(output);
    clearInterval(timer);
    await execute('rm', ['-rf', rig.workspace]);
    console.log(
      `${name}: ${JSON.stringify(end)} after ${durationMs} ms, ${over} ms after the limit, ${Math.round(peak / 1e6)} MB`,
    );
    expect(end.kind === 'limit' || (end.kind === 'exited' && end.exitCode !== 0)).toBe(true);
    // The command may have been stopped in the middle of saying so.
    if (!Number.isNaN(over)) expect(over).toBeLessThan(5000);
    expect(peak).toBeLessThan(300e6);
  });
});

describe.skipIf(noSandbox)(`kill -9 of the orchestrator${sandboxNeed}`, () => {
  const users = isRoot ? ['root', 'an ordinary user'] : ['an ordinary user'];
  it.each(
    users.flatMap(
      who =>
        [
          [200, who, ''],
          [60, who, ', with named hosts'],
        ] as const,
    ),
  )('leaves nothing, %d times, as %s%s', async (trials, who, hosts) => {
    await using temporary = await makeTemporaryDirectory();
    const random = seededRandom(seed);
    const mounts = mountsOfHost();
    const owner = who === 'root' ? 65_530 : isRoot ? 1000 : undefined;
    const workspace = path.join(temporary.path, 'workspace');
    const scratch = path.join(temporary.path, 'scratch');
    for (const folder of [workspace, scratch]) mkdirSync(folder);
    if (isRoot) {
      for (const folder of [temporary.path, workspace]) chownSync(folder, owner!, owner!);
      chownSync(scratch, who === 'root' ? 0 : 1000, 0);
    }
    const script = fileURLToPath(new URL('../support/kill-sandbox.ts', import.meta.url));
    const as = isRoot && who !== 'root' ? ['setpriv', '--reuid', '1000', '--regid', '1000', '--clear-groups'] : [];
    let survivors = 0;
    let wereRunning = 0;
    for (let trial = 0; trial < trials; trial++) {
      const mark = `7${String(process.pid % 1000).padStart(3, '0')}${String(trial).padStart(4, '0')}`;
      // Its proxy is found by the mark too.
      const named = hosts === '' ? [] : [`m${mark}.example`];
      const [program = '', ...args] = [...as, process.execPath, script, mark, workspace, '', ...named];
      const child = spawn(program, args, {
        env: {PATH: process.env['PATH'], TMPDIR: scratch, HOME: scratch},
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await once(child.stdout, 'data');
      await sleep(random() * 500);
      if (liveProcesses(mark) > 1) wereRunning++;
      child.kill('SIGKILL');
      await once(child, 'exit');
      await sleep(1000);
      survivors += liveProcesses(mark);
    }
    console.log(
      `seed ${seed}, ${who}: ${survivors} processes left after ${trials} kills${hosts}, ${wereRunning} times commands ran`,
    );
    expect(wereRunning).toBeGreaterThan(trials / 5);
    expect(survivors).toBe(0);
    expect(mountsOfHost()).toEqual(mounts);
    expect(readdirSync(workspace)).toEqual([]);
    expect(readdirSync(scratch).length).toBeLessThanOrEqual(200);
  });
});

describe.skipIf(noSandbox)(`a key of ours${sandboxNeed}`, () => {
  it('is found nowhere that a command can read', async () => {
    await using rig = await openSandboxRig();
    const canary = `sk-ant-canary-${Math.random().toString(36).slice(2)}`;
    process.env['ANTHROPIC_API_KEY'] = canary;
    try {
      // The pattern is put together inside, so that the search does not find itself.
      const [head, tail] = [canary.slice(0, 10), canary.slice(10)];
      const search = `p=${head}; p="$p"${tail}; echo "$p" > control; grep -rlF --devices=skip --exclude=pagemap --exclude=kmsg --exclude="kpage*" --exclude=trace_pipe --exclude-dir=map_files -e "$p" / --exclude-dir=usr 2>/dev/null | grep -v -e "^/proc/[^/]*/\\(task/[^/]*/\\)\\?\\(cmdline\\|environ\\)$"; for f in /proc/[0-9]*/environ; do tr "\\0" "\\n" < $f | grep -F "$p"; done; echo searched`;
      const {output} = await rig.run(search, {timeoutMs: 120_000});
      expect(output).toBe('/repo/control\nsearched\n');
    } finally {
      delete process.env['ANTHROPIC_API_KEY'];
    }
  });
});

function filesIn(folder: string): string {
  return `python3 -c "
import os, time
os.makedirs('${folder}/many'); os.chdir('${folder}/many')
for i in range(5000000):
    os.close(os.open(str(i), os.O_CREAT | os.O_WRONLY))
    if i == 300000: print('reached %f' % time.time(), flush=True)"`;
}

/** How many processes of this machine have the mark in their command line. */
function liveProcesses(mark: string): number {
  const lines = execFileSync('ps', ['-eo', 'stat,args'], {encoding: 'utf8'}).split('\n');
  return lines.filter(line => line.includes(mark) && !line.startsWith('Z') && !line.includes('kill-sandbox.ts')).length;
}

function mountsOfHost(): string[] {
  return readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .filter(line => /orchestrator/.test(line));
}
