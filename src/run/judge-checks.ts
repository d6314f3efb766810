import type {FileEdit, PolicyFinding, VerifyResult} from '../domain/change.ts';
import {gitBlobId} from '../util/git-blob-id.ts';
import {quoteText} from '../util/quote-text.ts';
import type {Trial} from './judge-command.ts';
import {isJudgeFile, isTestFile} from './judge-files.ts';

export interface ChecksToJudge {
  readonly edits: readonly FileEdit[];
  readonly results: readonly VerifyResult[];
  readonly objectFormat: 'sha1' | 'sha256';
  /** Files that the command runs as its scripts. */
  readonly scriptsOf: (command: string) => readonly string[];
  /** Runs the command at the planned commit with these edits and no others. */
  readonly run: (command: string, edits: readonly FileEdit[]) => Promise<Trial>;
}

/**
 * A change cannot choose its own judges: what passes with it has to pass also with the tests, settings and scripts of the check as they are at
 * the planned commit. Where it does not, and where a test is gone, a person has to look.
 */
export async function judgeChecks(checks: ChecksToJudge): Promise<PolicyFinding[]> {
  const {edits, results} = checks;
  const found: PolicyFinding[] = deletedTests(checks);
  for (const result of results) {
    const {command, before, after} = result;
    if (before !== 'passed' || (after !== 'passed' && after !== 'flaky')) continue;
    const scripts = new Set(checks.scriptsOf(command));
    const isJudge = ({path}: FileEdit): boolean => isJudgeFile(path) || scripts.has(path);
    const judges = edits.filter(isJudge);
    const judged = edits.filter(edit => !isJudge(edit));
    // Without anything else the old judges see what they saw before.
    if (judges.length === 0 || judged.length === 0) continue;
    if (!areInEachOthersWay(judges, judged) && (await passesOnce(command, judged, checks))) continue;
    const more = judges.length === 1 ? ' as it was' : ` and ${judges.length - 1} more as they were`;
    const detail = `${quoteText(command)} does not pass with ${quoteText(judges[0]!.path)}${more} before the change`;
    found.push({rule: 'changes-its-checks', path: judges[0]!.path, detail});
  }
  return found;
}

function deletedTests({edits, objectFormat}: ChecksToJudge): PolicyFinding[] {
  const moved = new Set(
    edits.flatMap(({path, after}) => (after && isTestFile(path) ? [gitBlobId(objectFormat, after.bytes)] : [])),
  );
  return edits.flatMap(({path, before, after}) => {
    const isGone = after === undefined && before !== undefined && isTestFile(path) && !moved.has(before.id);
    return isGone ? [{rule: 'changes-its-checks', path, detail: 'a test that was there is gone'} as const] : [];
  });
}

/** A file of the planned commit can lie where the change has a folder, and the other way round. */
function areInEachOthersWay(judges: readonly FileEdit[], judged: readonly FileEdit[]): boolean {
  return judges.some(({path}) =>
    judged.some(other => other.path.startsWith(`${path}/`) || path.startsWith(`${other.path}/`)),
  );
}

/** A check that fails now and then is no reason to doubt the change. */
const tries = 3;

async function passesOnce(command: string, judged: readonly FileEdit[], {run}: ChecksToJudge): Promise<boolean> {
  for (let attempt = 0; attempt < tries; attempt++) if ((await run(command, judged)).end === 'passed') return true;
  return false;
}
