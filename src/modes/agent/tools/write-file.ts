import {reachPath} from '../reach-path.ts';
import {objectSchema, readText} from '../read-arguments.ts';
import {type Tool, ToolError} from '../tool.ts';

/** What one file may hold that a model writes. */
export const maxWrittenFileBytes = 2 * 1024 * 1024;

export const writeFileTool: Tool = {
  name: 'write_file',
  description: 'Writes a whole text file of the repo; makes it and its folders when they are not there.',
  parameters: objectSchema({
    path: {type: 'string', description: 'Path relative to the repo.'},
    content: {type: 'string', description: 'The whole new content.'},
  }),
  mutates: true,
  async call(input, reach) {
    const path = readText(input, 'path');
    const bytes = Buffer.from(readText(input, 'content'));
    if (bytes.length > maxWrittenFileBytes)
      throw new ToolError(`the content has ${bytes.length} bytes; at most ${maxWrittenFileBytes} are written`);
    const {files, inside} = reachPath(path, reach);
    const before = await files.readIfThere(inside, maxWrittenFileBytes).catch(error => {
      // Too large to compare, or no file at all: writing then says what is wrong.
      if (error instanceof ToolError) return undefined;
      throw error;
    });
    if (before?.equals(bytes)) return {text: 'The file has this content already; nothing was changed.'};
    await files.write(inside, bytes);
    return {text: `${before === undefined ? 'Made' : 'Replaced'}: ${bytes.length} bytes.`, changed: true};
  },
};
