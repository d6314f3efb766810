import {execFileSync, spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import {text} from 'node:stream/consumers';
import {setTimeout} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {describe, expect, it} from 'vitest';
import {noSandbox, openSandboxRig, sandboxNeed} from '../../test/support/sandbox-rig.ts';
import {turnInit} from '../../test/support/turn-init.ts';
import {defaultSandboxLimits, defaultSandboxSettings} from '../domain/sandbox.ts';
import {makeTemporaryDirectory} from '../testing/temporary-fleet.ts';
import {openSandbox} from './open-sandbox.ts';
import {brokenThrough, type ProbeReport, probeSandbox} from './probe-sandbox.ts';

const isRoot = process.geteuid?.() === 0;
const [readCall, mmapCall] = process.arch === 'x64' ? [0, 9] : [63, 222];

/** Fills 900 MB of it in pieces, lets go of each in a way of its own, and waits. In Perl. */
const sharedMemory = (letGo: string): string => `
  open(my $zeros, "<", "/dev/zero");
  my $size = 1 << 23;
  for (1..110) {
    my $at = syscall(${mmapCall}, 0, $size, 3, 33, -1, 0);
    syscall(${readCall}, fileno($zeros), $at + 0, $size) == $size or die "$!";
    ${process.arch === 'x64' ? letGo : letGo.replace('(28', '(233').replace('(11', '(215')};
    select(undef, undef, undef, 0.01);
  }
  sleep 8;`;

/** Fills the buffers of as many sockets as there may be. */
const socketBuffers = `
  use Socket; use IO::Handle;
  my @open;
  for (1..6000) {
    socketpair(my $one, my $other, AF_UNIX, SOCK_STREAM, 0) or last;
    $one->blocking(0);
    setsockopt($one, SOL_SOCKET, SO_SNDBUF, pack("i", 1 << 20));
    1 while syswrite($one, "x" x 65536);
    push @open, $one, $other;
  }
  sleep 8;`;

/** Starts an orchestrator that runs commands, and kills it when some time has passed. */
async function killOrchestrator(args: readonly string[], delayMs: number): Promise<number> {
  const script = fileURLToPath(new URL('../../test/support/kill-sandbox.ts', import.meta.url));
  const child = spawn(process.execPath, [script, ...args], {stdio: ['ignore', 'pipe', 'inherit']});
  await once(child.stdout, 'data');
  await setTimeout(delayMs);
  child.kill('SIGKILL');
  await once(child, 'exit');
  return child.pid!;
}

function runningWith(mark: string): string[] {
  const lines = execFileSync('ps', ['-eo', 'stat,args'], {encoding: 'utf8'}).split('\n');
  return lines.filter(line => line.endsWith(`sleep ${mark}`) && !line.startsWith('Z'));
}

/** Control groups that a process made and that are still there. */
function groupsOf(pid: number): string[] {
  const {stdout} = spawnSync('find', ['/sys/fs/cgroup', '-name', `orchestrator-${pid}-*`], {encoding: 'utf8'});
  return stdout.split('\n').filter(Boolean);
}

describe.skipIf(noSandbox)(`commands in the sandbox${sandboxNeed}`, () => {
  it('work in the workspace, and their end and what they said come back', async () => {
    await using rig = await openSandboxRig();
    const {end, output} = await rig.run('pwd; echo new > file; echo said > /dev/stderr; exit 3');
    expect(end).toEqual({kind: 'exited', exitCode: 3});
    expect(output).toBe('/repo\nsaid\n');
    expect(readFileSync(path.join(rig.workspace, 'file'), 'utf8')).toBe('new\n');
  });

  it('find Node, a home and a temporary folder, and nothing of our environment', async () => {
    await using rig = await openSandboxRig();
    const {output} = await rig.run('node --version; touch "$HOME/x" "$TMPDIR/y" && env | sort', {
      env: {ORCHESTRATOR_TASK: 'a task'},
    });
    expect(output.split('\n')[0]).toBe(process.version);
    const names = output.split('\n').flatMap(line => /^(\w+)=/.exec(line)?.[1] ?? []);
    expect(names).toEqual(
      [
        ...['CI', 'HOME', 'LANG', 'LOGNAME', 'ORCHESTRATOR_TASK', 'PATH', 'PWD', 'SHELL', 'TERM', 'TMPDIR', 'USER'],
        'npm_config_update_notifier',
      ].sort(),
    );
  });

  it('see folders that they are given, and can write only where they may', async () => {
    await using rig = await openSandboxRig();
    const skill = path.join(rig.directory, 'skill');
    const tools = path.join(rig.directory, 'tools/bin');
    mkdirSync(skill);
    mkdirSync(tools, {recursive: true});
    writeFileSync(path.join(skill, 'note'), 'hello\n');
    writeFileSync(path.join(tools, 'greet'), '#!/bin/sh\necho greetings\n', {mode: 0o755});
    await using withTools = await openSandboxRig({tools: [path.join(rig.directory, 'tools')]});
    const mounts = [{source: skill, at: '/skill', writable: false}];
    const {output} = await withTools.run('cat /skill/note; greet; echo x > /skill/other || echo refused', {mounts});
    expect(output).toContain('hello\ngreetings\n');
    expect(output).toContain('refused');
    expect(existsSync(path.join(skill, 'other'))).toBe(false);
  });

  it.skipIf(!isRoot)('see folders from wherever root keeps them', async () => {
    await using rig = await openSandboxRig();
    const places = ['/mnt', '/media', '/srv', '/opt', '/run', '/tmp', '/root'].filter(place => existsSync(place));
    const folders = places.map(place => mkdtempSync(`${place}/orchestrator-test-`));
    try {
      for (const folder of folders) writeFileSync(`${folder}/note`, `from ${path.dirname(folder)}\n`, {mode: 0o644});
      const mounts = folders.map((source, index) => ({source, at: `/skill/${index}`, writable: false}));
      for (const folder of folders) chmodSync(folder, 0o755);
      const {output} = await rig.run('cat /skill/*/note', {mounts});
      expect(output.trim().split('\n')).toEqual(places.map(place => `from ${place}`));
      chownSync(folders[0]!, rig.sandbox.owner!.uid, rig.sandbox.owner!.gid);
      expect((await rig.run('cat note', {workspace: folders[0]!})).output).toBe(`from ${places[0]}\n`);
    } finally {
      for (const folder of folders) rmSync(folder, {recursive: true});
    }
  });

  it('that lock the workspace find it open again', async () => {
    await using rig = await openSandboxRig();
    for (const mode of ['000', '100', '555']) {
      expect((await rig.run(`echo > made && chmod ${mode} /repo`)).end).toEqual({kind: 'exited', exitCode: 0});
      expect(statSync(rig.workspace).mode & 0o700).toBe(0o700);
    }
  });

  it.each([
    ['time', 'sleep 30', {timeoutMs: 300}],
    ['output', 'yes', {limits: {outputBytes: 1_000_000}}],
    [
      'memory',
      'node -e "const all=[]; for(;;) all.push(Buffer.alloc(1e7,1))"',
      {limits: {memoryBytes: 150 * 1024 ** 2}},
    ],
    ['processes', 'for a in $(seq 60); do sleep 30 & done; wait', {limits: {processes: 64}}],
    ['files', 'for a in $(seq 400); do : > /tmp/$a; done; sleep 30', {limits: {files: 300}}],
    [
      'disk',
      'for a in 1 2 3 4 5 6 7 8; do head -c 15000000 /dev/zero > $a; done; sleep 30',
      {limits: {diskBytes: 2e7}},
    ],
  ] as const)('are stopped at the limit of %s', async (limit, command, options) => {
    await using rig = await openSandboxRig();
    const {end, durationMs} = await rig.run(command, options as object);
    // A process that asks the kernel for more than it may have can also end by itself.
    if (limit === 'memory' && end.kind === 'exited') expect(end.exitCode).not.toBe(0);
    else expect(end).toEqual({kind: 'limit', limit});
    expect(durationMs).toBeLessThan(8000);
  });

  it.each([
    ['files that have no name any more', 'open, unlink', ''],
    ['files that only another process has open', 'open, unlink', ' & sleep 30'],
    ['a folder whose name is no text', 'folder', ''],
    ['a mount beside the workspace', 'outbox', ''],
  ])('are stopped at the limit of disk when they write to %s', async (_, way, more) => {
    await using rig = await openSandboxRig();
    const outbox = path.join(rig.directory, 'outbox');
    mkdirSync(outbox);
    if (rig.sandbox.owner !== undefined) chownSync(outbox, rig.sandbox.owner.uid, rig.sandbox.owner.gid);
    const script = `const {mkdirSync, openSync, unlinkSync, writeSync} = require('node:fs');
      const folder = Buffer.from({outbox: '/outbox/', folder: '/repo/\\xff\\xfe/'}['${way}'] ?? '/repo/', 'latin1');
      mkdirSync(folder, {recursive: true});
      for (let file = 0; file < 8; file++) {
        const name = Buffer.concat([folder, Buffer.from('f' + file)]);
        const descriptor = openSync(name, 'w');
        if ('${way}' === 'open, unlink') unlinkSync(name);
        writeSync(descriptor, Buffer.alloc(15_000_000, 1));
      }
      setTimeout(() => {}, 30_000);`;
    const {end} = await rig.run(`node -e "${script}"${more}`, {
      limits: {diskBytes: 2e7},
      mounts: [{source: outbox, at: '/outbox', writable: true}],
      timeoutMs: 8000,
    });
    expect(end).toEqual({kind: 'limit', limit: 'disk'});
  });

  describe.each([
    ['', {}],
    [', without control groups', {findGroups: async () => undefined}],
  ])('are stopped at the limit of memory%s', (_, machine) => {
    it.each([
      ['shared memory that was let go of', sharedMemory('syscall(28, $at, $size, 4)')],
      ['shared memory of which little is mapped any more', sharedMemory('syscall(11, $at + 4096, $size - 4096)')],
      ['buffers of sockets', socketBuffers],
      // Without groups it is seen in what the machine has left, which others may give back in the same moment.
    ])('when they hide it in %s', {retry: 2}, async (__, script) => {
      await using rig = await openSandboxRig({}, machine);
      const limits = {memoryBytes: 300 * 1024 ** 2};
      const {end, output} = await rig.run(`perl -e '${script}'`, {limits, timeoutMs: 20_000});
      // What the shell says when the kernel was faster than we.
      expect(output.replace('Killed\n', '')).toBe('');
      expect(end).toEqual({kind: 'limit', limit: 'memory'});
    });
  });

  it('are not stopped for what others write to the same disk', async () => {
    await using rig = await openSandboxRig();
    const running = rig.run(
      'exec 9>held; rm held; echo some >&9; for a in 1 2 3 4 5 6 7 8; do sleep 0.2; done; echo well',
      {
        limits: {diskBytes: 2e7},
      },
    );
    for (let file = 0; file < 6; file++) {
      await setTimeout(200);
      writeFileSync(path.join(rig.directory, `other${file}`), Buffer.alloc(15_000_000, 1));
    }
    expect(await running).toMatchObject({end: {kind: 'exited', exitCode: 0}, output: 'well\n'});
  });

  it('leave nothing running, however they hide', async () => {
    await using rig = await openSandboxRig();
    const mark = `${process.pid}${Date.now()}`.slice(-9);
    await rig.run(`setsid sleep 1${mark} & (setsid nohup sleep 1${mark} &) ; sleep 0.1; echo done`);
    await expect.poll(() => groupsOf(process.pid), {timeout: 3000}).toEqual([]);
    expect(execFileSync('ps', ['-eo', 'args'], {encoding: 'utf8'})).not.toContain(`sleep 1${mark}`);
  });

  it('are gone a second after kill -9 of the orchestrator', async () => {
    await using rig = await openSandboxRig();
    for (const delayMs of [60, 130, 200]) {
      const mark = `8${process.pid % 10_000}${delayMs}`;
      const killed = await killOrchestrator([mark, rig.workspace], delayMs);
      await setTimeout(1000);
      // Killed before there was a guard, it leaves an empty group to the next start.
      await using next = await openSandboxRig();
      await next.run('true');
      await expect.poll(() => groupsOf(killed), {timeout: 3000}).toEqual([]);
      expect(execFileSync('ps', ['-eo', 'args'], {encoding: 'utf8'})).not.toContain(mark);
    }
  });

  describe.skipIf(process.arch !== 'x64')('that turn process 1 of their sandbox against us', () => {
    it.each(['memory', 'trace'] as const)('by its %s leave nothing running', async way => {
      await using rig = await openSandboxRig();
      const marks = [1, 2, 3, 4].map(number => `9${process.pid % 10_000}${number}${way.length}`);
      const [atEnd, atLimit, atAbort, atKill] = marks.map(mark => turnInit(way, mark)) as [string, ...string[]];
      const {output} = await rig.run(`${atEnd}; sleep 0.2`);
      // Otherwise nothing was tried.
      expect(output).toContain('turned');
      await rig.run(`${atLimit}; sleep 30`, {timeoutMs: 1500});
      const stop = new AbortController();
      setTimeout(1500).then(() => stop.abort());
      await rig.run(`${atAbort}; sleep 30`, {signal: stop.signal});
      await killOrchestrator([marks[3]!, rig.workspace, `${atKill}; sleep 30`], 1500);
      await setTimeout(1000);
      const left = execFileSync('ps', ['-eo', 'args'], {encoding: 'utf8'}).split('\n');
      expect(left.filter(line => marks.some(mark => line.includes(`sleep ${mark}`)))).toEqual([]);
    });
  });

  it.each(['strong', 'external'])('get no file that we were started with ourselves: %s', async tier => {
    await using rig = await openSandboxRig();
    const file = path.join(rig.directory, 'secret');
    writeFileSync(file, 'a secret\n', {mode: 0o644});
    const secret = openSync(file, 'r');
    // 20 and 300, as a shell hands them on.
    const stdio = Array.from({length: 301}, (_, number) =>
      number === 20 || number === 300 ? secret : number === 1 ? ('pipe' as const) : ('ignore' as const),
    );
    const script = fileURLToPath(new URL('../../test/support/run-here.ts', import.meta.url));
    const look = 'for f in /proc/$$/fd/*; do readlink "$f"; done';
    const child = spawn(process.execPath, [script, tier, rig.workspace, look], {stdio});
    const said = await text(child.stdout!);
    closeSync(secret);
    const known = /^(?:\/dev\/null|\S*\/output \(deleted\))$/;
    expect(
      said
        .trim()
        .split('\n')
        .filter(line => !known.test(line)),
    ).toEqual([]);
  });

  it('end with the signal that ends their job', async () => {
    await using rig = await openSandboxRig();
    const stop = new AbortController();
    const running = rig.run('sleep 30', {signal: stop.signal});
    await setTimeout(200);
    stop.abort();
    expect((await running).end).toEqual({kind: 'aborted'});
  });

  it('keep head and tail of what they said', async () => {
    await using rig = await openSandboxRig();
    const {output} = await rig.run('echo first; head -c 900000 /dev/zero | tr "\\0" a; echo; echo last');
    expect(output.startsWith('first\n')).toBe(true);
    expect(output.endsWith('last\n')).toBe(true);
    expect(output).toMatch(/… \d+ bytes left out …/);
    expect(output.length).toBeLessThan(200_000);
  });

  it('get through in none of the attacks', async () => {
    await using rig = await openSandboxRig();
    const report = await probeSandbox(rig.sandbox);
    expect(brokenThrough(report)).toEqual([]);
    expect(report.attacks.length).toBeGreaterThan(60);
  });

  it('may have less memory than Node itself needs, with which they are attacked', async () => {
    const limits = {...defaultSandboxLimits, memoryBytes: 64 * 1024 ** 2};
    const opened = await openSandbox({...defaultSandboxSettings, limits});
    expect(opened.fault).toBeUndefined();
    await using rig = await openSandboxRig({limits});
    expect((await rig.run('echo said')).output).toBe('said\n');
  });

  it.skipIf(!isRoot)('get through in none of the attacks of an ordinary user', async () => {
    await using temporary = await makeTemporaryDirectory();
    chownSync(temporary.path, 1000, 1000);
    const script = fileURLToPath(new URL('../../test/support/probe-here.ts', import.meta.url));
    const as = ['--reuid', '1000', '--regid', '1000', '--clear-groups', process.execPath, script];
    const env = {PATH: process.env.PATH, HOME: temporary.path, TMPDIR: temporary.path};
    const report = JSON.parse(execFileSync('setpriv', as, {env, cwd: temporary.path, encoding: 'utf8'})) as ProbeReport;
    expect(brokenThrough(report)).toEqual([]);
    expect(report.attacks.length).toBeGreaterThan(60);
  });
});

it.skipIf(noSandbox)(`attacks find out about a sandbox that is none${sandboxNeed}`, async () => {
  const {uid} = defaultSandboxSettings;
  const report = await probeSandbox({
    tier: 'external',
    ...(isRoot ? {owner: {uid, gid: uid}} : {}),
    seenAt: ({source}) => source,
    // Another user and nothing else: root could do what these attacks try.
    async run({argv, mounts = [], workspace}) {
      const [attacks] = mounts;
      const [, ...rest] = argv.map(part => part.replaceAll(attacks!.at, attacks!.source));
      const other = ['--reuid', String(uid), '--regid', String(uid), '--clear-groups', '--bounding-set=-all'];
      const as = isRoot ? [...other, '--inh-caps=-all', '--no-new-privs'] : [];
      const child = spawn('setpriv', [...as, process.execPath, ...rest], {cwd: isRoot ? '/' : workspace, env: {}});
      return {end: {kind: 'exited', exitCode: 0}, output: await text(child.stdout), durationMs: 1};
    },
  });
  expect(brokenThrough(report).map(({name}) => name)).toEqual(
    expect.arrayContaining([
      'TCP to the host',
      'new user namespace',
      'processes of the host',
      'a visit at a socket of the host',
    ]),
  );
});

describe.skipIf(noSandbox)('commands beside the orchestrator, on a machine that is a sandbox itself', () => {
  const hiding = (mark: string): string =>
    `(setsid sleep ${mark} >/dev/null 2>&1 &); (setsid nohup sleep ${mark} >/dev/null 2>&1 </dev/null &); echo started; `;

  it.each(isRoot ? ['root', 'an ordinary user'] : ['an ordinary user'])('leave nothing running, as %s', async who => {
    await using temporary = await makeTemporaryDirectory();
    const marks = [1, 2, 3].map(number => `5${process.pid % 10_000}${number}${who.length}`);
    const workspace = path.join(temporary.path, 'workspace');
    mkdirSync(workspace);
    if (isRoot) {
      const owner = who === 'root' ? defaultSandboxSettings.uid : 1000;
      for (const folder of [temporary.path, workspace]) chownSync(folder, owner, owner);
    }
    const as = isRoot && who !== 'root' ? ['setpriv', '--reuid', '1000', '--regid', '1000', '--clear-groups'] : [];
    const script = fileURLToPath(new URL('../../test/support/run-here.ts', import.meta.url));
    const start = (command: string) => {
      const [program = '', ...args] = [...as, process.execPath, script, 'external', workspace, command];
      const env = {
        PATH: process.env['PATH'],
        HOME: temporary.path,
        ...(who === 'root' ? {} : {TMPDIR: temporary.path}),
      };
      return spawn(program, args, {env, stdio: ['ignore', 'pipe', 'inherit']});
    };
    expect(await text(start(hiding(marks[0]!)).stdout)).toBe('started\n');
    expect(runningWith(marks[0]!)).toEqual([]);
    const killed = start(`${hiding(marks[1]!)}sleep ${marks[2]}`);
    await expect.poll(() => runningWith(marks[1]!).length, {timeout: 5000}).toBeGreaterThan(1);
    killed.kill('SIGKILL');
    await expect.poll(() => [...runningWith(marks[1]!), ...runningWith(marks[2]!)], {timeout: 3000}).toEqual([]);
  });
});

it('a folder that holds a home is no tool', async () => {
  const opened = await openSandbox({...defaultSandboxSettings, tools: ['/']});
  expect(opened.fault?.message).toMatch(/holds a home|no sandbox for commands/);
  expect(defaultSandboxLimits.memoryBytes).toBeGreaterThan(0);
});
