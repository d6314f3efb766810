import {mkdir, readdir} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {type AttackRig, commandAttacks, fileAttacks, openAttackRig} from '../support/agent-attacks.ts';
import {type AgentRig, openAgentRig} from '../support/agent-rig.ts';
import {type FolderFlipper, flipFolder} from '../support/flip-folder.ts';
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

  it('writes nothing outside while folders become links under it', async () => {
    await using race: AgentRig = await openAgentRig({'main.py': '1\n'});
    const outside = path.join(race.directory, 'outside');
    await mkdir(outside);
    const writes = 10_000;
    let flips = 0;
    let flipper: FolderFlipper | undefined;
    const turns = writes / 25;
    const run = await race.run(
      async turn => {
        // The diff is made when nobody is at work there any more.
        if (turn === turns) flips = (await flipper?.stop()) ?? 0;
        return {
          calls:
            turn < turns
              ? [
                  // Something has to work, or it is given up.
                  ['read_file', {path: 'main.py', limit: turn + 1}] as const,
                  ...Array.from(
                    {length: 25},
                    (_, index) => ['write_file', {path: `d/${turn}-${index}`, content: 'x'}] as const,
                  ),
                ]
              : [['finish', {summary: 'done'}]],
        };
      },
      {
        job: {maxTurns: turns + 2, contextTokens: 4_000_000, jobTimeoutMs: 600_000},
        before: async directory => {
          flipper = await flipFolder(directory, 'd', outside);
        },
        verify: async () => undefined,
      },
    );
    console.log(`${run.results.length} writes, ${flips} flips, ${(await readdir(outside)).length} outside`);
    expect(await readdir(outside)).toEqual([]);
    expect(flips).toBeGreaterThan(100);
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
