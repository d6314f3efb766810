import type {LeftOut} from '../domain/context.ts';

/** Files of one reason in one folder that are still named one by one. */
const namedOneByOne = 50;

/** The same in path order, where many of one reason in one folder are named by their folder and number. Secrets are always named each. */
export function gatherLeftOut(leftOut: readonly LeftOut[]): LeftOut[] {
  const groups = new Map<string, {folder: string; reason: LeftOut['reason']; members: LeftOut[]}>();
  for (const item of leftOut) {
    const folder = item.path.slice(0, item.path.lastIndexOf('/') + 1);
    const key = `${item.reason} ${folder}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, {folder, reason: item.reason, members: [item]});
    else group.members.push(item);
  }
  const gathered: LeftOut[] = [];
  for (const {folder, reason, members} of groups.values()) {
    // Members that are the folder itself stand for its files.
    const isFolder = members[0]!.path === folder && folder !== '';
    if (reason === 'secret' || (!isFolder && members.length <= namedOneByOne)) {
      gathered.push(...members);
    } else {
      const files = members.length === 1 ? '1 file' : `${members.length} files`;
      gathered.push({path: folder === '' ? './' : folder, reason, detail: files});
    }
  }
  return gathered.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : a.reason < b.reason ? -1 : 1));
}
