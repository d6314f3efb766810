import {once} from 'node:events';
import {chmodSync, mkdirSync, readdirSync, symlinkSync} from 'node:fs';
import {createServer} from 'node:http';
import path from 'node:path';
import {expect, it} from 'vitest';
import {makeRepo} from '../../src/testing/temporary-fleet.ts';
import type {JobView} from '../../src/web/api.ts';
import {openTestPage} from '../support/open-test-page.ts';
import {invitePerson, type Person} from '../support/person.ts';
import {portOf} from '../support/proxy-rig.ts';
import {noSandbox, sandboxNeed} from '../support/sandbox-rig.ts';

const run = ['run', '-c', 'config/tasks.json'];

/** A skill whose script asks for these places, on one repo, with these settings of the sandbox. */
async function plan(person: Person, places: readonly string[], sandbox: object): Promise<void> {
  await makeRepo(path.join(person.home, 'code/api'), {files: {'a.js': 'one()\n'}});
  await person.write(
    'skills/fetch/SKILL.md',
    '---\nname: fetch\ndescription: Fetches\nmetadata:\n  mode: script\n---\nFetches.\n',
  );
  const text = places.map(place => `curl -sSp -m 9 ${place} >> fetched 2>&1`).join('\n');
  chmodSync(await person.write('skills/fetch/scripts/run', `#!/bin/sh\n${text}\ntrue\n`), 0o755);
  await person.write('config/tasks.json', {
    tasks: [{name: 'Fetch', skill: 'fetch', repos: ['~/code/api'], mode: 'script'}],
    settings: {skills: ['../skills'], sandbox},
  });
}

/** What the page says of the sandbox of its only job. */
async function shownOnPage(person: Person, run: string): Promise<string | undefined> {
  await using page = await openTestPage(person.state);
  const {rows} = (await (await page.ask(`/api/runs/${run}/jobs`)).json()) as {rows: {id: string}[]};
  return ((await (await page.ask(`/api/runs/${run}/jobs/${rows[0]!.id}`)).json()) as JobView).sandbox;
}

it.skipIf(noSandbox)(`a run says what its commands may reach, and what they asked for${sandboxNeed}`, async () => {
  const server = createServer((_request, response) => response.end('hello\n')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const place = `127.0.0.1:${portOf(server)}`;
  await using person = await invitePerson();
  await plan(person, [`http://${place}/`, 'http://evil.example/'], {network: [place, 'Registry.NPMJS.org']});
  const planned = await person.call([...run, '--dry-run']);
  expect(planned.stdout).toContain(`Commands may reach: ${place}, registry.npmjs.org.\n`);
  expect(JSON.parse((await person.call([...run, '--dry-run', '--json'])).stdout).network).toEqual([
    place,
    'registry.npmjs.org',
  ]);
  const {stdout, exitCode} = await person.start(run);
  server.close();
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/sandbox: strong, network: 127\.0\.0\.1:\d+, registry\.npmjs\.org, 10\d of 10\d attacks held/);
  expect(stdout).toMatch(
    /network: "127\.0\.0\.1:\d+" once \(\d+ B out, \d+ B in\); refused: "evil\.example:80" once \(not in "sandbox\.network"\)/,
  );
  const [row] = await person.results();
  expect(await shownOnPage(person, row!.run)).toBe(`strong, network: ${place}, registry.npmjs.org`);
  expect(row).toMatchObject({
    sandbox: 'strong',
    network: {
      allowed: [place, 'registry.npmjs.org'],
      reached: [{host: place, times: 1}],
      refused: [{host: 'evil.example:80', times: 1, why: 'not in "sandbox.network"'}],
    },
  });
});

it.skipIf(noSandbox)(`a run without named hosts says that there is no network${sandboxNeed}`, async () => {
  await using person = await invitePerson();
  await plan(person, ['http://127.0.0.1:1/'], {});
  expect((await person.call([...run, '--dry-run'])).stdout).not.toContain('may reach');
  const {stdout} = await person.start(run);
  expect(stdout).toMatch(/sandbox: strong, no network, 8\d of 8\d attacks held/);
  const [row] = await person.results();
  expect(row).toMatchObject({sandbox: 'strong', network: {allowed: []}});
  expect(await shownOnPage(person, row!.run)).toBe('strong, no network');
});

it('a host that cannot be meant is a problem at its place', async () => {
  await using person = await invitePerson();
  await plan(person, [], {network: ['good.example', 'https://evil.example', '*']});
  const {stderr, exitCode} = await person.call(run);
  expect(exitCode).toBe(2);
  const said = stderr.split('\n');
  expect(said[0]).toMatch(
    /^config\/tasks\.json:\d+:9 settings\.sandbox\.network\[1\] — expected a host without "https:\/\/", found "https:/,
  );
  expect(said[1]).toMatch(/^config\/tasks\.json:\d+:9 settings\.sandbox\.network\[2\] — "\*" would be every host/);
});

it.skipIf(noSandbox)('where commands run beside the orchestrator the list is said to be without effect', async () => {
  await using person = await invitePerson();
  await plan(person, [], {minimum: 'external', network: ['good.example']});
  await person.own(['other']);
  const programs = path.join(person.directory, 'programs');
  mkdirSync(programs);
  for (const name of readdirSync('/usr/bin').filter(name => name !== 'bwrap'))
    symlinkSync(path.join('/usr/bin', name), path.join(programs, name));
  const without = {env: {PATH: programs}};
  const note = '"sandbox.network" is without effect on commands that run beside the orchestrator ("external")';
  expect((await person.call([...run, '--dry-run'])).stdout).toContain(`! where there is no strong sandbox, ${note}`);
  expect((await person.start(['doctor'], without)).stdout).toContain(`tasks.json: ${note}`);
  expect((await person.start(['doctor'])).stdout).toContain('1 task; commands: network: good.example\n');
  const {stdout} = await person.start(run, without);
  expect(stdout).toMatch(/WARN .*sandbox: external, as the configuration says; .*"sandbox\.network" is without effect/);
  const [row] = await person.results();
  expect(row).toMatchObject({sandbox: 'external'});
  expect(row).not.toHaveProperty('network');
});
