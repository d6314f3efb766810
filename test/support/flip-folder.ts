import {spawn} from 'node:child_process';
import {mkdir} from 'node:fs/promises';
import {join} from 'node:path';
import {createInterface} from 'node:readline';

export interface FolderFlipper {
  /** Ends the process and gives the number of times that the folder became a link. */
  stop(): Promise<number>;
}

/** Another process that turns `<root>/<name>` from a folder into a link to `target` and back, as fast as it can. */
export async function flipFolder(root: string, name: string, target: string): Promise<FolderFlipper> {
  await mkdir(join(root, name), {recursive: true});
  const child = spawn(process.execPath, ['-e', script, join(root, name), target], {stdio: ['pipe', 'pipe', 'inherit']});
  const lines = createInterface({input: child.stdout})[Symbol.asyncIterator]();
  await lines.next();
  return {
    stop: async () => {
      child.stdin.end();
      return Number((await lines.next()).value);
    },
  };
}

/** A folder that the delivery makes while there is neither is in the way of the way back, and is removed; all of it may fail in between. */
const script = `
  const {renameSync, rmSync, symlinkSync} = require('node:fs');
  const [path, target] = process.argv.slice(1);
  const attempt = action => { try { action(); return true; } catch { return false; } };
  let flips = 0;
  let stopped = false;
  process.stdin.resume().on('end', () => { stopped = true; });
  const flip = () => {
    for (let i = 0; i < 50; i++) {
      attempt(() => renameSync(path, path + '.real'));
      if (attempt(() => symlinkSync(target, path))) flips++;
      attempt(() => rmSync(path, {recursive: true, force: true}));
      attempt(() => renameSync(path + '.real', path));
    }
    if (stopped) console.log(flips); else setImmediate(flip);
  };
  console.log('ready');
  flip();
`;
