import {availableParallelism} from 'node:os';
import {defineConfig} from 'vitest/config';

const deep = process.env['ORCHESTRATOR_TEST_DEEP'] === '1';

export default defineConfig({
  test: {
    include: deep ? ['test/deep/**/*.test.ts'] : ['src/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: deep ? [] : ['test/deep/**', 'test/fixtures/**'],
    testTimeout: deep ? 1_800_000 : 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // Most tests wait for processes of ours, and leave the processor to others.
    ...(deep ? {} : {maxWorkers: Math.max(2, availableParallelism() - 1)}),
    globalSetup: ['test/support/global-setup.ts'],
  },
});
