// First feedback: whole processes, beside an empty Node.
import './built.ts';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {measure, median} from './measure.ts';

const program = path.join(fileURLToPath(new URL('..', import.meta.url)), 'bin/orchestrator.js');
const home = mkdtempSync(path.join(tmpdir(), 'orchestrator-bench-'));
const env = {HOME: home, ORCHESTRATOR_HOME: path.join(home, 'state')};
try {
  await measure([process.execPath, program, 'demo', '--directory', path.join(home, 'demo')], {...env});
  const seen = {...env, ORCHESTRATOR_HOME: path.join(home, 'demo', 'state')};
  const seconds = new Map<string, number[]>();
  for (let round = 0; round < 11; round++) {
    for (const [name, args] of [
      ['node -e 0', ['-e', '0']],
      ['--help', [program, '--help']],
      ['status', [program, 'status']],
    ] as const) {
      const {seconds: took} = await measure([process.execPath, ...args], seen);
      seconds.set(name, [...(seconds.get(name) ?? []), took]);
    }
  }
  const empty = median(seconds.get('node -e 0') ?? []);
  for (const [name, list] of seconds) {
    console.log(
      `${name} | ${(median(list) * 1000).toFixed(0)} ms | limit ${((2 * empty + 0.06) * 1000).toFixed(0)} ms`,
    );
  }
} finally {
  rmSync(home, {recursive: true, force: true});
}
