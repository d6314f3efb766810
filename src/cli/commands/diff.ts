import {maskPatch} from '../../context/mask-patch.ts';
import type {ChangeRecord, ChangeSummary} from '../../domain/change.ts';
import {OrchestratorError} from '../../domain/errors.ts';
import type {Ledger} from '../../ledger/ledger.ts';
import {escapeLine} from '../../util/escape-text.ts';
import {linesText} from '../../util/lines-text.ts';
import {sumLines} from '../../util/sum-lines.ts';
import {changeName, findingText, sizeText, toChangeJson} from '../change-text.ts';
import {noRunsYet, withLedger} from '../existing-ledger.ts';
import type {Io} from '../io.ts';
import {patchLines} from '../patch-text.ts';
import {inOrder, selectChanges} from '../select-changes.ts';

export interface DiffOptions {
  readonly stat?: true;
  readonly nameOnly?: true;
  readonly raw?: true;
  readonly json?: true;
  readonly content?: true;
  readonly run?: string;
  readonly skill?: string;
}

/** Changes as patches: those that are named, else all that wait for a decision, else those of the newest run that made any. */
export async function diff(io: Io, names: readonly string[], options: DiffOptions): Promise<number> {
  return await withLedger(
    io,
    async ledger => {
      const changes = await findChanges(ledger, names, options);
      if (options.raw) return await printRaw(io, ledger, changes);
      if (options.json) {
        const entries = changes.map(async change => ({
          ...toChangeJson(change, {content: options.content === true}),
          ...(options.content ? {patch: await shownPatch(ledger, change)} : {}),
        }));
        io.out(`${JSON.stringify(await Promise.all(entries), undefined, 2)}\n`);
        return 0;
      }
      if (changes.length === 0) io.err('no change is recorded; a run makes them: orchestrator run\n');
      for (const change of changes) await printChange(io, ledger, change, options, changes.length > 1);
      return 0;
    },
    () => {
      if (options.json) io.out('[]\n');
      else io.err(noRunsYet);
      return 0;
    },
  );
}

async function findChanges(
  ledger: Ledger,
  names: readonly string[],
  {run, skill}: DiffOptions,
): Promise<readonly ChangeSummary[]> {
  const selection = {names, ...(run === undefined ? {} : {run}), ...(skill === undefined ? {} : {skill})};
  const states = ['to-review', 'to-deliver', 'rejected', 'delivered', 'superseded'] as const;
  if (names.length > 0 || run !== undefined) {
    // A run stands for all that it changed, whatever became of it since.
    const ofRun = (await ledger.changes(run === undefined ? {} : {runId: run})).filter(
      change => names.length === 0 || names.includes(change.runId),
    );
    if (names.every(name => ofRun.some(({runId}) => runId === name))) return inOrder(ofRun);
    return newestOfEach((await selectChanges(ledger, selection, states)).changes);
  }
  const waiting = (await selectChanges(ledger, selection, ['to-review'])).changes;
  if (waiting.length > 0) return waiting;
  const all = await ledger.changes();
  const newest = all.at(-1)?.runId;
  return inOrder(all.filter(({runId}) => runId === newest));
}

async function shownPatch(ledger: Ledger, {runId, jobId}: ChangeSummary): Promise<string | null> {
  const record = await ledger.change(runId, jobId);
  return record === undefined ? null : await maskPatch(record.change.patch);
}

/** A repo stands for the newest change of each of its jobs. */
function newestOfEach(changes: readonly ChangeSummary[]): ChangeSummary[] {
  const newest = new Map<string, ChangeSummary>();
  for (const change of [...changes].sort((a, b) => a.recordedAt - b.recordedAt)) newest.set(change.jobId, change);
  return [...newest.values()];
}

async function printRaw(io: Io, ledger: Ledger, changes: readonly ChangeSummary[]): Promise<number> {
  if (io.outIsTerminal) {
    throw new OrchestratorError('bad-flag', '--raw gives bytes that may act on a terminal', {
      hint: 'send it to a program or a file: orchestrator diff REPO --raw | git apply',
    });
  }
  const [only] = changes;
  if (only === undefined || changes.length > 1) {
    throw new OrchestratorError('bad-flag', `--raw gives one change, and ${changes.length} fit`, {
      hint: only === undefined ? 'see: orchestrator review' : `name one, such as ${changeName(only)}`,
    });
  }
  (io.outExact ?? io.out)((await readWhole(ledger, only)).change.patch);
  return 0;
}

async function readWhole(ledger: Ledger, {runId, jobId, repo}: ChangeSummary): Promise<ChangeRecord> {
  const record = await ledger.change(runId, jobId);
  if (record !== undefined) return record;
  throw new OrchestratorError('change-damaged', `the record of the change of ${escapeLine(repo)} is damaged or gone`, {
    hint: 'its job can make it again: orchestrator retry',
  });
}

async function printChange(
  io: Io,
  ledger: Ledger,
  change: ChangeSummary,
  options: DiffOptions,
  isOneOfMany: boolean,
): Promise<void> {
  const {files} = change.change;
  const heading = `# ${escapeLine(changeName(change))}  ${sizeText(change)}`;
  if (options.nameOnly) {
    const prefix = isOneOfMany ? `${escapeLine(change.repo)}:` : '';
    io.out(files.map(({path}) => `${prefix}${escapeLine(path)}\n`).join(''));
  } else if (options.stat) {
    const width = Math.max(...Object.values(sumLines(files)).map(count => String(count).length));
    const number = (sign: string, count: number): string => `${sign}${count}`.padStart(width + 1);
    const lines = files.map(file => {
      const {path, added, removed} = file;
      const counts = added + removed === 0 ? linesText([file]) : `${number('+', added)} ${number('−', removed)}`;
      return ` ${counts.padStart(2 * width + 3)}  ${escapeLine(path)}`;
    });
    io.out(`${[heading, ...lines].join('\n')}\n`);
  } else {
    const color = io.color && io.outIsTerminal;
    const findings = change.findings.map(finding => `# ${findingText(finding)}`);
    const head = isOneOfMany || findings.length > 0 ? [heading, ...findings] : [];
    const {patch} = (await readWhole(ledger, change)).change;
    const shown = await maskPatch(patch);
    io.out(`${[...head, ...patchLines(shown, {color})].join('\n')}\n`);
    if (shown !== patch)
      io.err(
        `what looks like a secret is held back here; as it is: orchestrator diff ${escapeLine(changeName(change))} --raw\n`,
      );
  }
}
