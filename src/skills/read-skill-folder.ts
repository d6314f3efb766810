import {createHash} from 'node:crypto';
import {readdirSync, readFileSync, realpathSync, statSync} from 'node:fs';
import path from 'node:path';

interface SkillFolder {
  /** Bytes by path relative to the folder, with `/`, in path order. */
  readonly files: ReadonlyMap<string, Buffer>;
  /** SHA-256 over every path and byte. */
  readonly digest: string;
}

export type ReadSkillFolder =
  | {readonly folder: SkillFolder; readonly fault?: undefined}
  | {readonly fault: string; readonly folder?: undefined};

const maxFiles = 200;
const maxFileBytes = 1024 * 1024;
const maxDepth = 10;

/** Everything in a skill folder, but `.git`. Refuses what no skill needs: links out of it, large files, many files, pipes and devices. */
export function readSkillFolder(directory: string): ReadSkillFolder {
  try {
    const files = new Map<string, Buffer>();
    const fault = collect(realpathSync(directory), '', files);
    if (fault !== undefined) return {fault};
    const sorted = new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
    return {folder: {files: sorted, digest: digestOf(sorted)}};
  } catch (error) {
    // Rights, or a file that vanished between listing and reading; the code says which.
    return {fault: `the folder cannot be read: ${(error as NodeJS.ErrnoException).code ?? String(error)}`};
  }
}

function collect(root: string, relative: string, files: Map<string, Buffer>): string | undefined {
  if (relative.split('/').length > maxDepth) return `${JSON.stringify(relative)} is more than ${maxDepth} folders deep`;
  for (const entry of readdirSync(path.join(root, relative), {withFileTypes: true})) {
    if (entry.name === '.git') continue;
    const inside = relative === '' ? entry.name : `${relative}/${entry.name}`;
    const target = realpathSync(path.join(root, inside));
    if (target !== root && !target.startsWith(root + path.sep))
      return `${JSON.stringify(inside)} is a link out of the skill folder`;
    const stats = statSync(target);
    if (stats.isDirectory()) {
      const fault = collect(root, inside, files);
      if (fault !== undefined) return fault;
      continue;
    }
    if (!stats.isFile()) return `${JSON.stringify(inside)} is not a regular file`;
    if (stats.size > maxFileBytes) return `${JSON.stringify(inside)} is larger than 1 MB`;
    if (files.size === maxFiles) return `the folder holds more than ${maxFiles} files`;
    files.set(inside, readFileSync(target));
  }
  return undefined;
}

function digestOf(files: ReadonlyMap<string, Buffer>): string {
  const hash = createHash('sha256');
  // Lengths keep path and content apart.
  for (const [file, bytes] of files) hash.update(`${Buffer.byteLength(file)}:${file}${bytes.length}:`).update(bytes);
  return hash.digest('hex');
}
