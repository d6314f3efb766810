import {once} from 'node:events';
import {mkdirSync, readdirSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import path from 'node:path';
import {expect, it} from 'vitest';
import {startScriptedModelServer} from '../../src/testing/scripted-model-server.ts';
import {makeRepo} from '../../src/testing/temporary-fleet.ts';
import {anthropicAt, invitePerson, wholeFile} from '../support/person.ts';
import {noSandbox, sandboxNeed} from '../support/sandbox-rig.ts';
import {steeringFiles} from '../support/steering-files.ts';

it.skipIf(noSandbox)(
  `60 hostile files of a repo move no address, run nothing outside and widen nothing${sandboxNeed}`,
  async () => {
    let visits = 0;
    const elsewhere = createServer((_, response) => {
      visits++;
      response.end('{}');
    });
    elsewhere.listen(0, '127.0.0.1');
    await once(elsewhere, 'listening');
    const endpoint = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`;
    await using server = await startScriptedModelServer();
    server.reply({text: wholeFile('Api')});
    await using person = await invitePerson(anthropicAt(server.url));
    const outside = path.join(person.directory, 'outside');
    mkdirSync(outside, {mode: 0o777});
    const files = steeringFiles({outside, endpoint});
    expect(Object.keys(files).length).toBeGreaterThanOrEqual(60);
    const repo = path.join(person.home, 'code/api');
    await makeRepo(repo, {files: {...files, 'main.py': 'print(1)\n'}});
    writeFileSync(
      path.join(repo, '.git/config'),
      `[core]\n\trepositoryformatversion = 0\n\tfsmonitor = touch ${outside}/fsmonitor\n`,
      {flag: 'a'},
    );
    await person.write('skills/edit/SKILL.md', '---\nname: edit\ndescription: Edits\n---\nEdits.\n');
    await person.write(
      'skills/edit/scripts/run',
      '#!/bin/sh\necho "print(2)" > main.py; node -e 1; git --version >/dev/null 2>&1; true\n',
    );
    await person.write('config/tasks.json', {
      tasks: [
        {
          name: 'Docs',
          skill: 'readme-generator',
          repos: [repo],
          model: 'anthropic/claude-sonnet-4-5',
          output: 'DOCS.md',
        },
        {name: 'Edit', skill: 'edit', repos: [repo], mode: 'script', deliver: 'patch'},
      ],
      settings: {skills: ['../skills'], verify: 'auto', parallel: false},
    });
    // From inside the repo, as a careless person would start it.
    const {exitCode, stdout} = await person.start(['run', '-c', path.join(person.work, 'config/tasks.json')]);
    elsewhere.close();
    expect(stdout).toContain('sandbox: strong');
    expect(exitCode).toBe(0);
    const rows = await person.results();
    expect(
      rows.map(({outcome, mode, model, sandbox, network, delivered}) => ({
        outcome,
        mode,
        model,
        sandbox,
        network,
        kind: delivered?.kind,
      })),
    ).toEqual([
      {
        outcome: 'changed',
        mode: 'simple',
        model: 'anthropic/claude-sonnet-4-5',
        sandbox: 'strong',
        network: {allowed: []},
        kind: 'files',
      },
      {outcome: 'changed', mode: 'script', model: null, sandbox: 'strong', network: {allowed: []}, kind: 'patch'},
    ]);
    expect(rows[0]!.verified).toMatchObject([{command: 'npm test'}]);
    expect(readdirSync(outside)).toEqual([]);
    expect(visits).toBe(0);
    expect(server.requests.length).toBe(1);
  },
);

it.skipIf(noSandbox)(`a repo adds nothing to the hosts that the operator has named${sandboxNeed}`, async () => {
  let visits = 0;
  const elsewhere = createServer((_, response) => {
    visits++;
    response.end('{}');
  });
  elsewhere.listen(0, '127.0.0.1');
  await once(elsewhere, 'listening');
  const {port} = elsewhere.address() as AddressInfo;
  await using person = await invitePerson();
  const repo = path.join(person.home, 'code/api');
  await makeRepo(repo, {
    files: steeringFiles({outside: path.join(person.directory, 'outside'), endpoint: `http://127.0.0.1:${port}`}),
  });
  await person.write('skills/edit/SKILL.md', '---\nname: edit\ndescription: Edits\n---\nEdits.\n');
  const asks = ["--noproxy ''", "-p --noproxy ''", "--noproxy '*'"].map(
    how => `curl -sS -m 2 ${how} http://127.0.0.1:${port}/`,
  );
  await person.write('skills/edit/scripts/run', `#!/bin/sh\n. ./.env; ${asks.join('; ')}; npm ping; echo x > made\n`);
  await person.write('config/tasks.json', {
    tasks: [{name: 'Edit', skill: 'edit', repos: [repo], mode: 'script', deliver: 'patch'}],
    settings: {skills: ['../skills'], sandbox: {network: ['registry.example']}},
  });
  const {stdout} = await person.start(['run', '-c', path.join(person.work, 'config/tasks.json')], {cwd: repo});
  elsewhere.close();
  expect(stdout).toContain('sandbox: strong, network: registry.example, ');
  const [row] = await person.results();
  expect(row).toMatchObject({outcome: 'changed', network: {allowed: ['registry.example']}});
  expect(row?.network?.reached).toBeUndefined();
  expect(row?.network?.refused).toContainEqual(expect.objectContaining({host: `127.0.0.1:${port}`}));
  expect(visits).toBe(0);
});
