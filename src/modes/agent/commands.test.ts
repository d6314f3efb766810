import {readdir} from 'node:fs/promises';
import path from 'node:path';
import {describe, expect, it} from 'vitest';
import {openAgentRig, steps} from '../../../test/support/agent-rig.ts';
import {noSandbox, openSandboxRig, sandboxNeed} from '../../../test/support/sandbox-rig.ts';

describe.skipIf(noSandbox)(`commands of an agent${sandboxNeed}`, () => {
  it('run beside the file tools on the same files, see the skill, and are part of the diff', async () => {
    await using sandboxRig = await openSandboxRig();
    await using rig = await openAgentRig({'a.txt': 'one\n'});
    const {results, proposal} = await rig.run(
      steps({
        calls: [
          ['write_file', {path: 'new/b.txt', content: 'two\n'}],
          ['run_command', {command: 'cat a.txt new/b.txt; echo three >> a.txt; echo more >> new/b.txt'}],
          [
            'run_command',
            {command: 'cat "$ORCHESTRATOR_SKILL_DIR/references/rules.md"; echo x > "$ORCHESTRATOR_SKILL_DIR/x"'},
          ],
          ['read_file', {path: 'a.txt'}],
          ['edit_file', {path: 'new/b.txt', old: 'more', new: 'less'}],
          ['run_command', {command: 'exit 3'}],
          ['run_command', {command: 'sleep 60', timeout_s: 1}],
        ],
      }),
      {mode: {sandbox: sandboxRig.sandbox}},
    );
    expect(results.map(({isError}) => isError)).toEqual([false, false, true, false, false, true, true, false]);
    const texts = results.map(({text}) => text);
    expect(texts[1]).toBe('exit code 0\none\ntwo\n');
    expect(texts[2]).toMatch(/^exit code [12]\nBe brief\.\n/);
    expect(texts[3]).toBe('one\nthree');
    expect(texts.slice(4, 7)).toEqual([
      'Edited.',
      'exit code 3\n[no output]',
      'killed: it reached its limit of time\n[no output]',
    ]);
    expect(proposal?.edits.map(({path: file, after}) => [file, after?.bytes.toString()])).toEqual([
      ['a.txt', 'one\nthree\n'],
      ['new/b.txt', 'two\nless\n'],
    ]);
    expect(await readdir(rig.skillDirectory)).toEqual(['SKILL.md', 'references']);
    const left = await readdir(path.join(rig.directory, 'state', 'workspaces'));
    expect(left).toEqual([]);
  });

  it('that do nothing but fail are a stall', async () => {
    await using sandboxRig = await openSandboxRig();
    await using rig = await openAgentRig({'a.txt': 'one\n'});
    const {failure, turns} = await rig.run(turn => ({calls: [['run_command', {command: `exit ${turn + 1}`}]]}), {
      mode: {sandbox: sandboxRig.sandbox},
    });
    expect(failure?.failure.reason).toBe('agent-stalled');
    expect(turns).toHaveLength(10);
    expect(turns[3]?.tools).toMatchObject([{name: 'run_command', isError: true}]);
  });
});
