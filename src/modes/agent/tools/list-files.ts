import picomatch from 'picomatch';
import {reachPath} from '../reach-path.ts';
import {objectSchema, readOptionalText} from '../read-arguments.ts';
import {type Tool, ToolError} from '../tool.ts';

const maxShown = 500;
const maxSeen = 100_000;

export const listFilesTool: Tool = {
  name: 'list_files',
  description: `Lists files below a folder, with their whole paths; at most ${maxShown}. Folders end in "/".`,
  parameters: objectSchema({
    'path?': {type: 'string', description: 'Folder relative to the repo, or "/skill/…"; default: the whole repo.'},
    'pattern?': {type: 'string', description: 'Glob that paths must match, such as "src/**/*.ts" or "*.md".'},
  }),
  mutates: false,
  async call(input, reach) {
    const path = readOptionalText(input, 'path') ?? '';
    const matches = matcherOf(readOptionalText(input, 'pattern'));
    const {files, inside, isSkill} = reachPath(path, reach);
    const {found, cut} = await files.list(inside, maxSeen);
    const prefix = isSkill ? '/skill/' : '';
    const wanted = found.filter(({path: name, kind}) => kind !== 'folder' && matches(name));
    const lines = wanted
      .slice(0, maxShown)
      .map(({path: name, kind}) => `${prefix}${name}${kind === 'file' ? '' : ` (${kind})`}`);
    if (wanted.length > maxShown)
      lines.push(`[cut: ${wanted.length - maxShown} more; give a folder or a narrower pattern]`);
    if (cut) lines.push(`[cut: only the first ${maxSeen} entries were looked at]`);
    return {text: lines.length === 0 ? '[no files]' : lines.join('\n')};
  },
};

/** A pattern without a slash is about names in any folder, as people expect. */
function matcherOf(pattern: string | undefined): (path: string) => boolean {
  if (pattern === undefined || pattern === '') return () => true;
  if (pattern.length > 1000) throw new ToolError('the pattern is longer than 1000 characters');
  return picomatch(pattern, {dot: true, nonegate: true, basename: !pattern.includes('/'), noext: true});
}
