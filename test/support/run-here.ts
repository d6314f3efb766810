import {defaultSandboxSettings} from '../../src/domain/sandbox.ts';
import {createBubblewrap} from '../../src/sandbox/bubblewrap.ts';
import {createExternal} from '../../src/sandbox/external.ts';

// Runs one command in a sandbox and prints what it said: argv is the tier, a workspace and the command.
const [, , tier, workspace = '', command = ''] = process.argv;
const create = tier === 'external' ? createExternal : createBubblewrap;
const {output} = await create(defaultSandboxSettings).run({
  argv: ['/bin/sh', '-c', command],
  workspace,
  timeoutMs: 20_000,
});
process.stdout.write(output);
