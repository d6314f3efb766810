import {takeRests} from '../../../util/take-rests.ts';
import type {FoundFile} from '../agent-files.ts';
import {reachPath} from '../reach-path.ts';
import {objectSchema, readGlob, readOptionalText} from '../read-arguments.ts';
import type {Tool} from '../tool.ts';

const maxShown = 500;
const maxSeen = 100_000;
const maxFolders = 50;

export const listFilesTool: Tool = {
  name: 'list_files',
  description: `Lists files below a folder, with their whole paths; at most ${maxShown}. Of more it says in which folders they are.`,
  parameters: objectSchema({
    'path?': {type: 'string', description: 'Folder relative to the repo, or "/skill/…"; default: the whole repo.'},
    'pattern?': {type: 'string', description: 'Glob that paths must match, such as "src/**/*.ts" or "*.md".'},
  }),
  mutates: false,
  async call(input, reach) {
    const path = readOptionalText(input, 'path') ?? '';
    const glob = readGlob(input, 'pattern');
    const {files, inside, isSkill} = reachPath(path, reach);
    const {found, cut} = await files.list(inside, maxSeen, reach.signal);
    const rest = takeRests(reach.signal);
    const wanted: FoundFile[] = [];
    for (const file of found) {
      await rest();
      const isShown = isSkill || (reach.shows?.(file.path) ?? true);
      if (file.kind !== 'folder' && isShown && (glob?.matches(file.path) ?? true)) wanted.push(file);
    }
    const prefix = isSkill ? '/skill/' : '';
    const lines = wanted
      .slice(0, maxShown)
      .map(({path: name, kind}) => `${prefix}${name}${kind === 'file' ? '' : ` (${kind})`}`);
    if (wanted.length > maxShown)
      lines.push(
        `[cut: ${wanted.length - maxShown} more; give a folder or a narrower pattern. All of them by folder:]`,
        ...countByFolder(wanted, inside).map(line => `${prefix}${line}`),
      );
    if (cut) lines.push(`[cut: only the first ${maxSeen} entries were looked at, and no deeper than 100 folders]`);
    return {text: lines.length === 0 ? '[no files]' : lines.join('\n')};
  },
};

/** `src/ (120 files)` for every folder that lies directly in the one that was asked for. */
function countByFolder(files: readonly FoundFile[], inside: string): string[] {
  const depth = inside.split('/').filter(name => name !== '' && name !== '.').length + 1;
  const counts = new Map<string, number>();
  for (const {path} of files) {
    const names = path.split('/');
    if (names.length <= depth) continue;
    const folder = `${names.slice(0, depth).join('/')}/`;
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  const lines = [...counts].slice(0, maxFolders).map(([folder, count]) => `${folder} (${count} files)`);
  return counts.size > maxFolders ? [...lines, `[and ${counts.size - maxFolders} more folders]`] : lines;
}
