import {existsSync, readdirSync, renameSync, rmSync} from 'node:fs';
import path from 'node:path';
import {OrchestratorError} from '../../domain/errors.ts';
import {systemClock} from '../../util/clock.ts';
import {countOf} from '../../util/count-of.ts';
import {escapeLine} from '../../util/escape-text.ts';
import {quoteText} from '../../util/quote-text.ts';
import {collectMirrors, findOldMirrors} from '../../workspace/collect-mirrors.ts';
import {noRunsYet, withLedger} from '../existing-ledger.ts';
import type {Io} from '../io.ts';
import {localTime} from '../time-text.ts';

export interface GcOptions {
  readonly keep: string;
  readonly dryRun?: true;
}

/** Forgets runs that ended and are older than `--keep`, and removes what they left in the state folder. */
export async function gc(io: Io, options: GcOptions): Promise<number> {
  const before = systemClock.now() - parseAge(options.keep);
  return await withLedger(
    io,
    async ledger => {
      const old = (await ledger.runs({limit: 1_000_000})).filter(
        run => run.state !== 'running' && run.startedAt < before,
      );
      const mirrors = path.join(io.stateDir, 'mirrors');
      if (options.dryRun) {
        const unused = await findOldMirrors(mirrors, before);
        for (const run of old) io.out(`${run.id}  ${localTime(run.startedAt)}\n`);
        for (const {url, usedAt} of unused) io.out(`mirror of ${escapeLine(url)}  ${localTime(usedAt)}\n`);
        io.err(`${countOf(old.length, 'run')} and ${countOf(unused.length, 'mirror')} would go\n`);
        return 0;
      }
      for (const run of old) setAside(io, run.id);
      const gone = await ledger.collect(before);
      // One that was resumed in this moment keeps its folder.
      for (const run of old) if ((await ledger.run(run.id)) !== undefined) putBack(io, run.id);
      const folders = removeSetAside(io) + (await collectMirrors(mirrors, before));
      io.out(
        `${countOf(gone.runs, 'run')}, ${gone.replies} ${gone.replies === 1 ? 'reply' : 'replies'} and ${countOf(folders, 'folder')} gone\n`,
      );
      return 0;
    },
    () => {
      io.err(noRunsYet);
      return 0;
    },
  );
}

const units = {h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000} as const;

function parseAge(text: string): number {
  const match = /^([1-9]\d{0,4})([hdw])$/.exec(text);
  if (match === null) {
    throw new OrchestratorError(
      'bad-flag',
      `--keep — expected an age such as 90d, 12h or 8w, found ${quoteText(text)}`,
    );
  }
  return Number(match[1]) * units[match[2] as keyof typeof units];
}

const asidePrefix = '.gone-';

/** Renamed first: a folder that is found half removed after a crash cannot be taken for a run's. */
function setAside(io: Io, id: string): void {
  const parent = path.join(io.stateDir, 'runs');
  // An id that is anything but a plain name must not become a path.
  if (!isRunId(id) || !existsSync(path.join(parent, id))) return;
  renameSync(path.join(parent, id), path.join(parent, asidePrefix + id));
}

function putBack(io: Io, id: string): void {
  const parent = path.join(io.stateDir, 'runs');
  const aside = path.join(parent, asidePrefix + id);
  if (isRunId(id) && existsSync(aside)) renameSync(aside, path.join(parent, id));
}

/** Also those that an earlier gc left when it was killed. */
function removeSetAside(io: Io): number {
  const parent = path.join(io.stateDir, 'runs');
  if (!existsSync(parent)) return 0;
  const names = readdirSync(parent).filter(
    name => name.startsWith(asidePrefix) && isRunId(name.slice(asidePrefix.length)),
  );
  for (const name of names) rmSync(path.join(parent, name), {recursive: true, force: true});
  return names.length;
}

function isRunId(name: string): boolean {
  return /^r-[\w-]+$/.test(name);
}
