import {chmod, stat} from 'node:fs/promises';
import path from 'node:path';
import {expect, it} from 'vitest';
import {makeTemporaryDirectory} from '../testing/temporary-fleet.ts';
import {metricsToken} from './metrics-token.ts';

it('is the same at every start: from the environment, else from a file that nobody else can read', async () => {
  await using home = await makeTemporaryDirectory();
  const stateDir = path.join(home.path, 'state');
  const made = metricsToken({env: {}, stateDir});
  expect(made).toMatch(/^[\w-]{43}$/);
  expect(metricsToken({env: {}, stateDir})).toBe(made);
  const file = path.join(stateDir, 'metrics-token');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  await chmod(file, 0o644);
  expect(() => metricsToken({env: {}, stateDir})).toThrow(/can be read by others/);
  expect(
    metricsToken({env: {ORCHESTRATOR_METRICS_TOKEN: 'from the monitor'.replaceAll(' ', '-').repeat(2)}, stateDir}),
  ).toBe('from-the-monitorfrom-the-monitor');
  expect(() => metricsToken({env: {ORCHESTRATOR_METRICS_TOKEN: 'short'}, stateDir})).toThrow(/no usable token/);
  expect(metricsToken({env: {}, stateDir: path.join(file, 'no-folder')})).toMatch(/^[\w-]{43}$/);
});
