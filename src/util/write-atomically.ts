import {open, rename, rm} from 'node:fs/promises';
import path from 'node:path';

/** Replaces a file as one step: a reader sees the old content or the new, also after a crash. Throws the system's error. */
export async function writeAtomically(file: string, content: string, options: {durable: boolean}): Promise<void> {
  const temporary = path.join(path.dirname(file), `.${path.basename(file)}.${process.pid}.tmp`);
  try {
    const handle = await open(temporary, 'w', 0o644);
    try {
      await handle.writeFile(content);
      if (options.durable) await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, {force: true});
    throw error;
  }
}
