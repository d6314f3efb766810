import './built.ts';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {makeContextRepos} from './context-repos.ts';
import {measure, median} from './measure.ts';

/** Goals: at most 1.5 of reading, at least 5 times faster than repomix. Whole processes, medians of one run. */
const runs = Number(process.argv[2] ?? 5);
const directory = await mkdtemp(path.join(tmpdir(), 'orchestrator-context-bench-'));
try {
  const repos = await makeContextRepos(directory);
  const here = import.meta.dirname;
  const programs: Record<string, readonly (readonly string[])[]> = {
    ours: [[process.execPath, path.join(here, 'context-ours.ts'), ...repos]],
    reading: [[process.execPath, path.join(here, 'context-floor.mjs'), ...repos]],
    repomix: repos.map(repo => [
      process.execPath,
      path.join(here, '../node_modules/repomix/bin/repomix.cjs'),
      '--quiet',
      '-o',
      path.join(directory, 'out.xml'),
      repo,
    ]),
  };
  const seconds: Record<string, number[]> = {ours: [], reading: [], repomix: []};
  // Round by round, so that what the machine does meanwhile falls on all of them.
  for (let round = 0; round < runs; round++) {
    for (const [name, commands] of Object.entries(programs)) {
      let total = 0;
      for (const command of commands) {
        const measured = await measure(command);
        if (measured.exitCode !== 0) throw new Error(`${name} ended with ${measured.exitCode}`);
        total += measured.seconds;
        if (round === 0 && commands.length === 1) console.log(name, measured.stdout.trim());
      }
      seconds[name]!.push(total);
    }
  }
  const [ours, reading, repomix] = ['ours', 'reading', 'repomix'].map(name => median(seconds[name]!)) as [
    number,
    number,
    number,
  ];
  console.log(
    `${repos.length} repos, median of ${runs}: ours ${ours.toFixed(2)} s, reading ${reading.toFixed(2)} s, repomix ${repomix.toFixed(2)} s`,
  );
  console.log(
    `ours / reading ${(ours / reading).toFixed(2)} (goal <= 1.5)   repomix / ours ${(repomix / ours).toFixed(1)} (goal >= 5)`,
  );
} finally {
  await rm(directory, {recursive: true, force: true});
}
