import {spawn} from 'node:child_process';
import {existsSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

const racer = fileURLToPath(new URL('budget-racer.ts', import.meta.url));

export interface RaceResult {
  /** What the provider billed, summed from its own notes. US dollars. */
  readonly billedUsd: number;
  readonly bills: number;
  /** Calls that the budget had no room for. */
  readonly refused: number;
  readonly errors: readonly string[];
}

/** Processes that share one state folder spend one daily budget; the last one is killed on the way. */
export async function raceForBudget(
  directory: string,
  options: {processes: number; calls: number; limitUsd: number; seed: number},
): Promise<RaceResult> {
  const files = Array.from({length: options.processes}, (_, index) => path.join(directory, `bills-${index}`));
  const errors: string[] = [];
  let refused = 0;
  const racers = files.map((file, index) => {
    const args = [
      path.join(directory, 'state'),
      file,
      `racer${index}`,
      options.calls,
      options.limitUsd,
      options.seed + index,
    ];
    const child = spawn(process.execPath, [racer, ...args.map(String)], {stdio: ['ignore', 'pipe', 'pipe']});
    child.stdout.on('data', text => {
      refused += Number(text);
    });
    child.stderr.on('data', text => errors.push(String(text)));
    return {child, file, ended: new Promise(resolve => child.on('close', resolve))};
  });
  const victim = racers.at(-1)!;
  const linesOf = (file: string): string[] =>
    existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
  const watch = setInterval(() => {
    if (linesOf(victim.file).length > options.calls / 10) victim.child.kill('SIGKILL');
  }, 5);
  await Promise.all(racers.map(({ended}) => ended));
  clearInterval(watch);
  const bills = files.flatMap(linesOf);
  return {billedUsd: bills.reduce((sum, bill) => sum + Number(bill), 0), bills: bills.length, refused, errors};
}
