import {defineConfig} from 'vitest/config';

const deep = process.env['ORCHESTRATOR_TEST_DEEP'] === '1';

export default defineConfig({
  test: {
    include: deep ? ['test/deep/**/*.test.ts'] : ['src/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: deep ? [] : ['test/deep/**', 'test/fixtures/**'],
    testTimeout: deep ? 1_800_000 : 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    globalSetup: ['test/support/global-setup.ts'],
  },
});
