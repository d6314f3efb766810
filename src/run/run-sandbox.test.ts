import {expect, it} from 'vitest';
import {SandboxError} from '../sandbox/sandbox.ts';
import {createRunSandbox} from './run-sandbox.ts';

it('a sandbox that cannot be started in the middle of a run fails the job, by name', async () => {
  const broken = createRunSandbox(
    async () => ({
      sandbox: {
        tier: 'strong',
        seenAt: ({at}) => at,
        run: () => Promise.reject(new SandboxError('the sandbox cannot be started: no space left')),
      },
    }),
    () => {},
  );
  const sandbox = await broken.open();
  await expect(sandbox.run({argv: ['true'], workspace: '/', timeoutMs: 1000})).rejects.toMatchObject({
    failure: {reason: 'sandbox-unavailable', message: 'the sandbox cannot be started: no space left'},
  });
});
