import {spawnSync} from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import {DatabaseSync} from 'node:sqlite';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {startScriptedModelServer} from '../../src/testing/scripted-model-server.ts';
import {makeTemporaryDirectory, type TemporaryDirectory} from '../../src/testing/temporary-fleet.ts';
import {answerJob, describeEnd, difference, readFleetBytes, readLedger} from '../support/night-checks.ts';
import {
  cli,
  configurationOf,
  copyNight,
  type Ended,
  leftovers,
  makeNight,
  type Night,
  readResults,
  type StartOptions,
} from '../support/night-rig.ts';
import {bin, invitePerson, startProgram} from '../support/person.ts';

const isRoot = process.getuid?.() === 0;
const nobody = 65_534;
/** Root may write anywhere, so a program without its rights is started instead. */
const asNobody: Pick<StartOptions, 'under'> = isRoot
  ? {under: ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups', '--']}
  : {};
const canDropRights =
  !isRoot ||
  spawnSync('setpriv', [...asNobody.under!.slice(1), process.execPath, '--version'], {cwd: '/'}).status === 0;

describe('a disk that does not do as it should', () => {
  let temporary: TemporaryDirectory;
  let template: Night;
  let endState: ReadonlyMap<string, string>;
  let nights = 0;
  beforeAll(async () => {
    temporary = await makeTemporaryDirectory();
    chmodSync(temporary.path, 0o755);
    template = await makeNight(path.join(temporary.path, 'template'), {repos: 6, settings: {max_workers: 3}});
    const night = await openNight();
    await using server = await startScriptedModelServer();
    server.reply(answerJob);
    expect((await cli(night, startOf(night), {server})).code).toBe(0);
    endState = await readFleetBytes(night);
  });
  afterAll(() => temporary[Symbol.asyncDispose]());
  const openNight = async (): Promise<Night> =>
    await copyNight(template, path.join(temporary.path, `night-${++nights}`));

  it.skipIf(!canDropRights)(
    'names a state folder, a results folder or a log that may not be written, and starts nothing',
    async () => {
      for (const denied of ['state', 'results', 'night.log']) {
        const night = await openNight();
        for (const name of ['state', 'results', 'home']) mkdirSync(path.join(night.directory, name), {recursive: true});
        writeFileSync(path.join(night.directory, 'night.log'), '');
        giveToNobody(night.directory);
        chmodSync(path.join(night.directory, denied), denied === 'night.log' ? 0o444 : 0o555);
        if (denied === 'state') chownSync(path.join(night.directory, denied), isRoot ? 0 : process.getuid!(), 0);
        await using server = await startScriptedModelServer();
        const end = await cli(night, startOf(night), {server, ...asNobody});
        expect(end.code, denied).toBe(2);
        expect(end.stderr, denied).toMatch(new RegExp(`^orchestrator: [^\\n]*/${denied}[^\\n]*\\n$`));
        expect(server.requests).toEqual([]);

        chmodSync(path.join(night.directory, denied), denied === 'night.log' ? 0o644 : 0o755);
        giveToNobody(night.directory);
        server.reply(answerJob);
        expect((await cli(night, startOf(night), {server, ...asNobody})).code, denied).toBe(0);
      }
    },
  );

  it.skipIf(!canDropRights)('fails a repo that may not be written by itself', async () => {
    const night = await openNight();
    giveToNobody(night.directory);
    chmodSync(path.join(night.directory, 'fleet', 'repo-02'), 0o555);
    await using server = await startScriptedModelServer();
    server.reply(answerJob);
    const end = await cli(night, startOf(night), {server, ...asNobody});
    expect(end.code).toBe(1);
    expect((await readResults(night)).map(row => row.outcome)).toEqual([
      'changed',
      'write-denied',
      'changed',
      'changed',
      'changed',
      'changed',
    ]);
    expect(await leftovers(night)).toEqual([]);
  });

  it.skipIf(!existsSync('/dev/full')).each([
    ['stdout', '', ' >/dev/full'],
    ['stdout and stderr', '', ' >/dev/full 2>&1'],
    ['a log', ' --log-file /dev/full', ''],
  ])(
    'that takes nothing of %s: the run goes on, and everybody says that it did not end well',
    async (_, flag, into) => {
      await using person = await invitePerson();
      await person.own(['api']);
      const line = `"${process.execPath}" "${bin}" --skill journal --model offline${flag}${into}`;
      const {exitCode, stderr} = await startProgram('sh', ['-c', line], {cwd: person.work, env: person.env});
      expect(exitCode).toBe(1);
      expect(stderr).not.toMatch(/^ +at /m);
      expect(await person.results()).toMatchObject([{outcome: 'changed'}]);
      expect((await person.call(['history', '--json'])).stdout).toContain('"exit_code": 1');
      expect((await person.call(['logs'])).stdout).toMatch(/could be written.*\n.*exit 1/);
    },
  );

  const mount = canMount();
  it.skipIf(!mount)(
    'that is full: stops with the path, leaves nothing half-written, and resume ends the night',
    async () => {
      const problems: string[] = [];
      let stopped = 0;
      for (const freeKb of [0, 60, 140, 180, 220, 300]) {
        const night = await openNight();
        const disk = path.join(temporary.path, `disk-${nights}`);
        mkdirSync(disk);
        expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m,mode=0700', 'tmpfs', disk]).status).toBe(0);
        try {
          await using server = await startScriptedModelServer();
          server.reply(answerJob);
          const filler = path.join(disk, 'filler');
          writeFileSync(filler, Buffer.alloc((2_048 - freeKb) * 1024 - (freeKb === 0 ? 0 : 8_192)));
          const options = {server, home: path.join(disk, 'state')};
          const end = await cli(night, startOf(night), options);
          if (end.code !== 0) stopped++;
          const isOneLine = /^orchestrator: [^\n]*\/disk-\d+\/state[^\n]*\n$/.test(end.stderr);
          if (end.code !== 0 && !isOneLine) problems.push(`${freeKb} KB: ${describeEnd(end)}`);
          if (end.signal !== null) problems.push(`${freeKb} KB: ${describeEnd(end)}`);
          problems.push(...(await leftovers(night)).map(file => `${freeKb} KB: left behind: ${file}`));
          const calls = server.requestCount;
          rmSync(filler);
          const resumed = await cli(night, ['resume'], options);
          const done = resumed.code === 2 ? await cli(night, startOf(night), options) : resumed;
          if (done.code !== 0) problems.push(`${freeKb} KB, then: ${describeEnd(done)}`);
          problems.push(...difference(endState, await readFleetBytes(night)).map(text => `${freeKb} KB: ${text}`));
          // At most the calls that were in flight when it stopped may be repeated.
          if (server.requestCount > 6 + 3) problems.push(`${freeKb} KB: ${calls}, then ${server.requestCount} calls`);
        } finally {
          spawnSync('umount', ['-l', disk]);
        }
      }
      expect(problems).toEqual([]);
      expect(stopped).toBeGreaterThan(2);
    },
  );

  it('refuses a ledger of a newer version, and one that is none, in one line', async () => {
    const broken: readonly [string, (file: string) => void, RegExp][] = [
      ['newer', file => execSql(file, 'PRAGMA user_version = 99'), /written by a newer version \(ledger version 99/],
      [
        'garbage',
        file => writeFileSync(file, 'this is no database, whatever its name says\n'.repeat(400)),
        /is not a ledger/,
      ],
      ['cut', file => truncateSync(file, 9_000), /is damaged/],
      ['half', file => truncateSync(file, 50_000), /is damaged/],
    ];
    const finished = await finishedNight();
    for (const [name, harm, said] of broken) {
      const night = await copyNight(finished, path.join(temporary.path, `broken-${name}`));
      const file = path.join(night.directory, 'state', 'state.db');
      execSql(file, 'PRAGMA wal_checkpoint(TRUNCATE)');
      for (const suffix of ['-wal', '-shm']) rmSync(`${file}${suffix}`, {force: true});
      harm(file);
      const bytes = readFileSync(file);
      await using server = await startScriptedModelServer();
      for (const args of [startOf(night), ['resume'], ['status'], ['history']]) {
        const end = await cli(night, args, {server});
        expect(end.code, `${name} ${args[0]}: ${describeEnd(end)}`).toBe(2);
        expect(end.stderr, name).toMatch(/^orchestrator: [^\n]*state\.db[^\n]*\n$/);
        expect(end.stderr, name).toMatch(said);
      }
      expect(server.requests).toEqual([]);
      expect(readFileSync(file).equals(bytes), `${name}: the file was touched`).toBe(true);
    }
  });

  it('that flips a byte of a record: it is set aside, reported, and not believed', async () => {
    const night = await finishedNight();
    const file = path.join(night.directory, 'state', 'state.db');
    await using server = await startScriptedModelServer();
    server.reply(answerJob);

    execSql(file, `UPDATE memories SET inputs = replace(inputs, '"commit":"', '"commit":"0') WHERE rowid = 1`);
    const withMemory = await cli(night, startOf(night), {server});
    expect([withMemory.code, server.requestCount]).toEqual([0, 0]);
    expect(await doctor(night)).toContain('1 damaged records were set aside');

    // Its memory is whole, its reply is not: what was delivered cannot be made again from it.
    execSql(
      file,
      `UPDATE replies SET reply = replace(reply, 'it says', 'it sags') WHERE job_id = (SELECT id FROM jobs WHERE repo = 'repo-03' LIMIT 1)`,
    );
    rmSync(path.join(night.directory, 'fleet', 'repo-03', 'README.md'));
    spawnSync('git', ['checkout', '-q', '--', '.'], {cwd: path.join(night.directory, 'fleet', 'repo-03')});
    const withReply = await cli(night, startOf(night), {server});
    expect([withReply.code, server.requestCount]).toEqual([0, 1]);
    expect(await doctor(night)).toContain('2 damaged records were set aside');
    expect(
      difference(endState, withoutIndex(await readFleetBytes(night))).filter(text => !text.includes('index')),
    ).toEqual([]);
    expect(readLedger(night)).toMatchObject({openRuns: 0, claims: 0});
  });

  function startOf(night: Night): string[] {
    return ['--config', configurationOf(night)];
  }

  async function finishedNight(): Promise<Night> {
    const night = await openNight();
    await using server = await startScriptedModelServer();
    server.reply(answerJob);
    expect((await cli(night, startOf(night), {server})).code).toBe(0);
    return night;
  }

  async function doctor(night: Night): Promise<string> {
    const end: Ended = await cli(night, ['doctor']);
    return end.stdout + end.stderr;
  }

  function withoutIndex(files: Map<string, string>): Map<string, string> {
    // git itself notes the time of the file that it put back.
    files.set('repo-03/.git/index', endState.get('repo-03/.git/index') ?? '');
    return files;
  }

  function canMount(): boolean {
    if (!isRoot) return false;
    const probe = spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']);
    return probe.status === 0;
  }
});

function giveToNobody(directory: string): void {
  if (!isRoot) return;
  chownSync(directory, nobody, nobody);
  for (const name of readdirSync(directory, {recursive: true, encoding: 'utf8'})) {
    if (existsSync(path.join(directory, name))) chownSync(path.join(directory, name), nobody, nobody);
  }
}

function execSql(file: string, sql: string): void {
  const database = new DatabaseSync(file);
  database.exec(sql);
  database.close();
}
