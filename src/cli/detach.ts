import {spawn} from 'node:child_process';
import {closeSync, openSync, readFileSync, rmSync} from 'node:fs';
import path from 'node:path';
import {openLedger} from '../orchestrator/open-ledger.ts';
import {systemClock} from '../util/clock.ts';
import type {Io} from './io.ts';

const pollMs = 50;

/** Starts the same command in a process of its own and returns once its run is recorded, or has failed to start. */
export async function detach(io: Io, json: boolean): Promise<number> {
  const ledger = openLedger(io.stateDir);
  const launchedAt = systemClock.now();
  const talkFile = path.join(io.stateDir, `detached-${process.pid}.log`);
  const talk = openSync(talkFile, 'w', 0o600);
  const args = process.argv.slice(1).filter(argument => argument !== '--detach');
  const child = spawn(process.execPath, args, {detached: true, stdio: ['ignore', talk, talk], cwd: io.cwd});
  closeSync(talk);
  let exitCode: number | undefined;
  child.on('exit', code => {
    exitCode = code ?? 1;
  });
  try {
    for (;;) {
      // A process number may have been that of an earlier run.
      const found = (await ledger.runs({since: launchedAt})).find(run => run.holder.pid === child.pid);
      if (found !== undefined) {
        child.unref();
        const launch = {
          event: 'launch',
          run: found.id,
          pid: child.pid,
          results_file: found.resultsFile,
          log_file: found.logFile ?? null,
        };
        io.out(
          json
            ? `${JSON.stringify(launch)}\n`
            : `${found.id} started; watch: orchestrator status --watch; stop: orchestrator stop ${found.id}\n`,
        );
        return 0;
      }
      if (exitCode !== undefined) {
        io.err(readFileSync(talkFile, 'utf8'));
        rmSync(talkFile);
        return exitCode;
      }
      await systemClock.sleep(pollMs);
    }
  } finally {
    await ledger.close();
  }
}
