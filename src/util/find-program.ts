import {accessSync, constants, statSync} from 'node:fs';
import path from 'node:path';

type Env = Readonly<Record<string, string | undefined>>;

/** Where programs are looked for when PATH names no folder. */
const usualPath = '/usr/local/bin:/usr/bin:/bin';

/**
 * PATH without the entries that mean another folder wherever a process stands: an empty one and `.` are the working directory, and that
 * may be a repo with a `git` of its own.
 */
export function searchPath(env: Env): string {
  const folders = (env['PATH'] ?? '').split(path.delimiter).filter(folder => path.isAbsolute(folder));
  return folders.length === 0 ? usualPath : folders.join(path.delimiter);
}

/** Absolute path of a program; undefined when no folder of PATH holds it. A path is taken from where we stand, not from where it will run. */
export function findProgram(program: string, env: Env): string | undefined {
  if (program.includes('/')) return path.resolve(program);
  for (const folder of searchPath(env).split(path.delimiter))
    for (const ending of process.platform === 'win32' ? ['.exe', '.com', ''] : ['']) {
      const file = path.join(folder, program + ending);
      if (isProgram(file)) return file;
    }
  return undefined;
}

/** As `findProgram`; where there is none, throws what starting it would have come to. */
export function programFile(program: string, env: Env): string {
  const file = findProgram(program, env);
  if (file === undefined) throw notFound(program);
  return file;
}

export function notFound(program: string): Error {
  return Object.assign(new Error(`spawn ${program} ENOENT`), {code: 'ENOENT', syscall: `spawn ${program}`});
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
