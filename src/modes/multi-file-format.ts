import {JobFailure} from '../domain/outcome.ts';
import type {ProposedFile} from '../domain/proposed-file.ts';
import {pathProblem} from '../util/path-problem.ts';
import {quoteText} from '../util/quote-text.ts';
import {coversOutput} from './output-path.ts';

/** True when a reply must come in marked sections: several files, or a folder whose file names the model chooses. */
export function needsSections(outputs: readonly string[]): boolean {
  return outputs.length > 1 || outputs.some(output => output.endsWith('/'));
}

/** What the prompt says about the shape of the answer. */
export function multiFileInstructions(outputs: readonly string[]): string {
  const names = outputs.map(output =>
    output.endsWith('/') ? `- one or more files below \`${output}\`` : `- \`${output}\``,
  );
  return [
    'Answer with exactly these files, each one once:',
    names.join('\n'),
    'Each file stands between two marker lines, and nothing stands outside of them. No code fence around the markers or the files:',
    '=== FILE: path/of/the/file ===\n(the whole content of the file)\n=== END FILE ===',
  ].join('\n\n');
}

const maxFiles = 100;

/** Cuts a reply at its markers. Throws when a declared file is missing or twice, when a name was not asked for, or when there is talk between. */
export function parseSections(text: string, outputs: readonly string[]): ProposedFile[] {
  const files: ProposedFile[] = [];
  let section: {path: string; lines: string[]} | undefined;
  for (const line of text.split('\n')) {
    const start = /^=== FILE: (.+?) ===\s*$/.exec(line)?.[1];
    const isEnd = /^=== END FILE ===\s*$/.test(line);
    if (start !== undefined && section !== undefined) throw offFormat(`${quoteText(section.path)} has no end marker`);
    if (isEnd && section === undefined) throw offFormat('an end marker stands alone');
    if (start !== undefined) {
      section = {path: start.trim(), lines: []};
    } else if (isEnd) {
      files.push({path: section!.path, text: section!.lines.join('\n')});
      section = undefined;
    } else if (section !== undefined) {
      section.lines.push(line);
    } else if (line.trim() !== '') {
      if (text.includes('=== FILE: '))
        throw new JobFailure('reply-chatter', `The reply talks outside of its files: ${quoteText(line.trim(), 60)}`);
      throw offFormat('it has no file markers');
    }
  }
  if (section !== undefined) throw offFormat(`${quoteText(section.path)} has no end marker`);
  assertDeclared(files, outputs);
  return files;
}

function assertDeclared(files: readonly ProposedFile[], outputs: readonly string[]): void {
  if (files.length > maxFiles) throw offFormat(`it has ${files.length} files`);
  const seen = new Set<string>();
  for (const {path} of files) {
    const problem = pathProblem(path);
    if (problem !== undefined)
      throw new JobFailure(
        'path-escapes',
        `The reply names the file ${quoteText(path)}, which ${problem}; nothing was written.`,
      );
    if (seen.has(path)) throw offFormat(`${quoteText(path)} is given twice`);
    seen.add(path);
    if (!outputs.some(output => coversOutput(output, path))) throw offFormat(`${quoteText(path)} was not asked for`);
  }
  for (const output of outputs) {
    if (!files.some(({path}) => coversOutput(output, path))) throw offFormat(`${quoteText(output)} is missing`);
  }
}

function offFormat(what: string): JobFailure {
  return new JobFailure('reply-off-format', `The reply is not in the form of marked files: ${what}.`);
}
