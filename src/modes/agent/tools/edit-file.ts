import {quoteText} from '../../../util/quote-text.ts';
import {reachPath} from '../reach-path.ts';
import {objectSchema, readText} from '../read-arguments.ts';
import {type Tool, ToolError} from '../tool.ts';
import {maxWrittenFileBytes} from './write-file.ts';

export const editFileTool: Tool = {
  name: 'edit_file',
  description:
    'Replaces one part of a text file of the repo. The old text must occur exactly once, so give enough of it.',
  parameters: objectSchema({
    path: {type: 'string', description: 'Path relative to the repo.'},
    old: {type: 'string', description: 'The text as it stands in the file, line ends and spaces included.'},
    new: {type: 'string', description: 'What takes its place.'},
  }),
  mutates: true,
  async call(input, reach) {
    const path = readText(input, 'path');
    const old = readText(input, 'old');
    const replacement = readText(input, 'new');
    if (old === '') throw new ToolError('"old" is empty; write a new file with write_file');
    if (old === replacement) throw new ToolError('"old" and "new" are the same');
    const {files, inside} = reachPath(path, reach);
    const bytes = await files.read(inside, maxWrittenFileBytes);
    const text = bytes.toString('utf8');
    if (!Buffer.from(text).equals(bytes)) throw new ToolError(`${quoteText(path)} is not a UTF-8 text file`);
    const edited = Buffer.from(replaceOnce(text, old, replacement));
    if (edited.length > maxWrittenFileBytes)
      throw new ToolError(`the file would have ${edited.length} bytes; at most ${maxWrittenFileBytes} are written`);
    await files.write(inside, edited);
    return {text: 'Edited.', changed: true};
  },
};

function replaceOnce(text: string, old: string, replacement: string): string {
  const count = text.split(old).length - 1;
  // Models write line ends as LF, whatever the file has.
  if (count === 0 && text.includes('\r\n') && !old.includes('\r\n') && old.includes('\n'))
    return replaceOnce(text, old.replaceAll('\n', '\r\n'), replacement.replaceAll('\n', '\r\n'));
  if (count === 0) throw new ToolError('"old" does not occur in the file');
  if (count > 1) throw new ToolError(`"old" occurs ${count} times in the file; give more of what is around it`);
  const at = text.indexOf(old);
  return text.slice(0, at) + replacement + text.slice(at + old.length);
}
