import type {RunRecord} from '../../src/domain/run.ts';
import {samplePatch} from './sample-patch.ts';
import {type SeededJob, seedRun} from './seed-run.ts';

const header = (name: string): string => `diff --git a/src/${name} b/src/${name}
index 1111111111111111111111111111111111111111..2222222222222222222222222222222222222222 100644
--- a/src/${name}
+++ b/src/${name}
@@ -1,3 +1,5 @@
+// Copyright The Acme Authors
+// SPDX-License-Identifier: MIT
 import {start} from './start.ts';
${' '}
 start();
`;

/** Nine changes, six of them the same, and two failures: what a person finds in the morning. */
export const morningJobs: readonly SeededJob[] = [
  {
    repo: 'acme-api',
    end: 'changed',
    costUsd: 0.02,
    reply: '# acme-api\n\nRun `npm run dev` to launch.\n',
    change: {
      patch: samplePatch,
      summary: 'README names `npm start`; package.json has only `dev`.',
      verified: [
        {command: 'npm run lint', before: 'passed', after: 'passed', durationMs: 8_300, output: '12 files checked\n'},
      ],
    },
  },
  ...['billing', 'mobile', 'search', 'shop', 'web', 'worker'].map(
    (repo): SeededJob => ({
      repo: `acme-${repo}`,
      skill: 'license-header',
      end: 'changed',
      costUsd: 0.004,
      reply: 'done',
      change: {patch: header('main.ts'), patchId: 'license', files: [{path: 'src/main.ts', added: 2, removed: 0}]},
    }),
  ),
  {
    repo: 'acme-docs',
    end: 'changed',
    costUsd: 0.03,
    reply: '# docs',
    change: {
      patch: header('docs.ts'),
      files: [{path: 'src/docs.ts', added: 2, removed: 0}],
      summary: 'Adds what was missing.',
    },
  },
  {
    repo: 'acme-ops',
    end: {failed: 'held-for-review', message: '".github/workflows/ci.yml": a protected path'},
    costUsd: 0.11,
    reply: 'name: ci',
    change: {
      patch: header('ci.yml').replaceAll('src/ci.yml', '.github/workflows/ci.yml'),
      files: [{path: '.github/workflows/ci.yml', added: 2, removed: 0}],
      findings: [{rule: 'protected-path', path: '.github/workflows/ci.yml', detail: 'workflows need a person'}],
      deliver: 'branch',
    },
  },
  {
    repo: 'acme-infra',
    end: {failed: 'reply-truncated', message: 'The reply ended at 16000 tokens'},
    costUsd: 0.41,
    reply: 'half a fi',
  },
  {repo: 'acme-legacy', end: {failed: 'provider-overloaded', message: 'overloaded 5 times in 4 minutes'}, costUsd: 0},
  {repo: 'acme-site', end: 'unchanged', costUsd: 0.01, reply: '# site'},
  {repo: 'acme-tools', end: 'up-to-date'},
];

export function seedMorning(stateDir: string): Promise<RunRecord> {
  return seedRun(stateDir, {jobs: morningJobs, exitCode: 1, budgetUsd: 5, startedAt: Date.now() - 9 * 3_600_000});
}
