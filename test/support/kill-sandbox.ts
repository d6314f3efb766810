import {defaultSandboxSettings} from '../../src/domain/sandbox.ts';
import {createBubblewrap} from '../../src/sandbox/bubblewrap.ts';

// Starts commands that hide as well as they can, until it is killed: argv is the mark by which they are found, and a workspace.
const [, , mark = '', workspace = ''] = process.argv;
const sandbox = createBubblewrap(defaultSandboxSettings);
const command = `setsid sleep ${mark} & (setsid nohup sleep ${mark} >/dev/null 2>&1 &) ; sh -c 'sleep ${mark} & sleep ${mark}' & sleep ${mark}`;
console.log('started');
for (;;) {
  const all = [1, 2].map(() => sandbox.run({argv: ['/bin/sh', '-c', command], workspace, timeoutMs: 300}));
  await Promise.all(all);
}
