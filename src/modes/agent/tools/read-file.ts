import {quoteText} from '../../../util/quote-text.ts';
import {reachPath} from '../reach-path.ts';
import {objectSchema, readOptionalCount, readText} from '../read-arguments.ts';
import {type Tool, ToolDenied, ToolError, type ToolReach} from '../tool.ts';

const maxFileBytes = 8 * 1024 * 1024;
const defaultLines = 2000;
const maxCharacters = 40_000;

export const readFileTool: Tool = {
  name: 'read_file',
  description:
    'Reads a text file of the repo, or of the skill under "/skill/". Long files come in parts: the end of the answer says how to read on.',
  parameters: objectSchema({
    path: {type: 'string', description: 'Path relative to the repo, or "/skill/…".'},
    'offset?': {type: 'integer', description: 'First line, from 1.'},
    'limit?': {type: 'integer', description: `Number of lines; default ${defaultLines}.`},
    'column?': {
      type: 'integer',
      description: 'For a line that is too long to be shown at once: its first character, from 1.',
    },
  }),
  mutates: false,
  async call(input, reach) {
    const path = readText(input, 'path');
    const offset = readOptionalCount(input, 'offset', 1) ?? 1;
    const limit = readOptionalCount(input, 'limit', 1) ?? defaultLines;
    const column = readOptionalCount(input, 'column', 1);
    const text = await readShownText(path, reach);
    return {
      text: column === undefined ? cutLines(text, offset, limit) : cutLine(linesOf(text, offset), offset, column),
    };
  },
};

/** The whole text of a file that the model may be shown. */
async function readShownText(path: string, reach: ToolReach): Promise<string> {
  const {files, inside, isSkill} = reachPath(path, reach);
  const bytes = await files.read(inside, maxFileBytes);
  if (bytes.subarray(0, 8192).includes(0)) throw new ToolError(`${quoteText(path)} is a binary file`);
  const text = bytes.toString('utf8');
  if (!isSkill) await assertShowable(inside, text, reach);
  return text;
}

async function assertShowable(path: string, text: string, reach: ToolReach): Promise<void> {
  const byName = reach.secretNameRule(path);
  const [found] = byName === undefined ? await reach.findSecrets(path, text) : [];
  const rule = byName ?? (found === undefined ? undefined : `${found.rule} at line ${found.line}`);
  if (rule !== undefined)
    throw new ToolDenied(`${quoteText(path)} is held back: it holds what looks like a secret (${rule})`);
}

function linesOf(text: string, offset: number): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  if (offset > lines.length && offset > 1)
    throw new ToolError(`the file has ${lines.length} lines; line ${offset} is beyond its end`);
  return lines;
}

function cutLines(text: string, offset: number, limit: number): string {
  const lines = linesOf(text, offset);
  const shown: string[] = [];
  let characters = 0;
  for (const line of lines.slice(offset - 1, offset - 1 + limit)) {
    characters += line.length + 1;
    if (characters > maxCharacters) break;
    shown.push(line);
  }
  const [first = ''] = lines.slice(offset - 1);
  if (shown.length === 0 && first.length > maxCharacters) return cutLine(lines, offset, 1);
  const end = offset - 1 + shown.length;
  const more =
    end < lines.length ? `\n[cut: lines ${offset} to ${end} of ${lines.length}; read on with offset ${end + 1}]` : '';
  return text === '' ? '[the file is empty]' : `${shown.join('\n')}${more}`;
}

/** A part of one line. */
function cutLine(lines: readonly string[], offset: number, column: number): string {
  const line = lines[offset - 1] ?? '';
  if (column > line.length && column > 1)
    throw new ToolError(`line ${offset} has ${line.length} characters; column ${column} is beyond its end`);
  const end = Math.min(line.length, column - 1 + maxCharacters);
  const more =
    end < line.length
      ? `read on with offset ${offset} and column ${end + 1}`
      : offset < lines.length
        ? `read on with offset ${offset + 1}`
        : 'the file ends here';
  return `${line.slice(column - 1, end)}\n[cut: characters ${column} to ${end} of ${line.length} of line ${offset}; ${more}]`;
}
