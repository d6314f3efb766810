import {chmodSync, mkdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {expect, it} from 'vitest';
import {makeRepo} from '../../src/testing/temporary-fleet.ts';
import {invitePerson} from '../support/person.ts';
import {noSandbox, sandboxNeed} from '../support/sandbox-rig.ts';
import {verifyFixtures} from '../support/verify-fixtures.ts';

it.skipIf(noSandbox)(`verify catches regressions and blocks nothing without cause${sandboxNeed}`, async () => {
  await using person = await invitePerson();
  const fixtures = verifyFixtures();
  const tasks: unknown[] = [];
  for (const [index, {files, change}] of fixtures.entries()) {
    await makeRepo(path.join(person.home, 'code', `r${index}`), {files});
    const skill = path.join(person.work, 'skills', `edit-${index}`);
    mkdirSync(path.join(skill, 'scripts'), {recursive: true});
    writeFileSync(path.join(skill, 'SKILL.md'), `---\nname: edit-${index}\ndescription: Edits\n---\nEdits.\n`);
    writeFileSync(path.join(skill, 'scripts/run'), `#!/bin/sh\nset -e\n${change}\n`);
    chmodSync(path.join(skill, 'scripts/run'), 0o755);
    tasks.push({name: `t${index}`, skill: `edit-${index}`, repos: [`~/code/r${index}`], mode: 'script'});
  }
  await person.write('config/tasks.json', {
    tasks,
    settings: {
      ...{skills: ['../skills'], verify: 'auto', command_timeout_s: 20, deliver: 'patch', max_workers: 2},
      allow_protected: ['**'],
    },
  });
  await person.start(['run', '-c', 'config/tasks.json']);
  const rows = await person.results();
  const missed: string[] = [];
  const blocked: string[] = [];
  for (const [index, {name, breaks}] of fixtures.entries()) {
    const {outcome, message} = rows[index]!;
    const isCaught = outcome === 'verify-failed' || outcome === 'verify-timeout';
    if (!isCaught && outcome !== 'changed' && outcome !== 'held-for-review')
      throw new Error(`${name}: ${outcome} ${message}`);
    if (breaks && !isCaught) missed.push(`${name}: ${outcome} ${message ?? ''}`);
    if (!breaks && isCaught) blocked.push(`${name}: ${message}`);
  }
  const broken = fixtures.filter(({breaks}) => breaks).length;
  const sound = fixtures.length - broken;
  console.log(
    `${broken - missed.length} of ${broken} regressions caught, ${blocked.length} of ${sound} blocked without cause`,
  );
  console.log([...missed, ...blocked].join('\n'));
  expect(missed.length).toBeLessThanOrEqual(Math.floor(broken * 0.05));
  expect(blocked.length).toBeLessThanOrEqual(Math.floor(sound * 0.05));
});
