import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {cli, makeNight, type Night} from '../support/night-rig.ts';
import {type PostgresServer, postgresProblem, startPostgres} from '../support/postgres-server.ts';

describe.skipIf(postgresProblem !== undefined)(
  `a queue that cannot be used${postgresProblem === undefined ? '' : `: ${postgresProblem}`}`,
  () => {
    let postgres: PostgresServer;
    let folder: string;
    let night: Night;
    beforeAll(async () => {
      postgres = await startPostgres();
      folder = mkdtempSync(path.join(tmpdir(), 'orchestrator-test-refusals-'));
      night = await makeNight(path.join(folder, 'night'), {repos: 1, settings: {model: 'offline'}});
    });
    afterAll(async () => {
      await postgres[Symbol.asyncDispose]();
      rmSync(folder, {recursive: true, force: true});
    });

    const commands: readonly (readonly string[])[] = [
      ['worker'],
      ['run', '--config', 'config/tasks.json'],
      ['status'],
      ['schedule', 'next'],
    ];

    async function refused(url: string, expected: RegExp, env: Readonly<Record<string, string>> = {}): Promise<void> {
      const ends = await Promise.all(
        commands.map(
          async args => [args[0], await cli(night, args, {env: {ORCHESTRATOR_QUEUE: url, ...env}})] as const,
        ),
      );
      for (const [command, {code, stdout, stderr}] of ends) {
        expect({command, code, stdout, lines: stderr.trim().split('\n').length, stderr}).toEqual({
          command,
          code: 2,
          stdout: '',
          lines: 1,
          stderr: expect.stringMatching(expected),
        });
      }
    }

    it('says that the database is read only, and ends', async () => {
      const url = await newDatabase();
      await postgres.query(`ALTER DATABASE ${nameOf(url)} SET default_transaction_read_only = on`);
      await refused(url, /^orchestrator: the queue database test_\d+ at 127\.0\.0\.1:\d+ is read only; /);
      // Also where the tables are there already, as on a standby.
      await postgres.query(`ALTER DATABASE ${nameOf(url)} SET default_transaction_read_only = off`);
      expect((await cli(night, ['schedule', 'next', '--queue', url])).code).toBe(0);
      await postgres.query(`ALTER DATABASE ${nameOf(url)} SET default_transaction_read_only = on`);
      for (const args of commands.slice(0, 2)) {
        const {code, stderr} = await cli(night, args, {env: {ORCHESTRATOR_QUEUE: url}});
        expect({code, stderr}).toEqual({code: 2, stderr: expect.stringMatching(/ is read only; .*\n$/)});
      }
    });

    it('says that a password is missing or wrong, and takes it from PGPASSWORD', async () => {
      const url = await newDatabase();
      await postgres.query(`CREATE ROLE locked_in LOGIN PASSWORD 'pa/ss@w:or#d'`);
      await postgres.query(`GRANT ALL ON DATABASE ${nameOf(url)} TO locked_in`);
      const locked = url.replace('postgres@', 'locked_in@');
      await refused(locked, / wants a password and none is given; .*PGPASSWORD/);
      await refused(locked, / refuses the password; /, {PGPASSWORD: 'wrong'});
      const next = await cli(night, ['schedule', 'next'], {
        env: {ORCHESTRATOR_QUEUE: locked, PGPASSWORD: 'pa/ss@w:or#d'},
      });
      expect(next).toMatchObject({code: 0});
      const {hostname, port, pathname} = new URL(url);
      const parts = {PGHOST: hostname, PGPORT: port, PGDATABASE: pathname.slice(1), PGUSER: 'locked_in'};
      const bare = await cli(night, ['schedule', 'next'], {
        env: {ORCHESTRATOR_QUEUE: 'postgres://', ...parts, PGPASSWORD: 'pa/ss@w:or#d'},
      });
      expect(bare).toMatchObject({code: 0});
    });

    it('says that the server speaks no SSL, and which certificate cannot be read', async () => {
      const url = await newDatabase();
      await refused(`${url}?sslmode=require`, / does not speak SSL, and the address asks for it; /);
      await refused(
        `${url}?sslmode=verify-full&sslrootcert=/nope/ca.pem`,
        /^orchestrator: the address of the queue names \/nope\/ca\.pem, which cannot be read \(ENOENT\); /,
      );
    });

    it('says that the user has no rights on the tables of the queue', async () => {
      const url = await newDatabase();
      expect((await cli(night, ['schedule', 'next', '--queue', url])).code).toBe(0);
      await postgres.query('CREATE ROLE weak LOGIN');
      await postgres.query('GRANT ALL ON SCHEMA orchestrator TO weak', nameOf(url));
      await postgres.query('GRANT ALL ON ALL TABLES IN SCHEMA orchestrator TO weak', nameOf(url));
      for (const args of commands.filter(([name]) => name !== 'status')) {
        const {code, stdout, stderr} = await cli(night, args, {
          env: {ORCHESTRATOR_QUEUE: url.replace('postgres@', 'weak@')},
        });
        expect({code, stdout, stderr}).toEqual({
          code: 2,
          stdout: '',
          stderr: expect.stringMatching(
            /^orchestrator: the queue database test_\d+ at \S+ does not let the user weak do this: permission denied for schema orchestrator_queue; .*\n$/,
          ),
        });
      }
    });

    it('repeats nothing of an address that is none', async () => {
      for (const url of [
        'postgres://u:Tr0ub@dor/3x@127.0.0.1:5432/db',
        'postgres://u:12?Tr0ub@127.0.0.1:1/dor3x',
        'postgres://u:12#Tr0ub@127.0.0.1:1/dor3x',
        'postgres://u:Tr0ub/dor3x@127.0.0.1:1/db',
      ]) {
        const {code, stdout, stderr} = await cli(night, ['status'], {env: {ORCHESTRATOR_QUEUE: url}});
        expect({code, stdout}).toEqual({code: 2, stdout: ''});
        expect(stderr).toMatch(/^orchestrator: the address of the queue is not a URL; .*%40.*\n$/);
        expect(stderr).not.toMatch(/Tr0ub|dor|3x|127/);
      }
    });

    it('refuses a queue of a newer version', async () => {
      const url = await newDatabase();
      expect((await cli(night, ['schedule', 'next', '--queue', url])).code).toBe(0);
      await postgres.query('UPDATE orchestrator_queue.version SET version = 9999', nameOf(url));
      for (const args of commands.filter(([name]) => name !== 'status')) {
        const {code, stdout, stderr} = await cli(night, args, {env: {ORCHESTRATOR_QUEUE: url}});
        expect({code, stdout, stderr}).toEqual({
          code: 2,
          stdout: '',
          stderr: expect.stringMatching(
            /^orchestrator: the tables of the queue were made by a newer version \(version 9999, this one knows \d+\); update orchestrator on this machine\n$/,
          ),
        });
      }
    });

    it('refuses a ledger of a newer version, also for the page', async () => {
      const url = await newDatabase();
      expect((await cli(night, ['schedule', 'next', '--queue', url])).code).toBe(0);
      await postgres.query('UPDATE orchestrator.ledger_version SET version = 999', nameOf(url));
      const expected = /^orchestrator: the queue database was written by a newer version .* update orchestrator /;
      await refused(url, expected);
      const served = await cli(night, ['serve', '--queue', url]);
      expect(served).toMatchObject({code: 2, stdout: '', stderr: expect.stringMatching(expected)});
    });

    function newDatabase(): Promise<string> {
      return postgres.newDatabase();
    }

    function nameOf(url: string): string {
      return new URL(url).pathname.slice(1);
    }
  },
);
