import {expect, it} from 'vitest';
import {crashModes} from '../support/crash-point.ts';
import {type KillTrial, killDeliveries} from '../support/kill-deliver.ts';
import {invitePerson} from '../support/person.ts';

it.each([
  ['files', []],
  ['branch', ['--deliver', 'branch']],
])(
  'deliver into %s, killed at every durable operation and started again, ends as an undisturbed one',
  async (kind, args) => {
    await using person = await invitePerson();
    await person.own(['api', 'web']);
    await person.write('config/tasks.json', {
      tasks: [{name: 'READMEs', skill: 'readme-generator', group: 'all', deliver: 'patch'}],
      settings: {model: 'offline', fleet: 'repos.json'},
    });
    await person.call(['--config', 'config/tasks.json']);
    await person.call(['accept', '--all', '--yes']);
    const {operations, killed, problems} = await killDeliveries(person, args, count =>
      Array.from({length: count}, (_, index) => index + 1).flatMap(at =>
        crashModes.map((mode): KillTrial => ({at, mode})),
      ),
    );
    process.stdout.write(`${kind}: ${operations} operations, ${killed} killed, ${problems.length} problems\n`);
    expect(problems).toEqual([]);
    expect(killed).toBeGreaterThan(operations);
  },
  1_800_000,
);
