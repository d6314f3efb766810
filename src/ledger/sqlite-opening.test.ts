import {spawn} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {expect, it} from 'vitest';

const module = new URL('./sqlite.ts', import.meta.url).href;

it('is made once when several processes open a ledger that is not there yet', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'orchestrator-opening-'));
  try {
    for (let round = 0; round < 6; round++) {
      const file = path.join(folder, String(round), 'state.db');
      // They wait for one moment, so that none is done before another has begun.
      const at = Date.now() + 900;
      const open = `import {openSqlite} from ${JSON.stringify(module)};
        while (Date.now() < ${at});
        await openSqlite(${JSON.stringify(file)}).close();`;
      const ends = await Promise.all(Array.from({length: 4}, () => run(open)));
      expect(ends).toEqual(ends.map(() => ({code: 0, stderr: ''})));
    }
  } finally {
    rmSync(folder, {recursive: true});
  }
});

function run(script: string): Promise<{code: number | null; stderr: string}> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', chunk => {
    stderr += chunk;
  });
  return new Promise(resolve => child.on('close', code => resolve({code, stderr})));
}
