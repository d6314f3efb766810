import {defaultSandboxSettings} from '../../src/domain/sandbox.ts';
import {createBubblewrap} from '../../src/sandbox/bubblewrap.ts';

// Starts commands that hide as well as they can, until it is killed: argv is the mark by which they are found, a workspace, and perhaps
// the one command to run instead, and the hosts that commands may reach.
const [, , mark = '', workspace = '', given = '', ...network] = process.argv;
const sandbox = createBubblewrap({...defaultSandboxSettings, network});
const hiding = `setsid sleep ${mark} & (setsid nohup sleep ${mark} >/dev/null 2>&1 &) ; sh -c 'sleep ${mark} & sleep ${mark}' & sleep ${mark}`;
console.log('started');
for (;;) {
  const all = (given === '' ? [hiding, hiding] : [given]).map(command =>
    sandbox.run({argv: ['/bin/sh', '-c', command], workspace, timeoutMs: given === '' ? 300 : 60_000}),
  );
  await Promise.all(all);
}
