import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {type AttackRig, commandAttacks, fileAttacks, openAttackRig} from '../support/agent-attacks.ts';
import {noSandbox, openSandboxRig, type SandboxRig, sandboxNeed} from '../support/sandbox-rig.ts';

describe('a fully hijacked model', () => {
  let rig: AttackRig;
  beforeAll(async () => {
    rig = await openAttackRig();
  });
  afterAll(() => rig[Symbol.asyncDispose]());

  it('breaks no rule with the file tools', async () => {
    const attacks = fileAttacks();
    const problems: string[] = [];
    for (const attack of attacks) {
      problems.push(...(await rig.attack(attack)).map(problem => `${attack.name}: ${problem}`));
    }
    console.log(`${attacks.length} attacks with the file tools, ${problems.length} violations`);
    expect(problems).toEqual([]);
    expect(attacks.length).toBeGreaterThan(200);
  });

  it.skipIf(noSandbox)(`breaks no rule with commands${sandboxNeed}`, async () => {
    await using sandboxRig: SandboxRig = await openSandboxRig();
    const problems: string[] = [];
    const attacks = commandAttacks();
    for (const attack of attacks) {
      problems.push(...(await rig.attack(attack, sandboxRig.sandbox)).map(problem => `${attack.name}: ${problem}`));
    }
    console.log(`${attacks.length} attacks with commands, ${problems.length} violations`);
    expect(problems).toEqual([]);
  });
});
