import path from 'node:path';
import {expect, it} from 'vitest';
import {makeRepo} from '../../src/testing/temporary-fleet.ts';
import type {ReviewQueue} from '../../src/web/api.ts';
import {openTestPage} from '../support/open-test-page.ts';
import {invitePerson} from '../support/person.ts';
import {noSandbox, sandboxNeed} from '../support/sandbox-rig.ts';

interface Listed {
  readonly repo: string;
  readonly state: string;
  readonly patch_id: string;
}

it.skipIf(noSandbox)(
  `the same edit is not accepted by its name where a check failed with it${sandboxNeed}`,
  async () => {
    await using person = await invitePerson();
    for (const repo of ['a', 'b', 'c']) {
      const check = repo === 'b' ? 'test ! -e NOTICE\n' : 'true\n';
      await makeRepo(path.join(person.home, 'code', repo), {files: {'check.sh': check}});
    }
    await person.write('skills/note/SKILL.md', '---\nname: note\ndescription: Notes\n---\nNotes.\n');
    await person.write('skills/note/scripts/run', '#!/bin/sh\necho the same everywhere > NOTICE\n');
    await person.write('config/tasks.json', {
      tasks: [{name: 'Note', skill: 'note', repos: ['~/code/*'], mode: 'script', verify: ['sh check.sh']}],
      settings: {skills: ['../skills'], deliver: 'patch'},
    });
    await person.call(['--config', 'config/tasks.json']);
    const listed = async (...args: string[]): Promise<Listed[]> =>
      JSON.parse((await person.call(['review', '--json', ...args])).stdout) as Listed[];

    const before = await listed();
    expect(before.map(({repo}) => repo)).toEqual(['b', 'a', 'c']);
    expect(new Set(before.map(({patch_id}) => patch_id)).size).toBe(1);
    {
      await using page = await openTestPage(person.state);
      const {items} = (await (await page.ask('/api/review')).json()) as ReviewQueue;
      expect(items.map(({repo}) => repo)).toEqual(['b', 'a', 'c']);
      const [b, a, c] = items.map(({group}) => group);
      expect(a).toBe(c);
      expect(b).not.toBe(a);
    }
    const patch = before[0]!.patch_id.slice(0, 12);
    expect((await person.call(['accept', patch])).exitCode).toBe(2);
    expect((await person.call(['accept', patch, '--yes'])).exitCode).toBe(0);
    const states = Object.fromEntries((await listed('--all')).map(({repo, state}) => [repo, state]));
    expect(states).toEqual({a: 'to-deliver', b: 'to-review', c: 'to-deliver'});
  },
);
