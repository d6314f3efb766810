import type {RunRecord} from '../../src/domain/run.ts';
import {htmlPayloads} from './html-payloads.ts';
import {type SeededJob, seedRun} from './seed-run.ts';

/** A run in which every text that comes from a model, a repo or a person is hostile; one job for each text. */
export async function seedHostile(
  stateDir: string,
  count: number,
): Promise<{run: RunRecord; texts: readonly string[]}> {
  const texts = htmlPayloads(count);
  const run = await seedRun(stateDir, {
    jobs: texts.flatMap(toJobs),
    exitCode: 1,
    description: texts[0]!,
    startedAt: Date.now() - 3_600_000,
  });
  return {run, texts};
}

function toJobs(text: string, index: number): SeededJob[] {
  const line = text.replaceAll('\n', ' ');
  const names = {repo: `${text} ${index}`, skill: text, task: text, model: text};
  if (index % 3 === 0) return [{...names, end: {failed: 'reply-off-format', message: text}, reply: text, costUsd: 0.1}];
  return [
    {
      ...names,
      end: 'changed',
      reply: text,
      costUsd: 0.1,
      change: {
        patch: `diff --git a/${line} b/${line}\nold mode 100644\nnew mode 100755\n--- a/${line}\n+++ b/${line}\n@@ -1,2 +1,2 @@ ${line}\n ${line}\n-${line}\n+${line}!\n`,
        patchId: String(index),
        files: [{path: text, added: 1, removed: 1}],
        summary: text,
        findings: [{rule: 'protected-path', path: text, detail: text}],
        verified: [{command: text, before: 'passed', after: 'failed', durationMs: 1, output: text}],
      },
    },
  ];
}
