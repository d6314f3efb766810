import {mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {readFile} from 'node:fs/promises';
import path from 'node:path';
import {expect, it} from 'vitest';
import {type ScriptedAnswer, startScriptedModelServer} from '../../src/testing/scripted-model-server.ts';
import {makeRepo} from '../../src/testing/temporary-fleet.ts';
import {startMailServer} from '../support/mail-server.ts';
import {anthropicAt, invitePerson, type Person, wholeFile} from '../support/person.ts';
import {startRecordingServer} from '../support/recording-server.ts';

const canary = 'canary-of-the-model';
const hostile = 'evil\r\nBcc: x@y.test <!channel>\u202e';

it('tells once how a night ended, with nothing of a model or a file in it, and keeps addresses out of everything', async () => {
  await using server = await startScriptedModelServer();
  server.reply((request): ScriptedAnswer => {
    const text = wholeFile(canary);
    return request.prompt.includes('fails') ? {text, finish: 'length'} : text;
  });
  await using web = await startRecordingServer();
  await using mail = await startMailServer();
  await using person = await invitePerson(anthropicAt(server.url));
  for (const name of ['good', hostile]) {
    await makeRepo(path.join(person.home, 'code', name), {
      files: {'main.py': `print("${canary}-file")  # ${name === 'good' ? 'works' : 'fails'}\n`},
    });
  }
  const secrets = {HOOK: `slack+${web.url}/hook-sEcReT`, PING: `${web.url}/ping-sEcReT`};
  await configure(person, {
    budget_usd: 5,
    notify: ['$HOOK', `${web.url}/hook`, `ntfy+${web.url}/night`, `smtp://127.0.0.1:${mail.port}/?to=ann@a.test`],
    dead_man_url: '$PING',
  });
  const said = await person.call(['--config', 'config/night.json'], {env: secrets});
  expect(said.exitCode).toBe(1);

  const of = (url: string) => web.asked.filter(asked => asked.url === url);
  expect(web.asked.map(({url}) => url).toSorted()).toEqual(['/hook', '/hook-sEcReT', '/night', '/ping-sEcReT/fail']);
  const body = JSON.parse(of('/hook')[0]!.body);
  expect(body).toMatchObject({exit_code: 1, jobs: {total: 2, changed: 1, failed: 1}, budget_usd: 5});
  expect(body.failures).toEqual([{repo: 'evil\\r\\nBcc: x@y.test <!channel>\\u{202e}', reason: 'reply-truncated'}]);
  expect(body.text.split('\n')).toHaveLength(4);
  expect(mail.mails).toHaveLength(1);
  const mailText = Buffer.from(mail.mails[0]!.data.split('\r\n\r\n')[1]!, 'base64').toString();
  expect(mail.mails[0]!.data).not.toMatch(/^Bcc/im);
  const sent = `${web.asked.map(({body, headers}) => body + JSON.stringify(headers)).join('\n')}${mailText}`;
  expect(sent).toContain('reply-truncated');
  expect(sent).not.toContain(canary);
  expect(sent).not.toMatch(/\u202e/);

  // What the variables stand for is written nowhere: not in the log, the ledger, the results, nor on the screen.
  expect(said.stdout + said.stderr).not.toContain('sEcReT');
  for (const entry of readdirSync(person.directory, {recursive: true, withFileTypes: true})) {
    if (!entry.isFile()) continue;
    expect([entry.name, readFileSync(path.join(entry.parentPath, entry.name)).includes('sEcReT')]).toEqual([
      entry.name,
      false,
    ]);
  }

  // `retry` looks them up again.
  server.reply(wholeFile(canary));
  expect((await person.call(['retry'], {env: secrets})).exitCode).toBe(0);
  expect(of('/ping-sEcReT')).toHaveLength(1);
  expect(JSON.parse(of('/hook')[1]!.body)).toMatchObject({exit_code: 0, failures: []});

  // A second night in which nothing happens: only the ping.
  const before = web.asked.length;
  expect((await person.call(['--config', 'config/night.json'], {env: secrets})).exitCode).toBe(0);
  expect(web.asked.slice(before).map(({url}) => url)).toEqual(['/ping-sEcReT']);
  expect(mail.mails).toHaveLength(2);
});

it('says first that the key was refused', async () => {
  await using server = await startScriptedModelServer();
  server.reply({fault: 'status', status: 401, type: 'authentication_error', message: canary});
  await using web = await startRecordingServer();
  await using person = await invitePerson(anthropicAt(server.url));
  for (const name of ['one', 'two', 'three']) {
    await makeRepo(path.join(person.home, 'code', name), {files: {'main.py': 'print(1)\n'}});
  }
  await configure(person, {notify: [`${web.url}/hook`], max_workers: 1});
  expect((await person.call(['--config', 'config/night.json'])).exitCode).toBe(1);
  const {text, stopped} = JSON.parse(web.asked[0]!.body);
  expect(stopped).toBe('auth');
  expect(text).toMatch(/^Key refused: r-/);
  expect(text).not.toContain(canary);
});

it('changes no exit code when nobody can be told, and says so in the log', async () => {
  await using person = await invitePerson();
  await makeRepo(path.join(person.home, 'code', 'one'), {files: {'main.py': 'print(1)\n'}});
  await configure(person, {
    model: 'offline',
    notify: ['$HOOK'],
    dead_man_url: 'http://127.0.0.1:1/id',
    log_file: '../night.log',
    log_max_mb: 0.001,
  });
  writeFileSync(path.join(person.work, 'night.log'), 'x'.repeat(1_001));
  const env = {HOOK: 'http://127.0.0.1:1/sEcReT'};
  expect((await person.call(['--config', 'config/night.json'], {env})).exitCode).toBe(0);
  const log = await readFile(path.join(person.work, 'night.log'), 'utf8');
  expect(log).toMatch(/ WARN run=r-\S+ notification to \$HOOK failed: it cannot be reached\n/);
  expect(log).toMatch(/ WARN run=r-\S+ dead-man ping to 127\.0\.0\.1 failed: it cannot be reached\n/);
  // The log of earlier nights had grown too large.
  expect(log).not.toContain('x'.repeat(1_001));
  expect(await readFile(path.join(person.work, 'night.log.1'), 'utf8')).toBe('x'.repeat(1_001));
});

it('refuses an address that cannot be used before anything runs, and shows nothing of it', async () => {
  await using person = await invitePerson();
  mkdirSync(path.join(person.home, 'code'));
  await makeRepo(path.join(person.home, 'code', 'one'), {files: {'main.py': 'print(1)\n'}});
  await configure(person, {model: 'offline', notify: ['$NOPE', 'smtp://sEcReT@mail.test/'], dead_man_url: '$HOOK'});
  const {exitCode, stderr} = await person.call(['--config', 'config/night.json'], {
    env: {HOOK: 'mailto:sEcReT@a.test'},
  });
  expect(exitCode).toBe(2);
  expect(stderr).toContain('settings.notify[0] — the environment variable NOPE is not set');
  expect(stderr).toContain('settings.notify[1] — it names no mail address to send to');
  expect(stderr).toContain('settings.dead_man_url — it must be an http or https URL');
  expect(stderr).not.toContain('sEcReT');
});

it('tries the addresses on request', async () => {
  await using web = await startRecordingServer();
  await using person = await invitePerson();
  await configure(person, {notify: [`${web.url}/hook`, '$HOOK'], dead_man_url: `${web.url}/ping`});
  const {exitCode, stdout, stderr} = await person.call(['notify', 'test', '--config', 'config/night.json']);
  expect([exitCode, stdout, stderr]).toEqual([
    1,
    '1 of 2 told\n',
    'notification to $HOOK failed: the environment variable HOOK is not set\n',
  ]);
  expect(web.asked.map(({url}) => url)).toEqual(['/hook']);
});

async function configure(person: Person, settings: object): Promise<void> {
  await person.write('config/night.json', {
    tasks: [{name: 'READMEs', skill: 'readme-generator', repos: ['~/code/*']}],
    settings: {model: 'anthropic/claude-sonnet-4-5', ...settings},
  });
}
