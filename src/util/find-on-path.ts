import {existsSync} from 'node:fs';
import path from 'node:path';

/** The first folder of PATH that holds the program; undefined when none does. */
export function findOnPath(program: string, env: Readonly<Record<string, string | undefined>>): string | undefined {
  return (env['PATH'] ?? '')
    .split(path.delimiter)
    .find(folder => folder !== '' && existsSync(path.join(folder, program)));
}
