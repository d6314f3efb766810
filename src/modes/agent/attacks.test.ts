import {afterAll, beforeAll, expect, it} from 'vitest';
import {type AttackRig, fileAttacks, openAttackRig} from '../../../test/support/agent-attacks.ts';

let rig: AttackRig;
beforeAll(async () => {
  rig = await openAttackRig();
});
afterAll(() => rig[Symbol.asyncDispose]());

/** Every fifth; all of them, and commands too, are in test/deep. */
const some = fileAttacks().filter((_, index) => index % 5 === 0);

it.each(some.map(attack => [attack.name, attack] as const))(
  'comes to nothing, and stands in the record: %s',
  async (_, attack) => {
    expect(await rig.attack(attack)).toEqual([]);
  },
);
