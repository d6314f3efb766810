import {execFileSync, spawn} from 'node:child_process';
import {once} from 'node:events';
import {chmodSync, existsSync, readdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {expect, it} from 'vitest';
import {makeRepo} from '../../src/testing/temporary-fleet.ts';
import {bin, invitePerson} from '../support/person.ts';

it('a start after one that was killed while it fetched finds no git at work and no lock in its way', async () => {
  await using person = await invitePerson();
  const remote = path.join(person.directory, 'remote.git');
  await makeRepo(remote, {files: {'main.py': 'print(1)\n'}, bare: true});
  const mark = `6${String(Date.now()).slice(-8)}`;
  const calm = path.join(person.directory, 'calm');
  const calls = path.join(person.directory, 'calls');
  // Stands for ssh: the first call lists the branches, the next one hangs until it is calm.
  const ssh = path.join(person.directory, 'ssh');
  writeFileSync(
    ssh,
    `#!/bin/sh\necho x >> ${calls}\n[ -e ${calm} ] || [ "$(wc -l < ${calls})" -lt 2 ] || sleep ${mark}\nexec git-upload-pack ${remote}\n`,
  );
  chmodSync(ssh, 0o755);
  await person.write('config/repos.json', {repositories: [{name: 'far', url: 'ssh://git@far.example/remote.git'}]});
  await person.write('config/tasks.json', {
    tasks: [{name: 'READMEs', skill: 'readme-generator', group: 'all', deliver: 'patch'}],
    settings: {model: 'offline', fleet: 'repos.json'},
  });
  const env = {GIT_SSH_COMMAND: ssh};
  const args = ['run', '-c', 'config/tasks.json'];
  const child = spawn(process.execPath, [bin, ...args], {
    cwd: person.work,
    env: {...person.env, ...env},
    stdio: 'ignore',
  });
  await expect.poll(() => processes(mark), {timeout: 20_000}).not.toEqual([]);
  child.kill('SIGKILL');
  await once(child, 'exit');
  await expect.poll(() => processes(mark), {timeout: 2000}).toEqual([]);

  const mirrors = path.join(person.state, 'mirrors');
  const [mirror = ''] = readdirSync(mirrors);
  for (const name of ['shallow.lock', 'HEAD.lock']) writeFileSync(path.join(mirrors, mirror, 'sha1.git', name), '');
  writeFileSync(calm, '');
  expect(await person.call(args, {env})).toMatchObject({exitCode: 0});
  expect((await person.results())[0]).toMatchObject({outcome: 'changed'});
  expect(existsSync(path.join(mirrors, mirror, 'sha1.git', 'shallow.lock'))).toBe(false);
});

function processes(mark: string): string[] {
  const listed = execFileSync('ps', ['-eo', 'args'], {encoding: 'utf8'});
  return listed.split('\n').filter(line => line.includes(`sleep ${mark}`));
}
