import {isUtf8} from 'node:buffer';
import type {Change, FileEdit} from '../domain/change.ts';
import type {ObjectReader, TreeEntry} from '../domain/git.ts';
import type {Job} from '../domain/job.ts';
import {JobFailure} from '../domain/outcome.ts';
import type {ProposedFile} from '../domain/proposed-file.ts';
import type {Skill} from '../domain/skill.ts';
import {quoteText} from '../util/quote-text.ts';
import {checkOutput, checksOfChanges} from './check-output.ts';
import {isMarkdownPath} from './file-kind.ts';
import {type LinkedFiles, linkFaults} from './link-faults.ts';
import {markdownFaults} from './markdown-faults.ts';
import {coversOutput} from './output-path.ts';

export interface CheckedChange {
  readonly change: Pick<Change, 'edits'>;
  readonly job: Pick<Job, 'mode' | 'outputs'>;
  readonly skill: Pick<Skill, 'checks' | 'output' | 'outputs'>;
  /** Every file of the planned commit, by path. */
  readonly entries: ReadonlyMap<string, TreeEntry>;
  readonly reader: Pick<ObjectReader, 'blobs'>;
}

/** Throws `skill-check-failed` when the change does not meet what its skill asks for, whoever made it. What was wrong before is not its fault. */
export async function checkChange(checked: CheckedChange): Promise<void> {
  const {change, job, skill} = checked;
  const texts = textsOf(change.edits);
  // Simple mode has checked the reply, and has it written anew when it fails.
  if (job.mode !== 'simple') checkTexts(texts, job, skill);
  const files = linkedFiles(checked);
  const faults: string[] = [];
  for (const {path, text} of texts.filter(file => isMarkdownPath(file.path))) {
    for (const fault of await newFaults(path, text, files, checked)) faults.push(`${quoteText(path)}: ${fault}`);
  }
  if (faults.length === 0) return;
  const more = faults.length > shownFaults ? `; and ${faults.length - shownFaults} more` : '';
  throw new JobFailure(
    'skill-check-failed',
    `The change does not meet its skill: ${faults.slice(0, shownFaults).join('; ')}${more}.`,
  );
}

const shownFaults = 5;

/** With declared outputs, about those; without, about all that was changed, of which no file need be a whole document. */
function checkTexts(
  texts: readonly ProposedFile[],
  {outputs}: CheckedChange['job'],
  {checks, output, outputs: declared}: CheckedChange['skill'],
): void {
  const isDeclared = output !== undefined || declared.length > 0;
  const judged = isDeclared ? texts.filter(({path}) => outputs.some(each => coversOutput(each, path))) : texts;
  if (judged.length > 0) checkOutput(judged, isDeclared ? checks : checksOfChanges(checks));
}

async function newFaults(path: string, text: string, files: LinkedFiles, checked: CheckedChange): Promise<string[]> {
  const {checks} = checked.skill;
  const all = async (document: string): Promise<string[]> => [
    ...(checks.markdown === false ? [] : markdownFaults(document)),
    ...(checks.links === true ? await linkFaults(path, document, files) : []),
  ];
  const now = await all(text);
  if (now.length === 0) return now;
  const was = await textBefore(path, checked);
  if (was === undefined) return now;
  const before = new Set(await all(was));
  return now.filter(fault => !before.has(fault));
}

function textsOf(edits: readonly FileEdit[]): ProposedFile[] {
  return edits.flatMap(({path, after}) => {
    if (after === undefined || after.kind === 'symlink' || after.kind === 'submodule' || !isUtf8(after.bytes))
      return [];
    return [{path, text: after.bytes.toString('utf8')}];
  });
}

async function textBefore(path: string, {change, reader}: CheckedChange): Promise<string | undefined> {
  const before = change.edits.find(edit => edit.path === path)?.before;
  if (before === undefined || before.kind === 'submodule') return undefined;
  return (await reader.blobs([before.id]))[0]?.toString('utf8');
}

function linkedFiles({change, entries, reader}: CheckedChange): LinkedFiles {
  const edits = new Map(change.edits.map(edit => [edit.path, edit]));
  let folders: Set<string> | undefined;
  const isFile = (path: string): boolean =>
    edits.has(path) ? edits.get(path)!.after !== undefined : entries.has(path);
  const readFolders = (): Set<string> => {
    const found = new Set<string>();
    for (const path of [...entries.keys(), ...edits.keys()]) {
      if (!isFile(path)) continue;
      for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) found.add(path.slice(0, at));
    }
    return found;
  };
  return {
    has(path) {
      if (isFile(path)) return true;
      folders ??= readFolders();
      return folders.has(path);
    },
    async read(path) {
      const edit = edits.get(path);
      if (edit !== undefined) return edit.after?.bytes.toString('utf8');
      const entry = entries.get(path);
      if (entry === undefined || (entry.kind !== 'file' && entry.kind !== 'executable')) return undefined;
      return (await reader.blobs([entry.id]))[0]?.toString('utf8');
    },
  };
}
