import {spawnSync} from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {cli, type Ended, makeNight, type Night} from '../support/night-rig.ts';

describe('schedule', () => {
  let folder: string;
  let night: Night;
  let programs: string;
  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'orchestrator-test-schedule-'));
    night = await makeNight(path.join(folder, 'night with %'), {repos: 1, settings: {model: 'offline'}});
    programs = path.join(folder, 'programs');
    mkdirSync(programs);
    // Small ones that work: a crontab that keeps what it is given, and a systemd that knows its enabled timers.
    writeProgram(
      'crontab',
      `f="$HOME/crontab.stored"; if [ "$1" = -l ]; then [ -f "$f" ] || { echo "no crontab for me" >&2; exit 1; }; cat "$f"; else cat > "$f"; fi`,
    );
    writeProgram(
      'systemctl',
      `d="$HOME/.config/systemd/user"; case "$2" in
        show-environment|daemon-reload) ;;
        enable) [ -z "$FAIL_ENABLE" ] || { echo "no way" >&2; exit 1; }
          [ -f "$d/$4" ] || { echo "Unit $4 not found." >&2; exit 1; }; echo "$4" >> "$HOME/enabled";;
        disable) grep -v "^$4$" "$HOME/enabled" > "$HOME/enabled.new"; mv "$HOME/enabled.new" "$HOME/enabled"; true;;
        *) exit 1;; esac`,
    );
  });
  afterAll(() => rmSync(folder, {recursive: true}));

  it('becomes a timer and a service of systemd that start the run with keys from a file, and goes away again', async () => {
    const home = newHome();
    const installed = await schedule(home, ['install', '30 22 * * 1-5', '--config', 'config/tasks.json']);
    expect(installed).toMatchObject({code: 0});
    expect(installed.stdout).toMatch(
      /^tasks: installed as systemd\n.*orchestrator-tasks\.service\n.*orchestrator-tasks\.timer\nnext: (Mon|Tue|Wed|Thu|Fri) .* 22:30 /,
    );
    const units = path.join(home, '.config/systemd/user');
    const timer = readFileSync(path.join(units, 'orchestrator-tasks.timer'), 'utf8');
    expect(timer).toContain('OnCalendar=Mon,Tue,Wed,Thu,Fri *-*-* 22:30:00\n');
    expect(timer).toContain('Persistent=true\n');
    const service = readFileSync(path.join(units, 'orchestrator-tasks.service'), 'utf8');
    expect(service).toContain(` --env-file ${home}/.config/orchestrator/env\n`);
    expect(service).not.toContain('EnvironmentFile');
    expect(service).not.toContain('secret-key');
    expect(service.match(/night with %%/g)?.length).toBeGreaterThan(1);
    expect(statSync(path.join(home, '.config/orchestrator/env')).mode & 0o777).toBe(0o600);
    expect(readFileSync(path.join(home, 'enabled'), 'utf8')).toBe('orchestrator-tasks.timer\n');

    const next = await schedule(home, ['next', '--json']);
    const [shown] = JSON.parse(next.stdout) as {id: string; next: string[]}[];
    expect(shown).toMatchObject({id: 'tasks', as: 'systemd', cron: '30 22 * * 1-5'});
    expect(shown?.next).toHaveLength(5);
    expect((await schedule(home, ['remove'])).stdout).toBe('tasks: removed from systemd\n');
    expect(readdirSync(units)).toEqual([]);
    expect(readFileSync(path.join(home, 'enabled'), 'utf8')).toBe('');
    expect((await schedule(home, ['next'])).stdout).toBe('');
  });

  it('becomes one line of a crontab, however often it is installed, that sh can execute', async () => {
    const home = newHome();
    const stored = path.join(home, 'crontab.stored');
    writeFileSync(stored, '# mine\n0 5 * * * true\n');
    for (const when of ['daily at 3:15', 'daily at 04:15']) {
      expect(await schedule(home, ['install', when, '--config', 'config/tasks.json', '--as', 'cron'])).toMatchObject({
        code: 0,
      });
    }
    const lines = readFileSync(stored, 'utf8').split('\n');
    expect(lines.slice(0, 2)).toEqual(['# mine', '0 5 * * * true']);
    expect(lines).toHaveLength(4);
    expect(lines[2]).toMatch(/^15 4 \* \* \* cd .* # orchestrator schedule tasks$/);
    expect(lines[2]).toContain('night with \\%');

    // As cron does it: % is a line end unless it is escaped, the environment is bare, the shell is sh.
    const command = lines[2]!.replace('15 4 * * * ', '').replaceAll('\\%', '%');
    const ran = spawnSync('/bin/sh', ['-c', command], {
      encoding: 'utf8',
      cwd: '/',
      env: {HOME: home, PATH: '/usr/bin:/bin'},
    });
    expect({status: ran.status, stderr: ran.stderr}).toEqual({status: 0, stderr: ''});
    expect(readFileSync(path.join(night.directory, 'fleet/repo-01/README.md'), 'utf8')).toContain('repo-01');

    expect((await schedule(home, ['remove', 'tasks'])).code).toBe(0);
    expect(readFileSync(stored, 'utf8')).toBe('# mine\n0 5 * * * true\n');

    // A line that was taken out by hand takes none of its neighbours along.
    expect((await schedule(home, ['install', 'daily at 04:15', '--as', 'cron'])).code).toBe(0);
    writeFileSync(
      stored,
      '# orchestrator schedule tasks\n0 5 * * * true\n0 6 * * * echo orchestrator schedule tasks\n',
    );
    expect((await schedule(home, ['remove', 'tasks'])).code).toBe(0);
    expect(readFileSync(stored, 'utf8')).toBe(
      '# orchestrator schedule tasks\n0 5 * * * true\n0 6 * * * echo orchestrator schedule tasks\n',
    );
  });

  it('reads the file of variables alike, whoever starts it', async () => {
    const home = newHome();
    mkdirSync(path.join(home, '.config/orchestrator'), {recursive: true});
    const envFile = path.join(home, '.config/orchestrator/env');
    // To a shell the first is a command, to systemd the second has an escape, and both would cut the third.
    const lines = ['NTFY=ntfy://h/t?title=my night', 'PASS="a\\b$c"', "export MARK=it's #1", '', '# none', 'EMPTY='];
    writeFileSync(envFile, `${lines.join('\r\n')}\n`, {mode: 0o600});
    const configured = {
      tasks: [{name: 'a', skill: 'readme-generator', group: 'all'}],
      settings: {fleet: './repos.json', model: 'offline', results_dir: '$NTFY_DIR', deliver: 'patch'},
    };
    writeFileSync(path.join(night.directory, 'config', 'noisy.json'), JSON.stringify(configured));
    const install = ['install', 'daily at 03:15', '--config', 'config/noisy.json', '--as', 'cron'];
    // What the check finds missing is missing for the scheduler.
    expect((await schedule(home, install)).stderr).toContain('NTFY_DIR');
    writeFileSync(envFile, `NTFY_DIR=${home}/my results\n`, {flag: 'a'});
    expect(await schedule(home, install)).toMatchObject({code: 0});
    const [line = ''] = readFileSync(path.join(home, 'crontab.stored'), 'utf8').split('\n');
    const ran = spawnSync('/bin/sh', ['-c', line.replace('15 3 * * * ', '').replaceAll('\\%', '%')], {
      encoding: 'utf8',
      env: {HOME: home, PATH: '/usr/bin:/bin'},
    });
    expect({status: ran.status, stderr: ran.stderr}).toEqual({status: 0, stderr: ''});
    expect(readdirSync(path.join(home, 'my results'))).toHaveLength(1);

    writeFileSync(envFile, 'A=1\nnot a variable\n');
    expect((await schedule(home, install)).stderr).toMatch(/env:2 — expected NAME=value; /);
    writeFileSync(envFile, 'NODE_EXTRA_CA_CERTS=/x\n');
    expect((await schedule(home, install)).stderr).toMatch(
      /sets NODE_EXTRA_CA_CERTS, which Node reads before the file; /,
    );
  });

  it('leaves nothing behind when the scheduler does not take it', async () => {
    const home = newHome();
    const units = path.join(home, '.config/systemd/user');
    const install = ['install', 'daily at 03:15', '--config', 'config/tasks.json', '--as', 'systemd'];
    const failing = {FAIL_ENABLE: '1'};
    const refused = await schedule(home, install, failing);
    expect(refused).toMatchObject({code: 2, stdout: ''});
    expect(refused.stderr).toContain('systemctl --user enable --now orchestrator-tasks.timer failed: no way');
    expect(readdirSync(units)).toEqual([]);
    // One that works stays as it is.
    expect((await schedule(home, install)).code).toBe(0);
    const before = readFileSync(path.join(units, 'orchestrator-tasks.timer'), 'utf8');
    const again = ['install', 'daily at 05:15', '--config', 'config/tasks.json', '--as', 'systemd'];
    expect((await schedule(home, again, failing)).code).toBe(2);
    expect(readFileSync(path.join(units, 'orchestrator-tasks.timer'), 'utf8')).toBe(before);
    expect((await schedule(home, ['next'])).stdout).toContain('15 3 * * *');
  });

  it('becomes a property list or a workflow', async () => {
    const home = newHome();
    writeProgram('launchctl', 'true');
    expect(
      await schedule(home, ['install', '0 2 * * *', '--config', 'config/tasks.json', '--as', 'launchd']),
    ).toMatchObject({code: 0});
    const plist = readFileSync(path.join(home, 'Library/LaunchAgents/local.orchestrator.tasks.plist'), 'utf8');
    expect(plist).toMatch(/<key>Hour<\/key>\s+<integer>2<\/integer>\s+<key>Minute<\/key>\s+<integer>0<\/integer>/);
    const workflow = await schedule(home, [
      'install',
      '0 2 * * *',
      '--config',
      'config/tasks.json',
      '--as',
      'github-actions',
    ]);
    expect(workflow.stdout).toContain('02:00 UTC');
    expect(readFileSync(path.join(night.directory, '.github/workflows/orchestrator-tasks.yml'), 'utf8')).toContain(
      "- cron: '0 2 * * *'",
    );
    // The other scheduler has it no longer.
    expect(existsSync(path.join(home, 'Library/LaunchAgents/local.orchestrator.tasks.plist'))).toBe(false);
    expect(workflow.stderr).toContain('your-org/orchestrator');
    expect((await schedule(home, ['remove'])).code).toBe(0);
    expect(readdirSync(path.join(night.directory, '.github/workflows'))).toEqual([]);
  });

  it('becomes no workflow that could not work', async () => {
    const home = newHome();
    const toGitHub = ['--as', 'github-actions', '--name', 'it'];
    const workflows = path.join(night.directory, '.github/workflows');
    const odd = 'config/a: b #c.json';
    writeFileSync(path.join(night.directory, odd), readFileSync(path.join(night.directory, 'config/tasks.json')));
    expect((await schedule(home, ['install', 'daily at 02:00', '--config', odd, ...toGitHub])).code).toBe(0);
    const text = readFileSync(path.join(workflows, 'orchestrator-it.yml'), 'utf8');
    expect(text).toContain('          config: "config/a: b #c.json"\n');
    expect((await schedule(home, ['remove'])).code).toBe(0);

    writeFileSync(path.join(night.directory, 'config/broken.json'), '{"tasks": [{"name": "a"}]}');
    const outside = path.join(folder, 'outside.json');
    writeFileSync(
      outside,
      readFileSync(path.join(night.directory, 'config/tasks.json'), 'utf8').replaceAll(
        './',
        `${night.directory}/config/`,
      ),
    );
    for (const [config, message] of [
      ['config/broken.json', 'config/broken.json:1:'],
      [outside, 'outside.json is no file that a workflow of '],
    ] as const) {
      const refused = await schedule(home, ['install', 'daily at 02:00', '--config', config, ...toGitHub]);
      expect(refused).toMatchObject({code: 2, stdout: ''});
      expect(refused.stderr).toContain(message);
    }
    const zoned = await schedule(home, ['install', 'daily at 02:00', '--zone', 'Europe/Berlin', ...toGitHub]);
    expect(zoned.stderr).toMatch(/--zone — GitHub Actions knows UTC only/);
    expect(readdirSync(workflows)).toEqual([]);
  });

  it('is where it was said to be, in a zone that every scheduler knows', async () => {
    const home = newHome();
    const install = ['install', 'daily at 02:30', '--config', 'config/tasks.json'];
    const queue = {ORCHESTRATOR_QUEUE: 'postgres://127.0.0.1:1/none'};
    expect(
      (await schedule(home, [...install, '--as', 'bogus', '--queue', 'postgres://127.0.0.1:1/none'])).stderr,
    ).toMatch(/^orchestrator: --as — no scheduler "bogus"; /);
    expect(
      (await schedule(home, [...install, '--as', 'cron', '--queue', 'postgres://127.0.0.1:1/none'])).stderr,
    ).toMatch(/^orchestrator: --as and --queue name two places /);
    const zoned = await schedule(home, [...install, '--as', 'systemd', '--zone', 'europe/berlin'], queue);
    expect(zoned).toMatchObject({code: 0});
    const timer = path.join(home, '.config/systemd/user/orchestrator-tasks.timer');
    expect(readFileSync(timer, 'utf8')).toContain('OnCalendar=*-*-* 02:30:00 Europe/Berlin\n');
    const shown = await schedule(home, ['next', '--json']);
    expect(JSON.parse(shown.stdout)).toMatchObject([{zone: 'Europe/Berlin', as: 'systemd'}]);
    const offset = await schedule(home, [...install, '--as', 'systemd', '--zone', '+01:00']);
    expect(offset.stderr).toMatch(
      /^orchestrator: --zone — no time zone "\+01:00"; write it as Europe\/Berlin or UTC\n$/,
    );
  });

  it('is not installed when the run could not start with the environment of the scheduler', async () => {
    const home = newHome();
    const keyed = path.join(night.directory, 'config', 'keyed.json');
    writeFileSync(
      keyed,
      JSON.stringify({
        tasks: [{name: 'a', skill: 'journal', group: 'all'}],
        settings: {fleet: './repos.json', model: 'anthropic/claude-sonnet-4-5'},
      }),
    );
    const args = ['install', 'nightly at 02:00', '--config', 'config/keyed.json', '--as', 'cron'];
    const refused = await schedule(home, args, {ANTHROPIC_API_KEY: 'secret-key'});
    expect(refused).toMatchObject({code: 2, stdout: ''});
    expect(refused.stderr).toMatch(
      /^orchestrator: the run cannot start as the scheduler would start it: .*ANTHROPIC_API_KEY.*; keys for it stand in .*env, .*nothing was installed\n$/,
    );
    expect(existsSync(path.join(home, 'crontab.stored'))).toBe(false);

    const envFile = path.join(home, '.config/orchestrator/env');
    writeFileSync(envFile, 'ANTHROPIC_API_KEY=secret-key\n');
    expect(await schedule(home, args)).toMatchObject({code: 0});
    expect(readFileSync(path.join(home, 'crontab.stored'), 'utf8')).not.toContain('secret-key');
    chmodSync(envFile, 0o644);
    expect((await schedule(home, args)).stderr).toMatch(/can be read by others; chmod 600 /);
  });

  it('a start that did not happen is told by status', async () => {
    const home = newHome();
    expect(await schedule(home, ['install', 'hourly', '--config', 'config/tasks.json', '--as', 'cron'])).toMatchObject({
      code: 0,
    });
    const file = path.join(home, '.orchestrator', 'schedules.json');
    const list = JSON.parse(readFileSync(file, 'utf8')) as {installedAt: number}[];
    writeFileSync(file, JSON.stringify(list.map(each => ({...each, installedAt: each.installedAt - 5 * 3_600_000}))));
    const told = await run(home, ['status']);
    expect(told.stdout).toMatch(/^! ~?.*config\/tasks\.json was expected by .* and did not run/);
    // However it ends.
    expect((await run(home, ['--config', 'config/tasks.json'])).code).not.toBe(2);
    expect((await run(home, ['status'])).stdout).not.toContain('was expected');
  });

  it.each([
    ['30 22 * *', 'expected five fields (minute, hour, day of month, month, day of week), found 4'],
    ['61 22 * * *', 'minute "61" is not from 0 to 59'],
    ['0 22 * * mon-fry', 'day of week "fry" is not from 0 to 7; or a name: sun, mon'],
    ['0 22 * * fri-mon', 'day of week "fri-mon" runs backwards'],
    ['5/15 * * * *', 'minute "5/15" has a step without a range; write it as "5-59/15"'],
    ['*/61 * * * *', 'minute "*/61" has a step of 61, more than it has values'],
    ['0 2 */2 * 1', '"*/2" beside the other field of days means one thing to cron and another to the rest'],
    ['weekday at 22:30', 'no days are called "weekday"; did you mean "weekdays"?'],
    ['0 0 31 2 *', 'never comes'],
  ])('says what is wrong with %s', async (when, message) => {
    const {code, stdout, stderr} = await schedule(newHome(), [
      'install',
      when,
      '--config',
      'config/tasks.json',
      '--as',
      'cron',
    ]);
    expect({code, stdout}).toEqual({code: 2, stdout: ''});
    expect(stderr).toContain(message);
  });

  function newHome(): string {
    return mkdtempSync(path.join(folder, 'home-'));
  }

  async function run(
    home: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<Ended> {
    const PATH = `${programs}:${process.env['PATH']}`;
    return await cli(night, args, {home: path.join(home, '.orchestrator'), env: {HOME: home, PATH, ...env}});
  }

  async function schedule(
    home: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<Ended> {
    return await run(home, ['schedule', ...args], env);
  }

  function writeProgram(name: string, script: string): void {
    writeFileSync(path.join(programs, name), `#!/bin/sh\n${script}\n`, {mode: 0o755});
  }
});
