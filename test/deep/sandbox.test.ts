import {execFileSync, spawn} from 'node:child_process';
import {once} from 'node:events';
import {chownSync, mkdirSync, readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {describe, expect, it} from 'vitest';
import {makeTemporaryDirectory} from '../../src/testing/temporary-fleet.ts';
import {noSandbox, openSandboxRig, sandboxNeed} from '../support/sandbox-rig.ts';
import {seededRandom} from '../support/seeded-random.ts';

const isRoot = process.geteuid?.() === 0;
const seed = Math.floor(Math.random() * 2 ** 31);

describe.skipIf(noSandbox)(`commands that want too much${sandboxNeed}`, () => {
  it.each([
    ['a fork bomb', 'b() { b | b & }; b; sleep 60', {}],
    ['an endless loop', 'while :; do :; done', {timeoutMs: 2000}],
    ['endless output', 'cat /dev/zero', {}],
    ['a line of a gigabyte', 'head -c 1000000000 /dev/zero | tr "\\0" a', {}],
    ['5 million files in the repo', filesIn('/repo'), {}],
    ['5 million files in a temporary folder', filesIn('/tmp'), {}],
    ['a full disk', 'while :; do head -c 100000000 /dev/zero >> "$(date +%N)"; done', {limits: {diskBytes: 500e6}}],
    ['all memory', 'node -e "const a=[]; for(;;) a.push(Buffer.alloc(1e7,1))"', {limits: {memoryBytes: 500e6}}],
  ] as const)('are killed within 5 seconds of the limit: %s', async (name, command, options) => {
    await using rig = await openSandboxRig();
    const base = process.memoryUsage().rss;
    let peak = base;
    const timer = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage().rss);
    }, 20);
    const {end, durationMs} = await rig.run(command, {timeoutMs: 120_000, ...options});
    clearInterval(timer);
    console.log(`${name}: ${JSON.stringify(end)} after ${durationMs} ms, ${Math.round(peak / 1e6)} MB`);
    expect(end.kind === 'limit' || (end.kind === 'exited' && end.exitCode !== 0)).toBe(true);
    expect(peak).toBeLessThan(300e6);
    expect(liveProcesses('nobody-has-this-name')).toBe(0);
  });
});

describe.skipIf(noSandbox)(`kill -9 of the orchestrator${sandboxNeed}`, () => {
  it.each(isRoot ? ['root', 'an ordinary user'] : ['an ordinary user'])(
    'leaves nothing, 200 times, as %s',
    async who => {
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
      for (let trial = 0; trial < 200; trial++) {
        const mark = `7${String(process.pid % 1000).padStart(3, '0')}${String(trial).padStart(4, '0')}`;
        const [program = '', ...args] = [...as, process.execPath, script, mark, workspace];
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
        `seed ${seed}, ${who}: ${survivors} processes left after 200 kills, ${wereRunning} times commands ran`,
      );
      expect(wereRunning).toBeGreaterThan(100);
      expect(survivors).toBe(0);
      expect(mountsOfHost()).toEqual(mounts);
      expect(readdirSync(workspace)).toEqual([]);
      expect(readdirSync(scratch).length).toBeLessThanOrEqual(200);
    },
  );
});

describe.skipIf(noSandbox)(`a key of ours${sandboxNeed}`, () => {
  it('is found nowhere that a command can read', async () => {
    await using rig = await openSandboxRig();
    const canary = `sk-ant-canary-${Math.random().toString(36).slice(2)}`;
    process.env['ANTHROPIC_API_KEY'] = canary;
    try {
      // The pattern is put together inside, so that the search does not find itself.
      const [head, tail] = [canary.slice(0, 10), canary.slice(10)];
      const search = `p=${head}; p=$p${tail}; grep -rlF --devices=skip -e "$p" / --exclude-dir=usr 2>/dev/null | grep -v -e "^/proc/[^/]*/\\(task/[^/]*/\\)\\?\\(cmdline\\|environ\\)$"; for f in /proc/[0-9]*/environ; do tr "\\0" "\\n" < $f | grep -F "$p"; done; echo searched`;
      const {output} = await rig.run(search, {timeoutMs: 120_000});
      expect(output).toBe('searched\n');
    } finally {
      delete process.env['ANTHROPIC_API_KEY'];
    }
  });
});

function filesIn(folder: string): string {
  return `python3 -c "
import os
os.makedirs('${folder}/many'); os.chdir('${folder}/many')
for i in range(5000000): os.close(os.open(str(i), os.O_CREAT | os.O_WRONLY))"`;
}

/** How many processes of this machine have the mark in their command line. */
function liveProcesses(mark: string): number {
  const lines = execFileSync('ps', ['-eo', 'stat,args'], {encoding: 'utf8'}).split('\n');
  return lines.filter(line => line.includes(mark) && !line.startsWith('Z') && !line.includes('kill-sandbox.ts')).length;
}

function mountsOfHost(): string[] {
  return readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .filter(line => /orchestrator|\/mnt\/(?:repo|probe)/.test(line));
}
