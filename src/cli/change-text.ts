import {type ChangeSummary, changeStateOf, type PolicyFinding, type VerifyResult} from '../domain/change.ts';
import {jobLabel} from '../domain/job.ts';
import {escapeLine} from '../util/escape-text.ts';
import {sumLines} from '../util/sum-lines.ts';
import {isoTime} from './time-text.ts';

/** `r-20251201-020000-7f3a/readme-generator/api`: what can be typed to mean this change alone. */
export function changeName(change: ChangeSummary): string {
  return `${change.runId}/${jobLabel(change)}`;
}

/** `+12 −4 in 1 file`. */
export function sizeText({change: {files}}: ChangeSummary): string {
  const {added, removed} = sumLines(files);
  return `+${added} −${removed} in ${files.length === 1 ? '1 file' : `${files.length} files`}`;
}

export function findingText({rule, path, detail}: PolicyFinding): string {
  return escapeLine(`${rule}${path === undefined ? '' : ` ${path}`}: ${detail}`);
}

/** `npm test ✓`, `npm test ✗ (passed before)`. */
export function verifyText({command, before, after}: VerifyResult): string {
  const mark = after === 'passed' ? '✓' : after === 'not-run' ? '· not run' : `✗ ${after}`;
  const was = after === 'failed' && before === 'failed' ? ' (also before)' : '';
  return escapeLine(`${command} ${mark}${was}`);
}

/** Metadata only, unless `content` says that the words of a model may be read too. */
export function toChangeJson(record: ChangeSummary, options: {content: boolean}): Record<string, unknown> {
  const {change, decision, delivered} = record;
  return {
    change: changeName(record),
    run: record.runId,
    job: record.jobId,
    repo: record.repo,
    skill: record.skill,
    state: changeStateOf(record),
    commit: change.commit,
    patch_id: change.patchId,
    files: change.files,
    findings: record.findings,
    verified: record.verified.map(({output, durationMs, ...result}) => ({
      ...result,
      duration_ms: durationMs,
      ...(options.content ? {output} : {}),
    })),
    deliver: record.deliver,
    delivered: delivered ?? null,
    decision: decision.kind,
    decided_at: decision.kind === 'pending' ? null : isoTime(decision.at),
    ...(decision.kind === 'rejected' ? {why: decision.why, text: decision.text ?? null} : {}),
    recorded_at: isoTime(record.recordedAt),
    ...(options.content ? {summary: change.summary ?? null} : {}),
  };
}
