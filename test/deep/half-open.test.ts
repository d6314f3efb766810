import {execFileSync, spawn} from 'node:child_process';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {createPost} from '../../src/util/post-once.ts';

// A peer behind a real network interface, so that the cable can be pulled. Needs root and iproute2.
const space = `orch-${process.pid}`;
const [near, far] = [`on${process.pid}`, `of${process.pid}`];
const ip = (...args: string[]): void => void execFileSync('ip', args, {stdio: 'ignore'});
const canMakeNetworks = ((): boolean => {
  try {
    ip('netns', 'add', space);
    ip('link', 'add', near, 'type', 'veth', 'peer', 'name', far);
    return true;
  } catch {
    return false;
  }
})();

describe.skipIf(!canMakeNetworks)(
  'a peer that vanishes (needs root; fix: apt-get install -y iproute2, run as root)',
  () => {
    beforeAll(() => {
      ip('link', 'set', far, 'netns', space);
      ip('addr', 'add', '10.213.77.1/30', 'dev', near);
      ip('link', 'set', near, 'up');
      ip('-n', space, 'addr', 'add', '10.213.77.2/30', 'dev', far);
      ip('-n', space, 'link', 'set', far, 'up');
    });
    afterAll(() => {
      ip('netns', 'del', space);
    });

    it('before it answers is found within 30 s, long before the call times out', {timeout: 90_000}, async () => {
      const program = `require('node:http').createServer(q => {q.resume(); q.on('end', () => console.log('asked'))}).listen(8099, '10.213.77.2', () => console.log('up'))`;
      const peer = spawn('ip', ['netns', 'exec', space, process.execPath, '-e', program]);
      try {
        const said = (word: string): Promise<void> =>
          new Promise(resolve => peer.stdout.on('data', chunk => String(chunk).includes(word) && resolve()));
        await said('up');
        const asked = said('asked');
        const answer = createPost({})({
          url: 'http://10.213.77.2:8099/v1/messages',
          headers: {},
          body: '{}',
          signal: AbortSignal.timeout(80_000),
        });
        const failure = expect(answer).rejects.toMatchObject({kind: 'unreachable'});
        await asked;
        const cutAt = performance.now();
        ip('-n', space, 'link', 'set', far, 'down');
        await failure;
        expect(performance.now() - cutAt).toBeLessThan(30_000);
      } finally {
        peer.kill('SIGKILL');
      }
    });
  },
);
