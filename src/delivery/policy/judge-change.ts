import type {Change, FileEdit, PolicyFinding} from '../../domain/change.ts';
import {parsePatch} from '../../util/parse-patch.ts';
import {judgeContent, judgeName} from './content-rules.ts';
import {judgeKind} from './kind-rules.ts';
import {createPathRules} from './path-rules.ts';
import type {Policy} from './policy.ts';

/**
 * Why the change may not leave before a person has seen it; empty when nothing speaks against it. Judged is what the change does to the
 * tree, not what anybody says about it. No more than 20 findings of a rule are told, the last of them with how many more there are.
 */
export async function judgeChange(change: Change, policy: Policy): Promise<readonly PolicyFinding[]> {
  const found: PolicyFinding[] = judgeSize(change, policy);
  const judgePath = createPathRules(policy);
  const sections = Map.groupBy(parsePatch(change.patch), ({path}) => path);
  for (const edit of change.edits) {
    const parts = sections.get(edit.path) ?? [];
    found.push(...judgePath(edit.path), ...(await judgeName(edit, policy)));
    found.push(...judgeKind(edit, parts), ...(await judgeContent(edit, parts, policy)));
  }
  return shorten(found);
}

/** A patch of more bytes than this is read by nobody, however few its lines. */
const maxPatchBytes = 2_000_000;

function judgeSize({files, edits, patch}: Change, {maxChangedFiles, maxChangedLines}: Policy): PolicyFinding[] {
  const found: PolicyFinding[] = [];
  if (edits.length > maxChangedFiles) {
    found.push({rule: 'too-many-files', detail: `${edits.length} files are changed, more than ${maxChangedFiles}`});
  }
  const lines = files.reduce((sum, {added, removed}) => sum + added + removed, 0);
  if (lines > maxChangedLines) {
    found.push({rule: 'too-large', detail: `${lines} lines are changed, more than ${maxChangedLines}`});
  }
  const bytes = Math.max(patch.length, sizeOf(edits.filter(({before}) => before === undefined)));
  if (bytes > maxPatchBytes) {
    found.push({rule: 'too-large', detail: `the change has ${bytes} bytes, more than ${maxPatchBytes}`});
  }
  return found;
}

function sizeOf(edits: readonly FileEdit[]): number {
  return edits.reduce((sum, {after}) => sum + (after?.bytes.length ?? 0), 0);
}

const toldOfRule = 20;

function shorten(findings: readonly PolicyFinding[]): PolicyFinding[] {
  const counts = new Map<string, number>();
  for (const {rule} of findings) counts.set(rule, (counts.get(rule) ?? 0) + 1);
  const told = new Map<string, number>();
  return findings.flatMap(finding => {
    const count = (told.get(finding.rule) ?? 0) + 1;
    told.set(finding.rule, count);
    if (count > toldOfRule) return [];
    const more = counts.get(finding.rule)! - toldOfRule;
    return [count === toldOfRule && more > 0 ? {...finding, detail: `${finding.detail} (and ${more} more)`} : finding];
  });
}
