import {spawnSync} from 'node:child_process';
import {expect, it} from 'vitest';
import {defaultSandboxLimits} from '../domain/sandbox.ts';
import {kernelLimits} from './kernel-limits.ts';

const own = `Limit                     Soft Limit           Hard Limit           Units
Max file size             unlimited            unlimited            bytes
Max data size             unlimited            1000000              bytes
Max open files            1024                 4096                 files
`;

it('asks for no more than an ordinary user has', () => {
  expect(kernelLimits(defaultSandboxLimits, own)).toEqual([
    ...['--data=1000000', `--fsize=${defaultSandboxLimits.diskBytes}`, '--nofile=4096', '--core=0'],
  ]);
});

it.skipIf(process.platform !== 'linux')('asks for what can be given here', () => {
  const limits = kernelLimits(defaultSandboxLimits);
  expect(spawnSync('prlimit', [...limits, '--', 'true']).status).toBe(0);
});
