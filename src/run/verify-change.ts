import {type Change, type FileEdit, isBroken, type PolicyFinding, type VerifyResult} from '../domain/change.ts';
import type {TreeEntry} from '../domain/git.ts';
import {defaultCommandTimeoutMs, type Job} from '../domain/job.ts';
import {JobFailure} from '../domain/outcome.ts';
import {type NoteNetwork, notingNetwork} from '../sandbox/note-network.ts';
import type {Sandbox} from '../sandbox/sandbox.ts';
import {quoteText} from '../util/quote-text.ts';
import type {OpenRepo} from './job-tools.ts';
import {judgeChecks} from './judge-checks.ts';
import {judgeCommand} from './judge-command.ts';
import {type CheckSources, scriptsOf} from './judge-scripts.ts';
import {findVerifyCommands, readMakefile} from './verify-commands.ts';
import {VerifyTree} from './verify-tree.ts';
import {Baselines, ObservedTrials} from './verify-trials.ts';

export interface VerifyRequest {
  readonly job: Job;
  readonly repo: Pick<OpenRepo, 'reader' | 'key' | 'openCheckout'>;
  /** Every file of the planned commit, by path. */
  readonly entries: ReadonlyMap<string, TreeEntry>;
  readonly change: Pick<Change, 'edits'>;
  readonly signal: AbortSignal;
  /** Told of what its commands asked of the network. */
  readonly onNetwork?: NoteNetwork;
  /** Told of what is known when the signal breaks it off: what then ran counts as timed out. */
  readonly onResults?: (results: readonly VerifyResult[]) => void;
}

export interface Verified {
  readonly results: readonly VerifyResult[];
  /** Set when a command that succeeded before the change fails with it, or one that was asked for by name could not be run. */
  readonly failure?: JobFailure;
  /** Why a person has to look at what passed. */
  readonly findings?: readonly PolicyFinding[];
}

export interface VerifyOptions {
  readonly openSandbox: () => Promise<Sandbox>;
  /** Takes secrets out of what commands say: it stands in results and pull requests. */
  readonly mask: (text: string) => Promise<string>;
}

export type VerifyChange = (request: VerifyRequest) => Promise<Verified>;

/**
 * Runs the verify commands of a job in two private work trees, one at the planned commit and one with the change. What failed before
 * and still fails is said and blocks nothing. Throws `JobFailure` where commands cannot be run.
 */
export function createVerifyChange({openSandbox, mask}: VerifyOptions): VerifyChange {
  const baselines = new Baselines();
  return async ({job, repo, entries, change, signal, onResults, onNetwork = () => {}}) => {
    if (change.edits.length === 0) return {results: []};
    const text = textOf(repo, entries);
    const commands = job.verify === 'auto' ? await findVerifyCommands(entries, text) : job.verify;
    if (commands.length === 0) return {results: []};
    const sandbox = notingNetwork(await openSandbox(), onNetwork);
    const timeoutMs = job.commandTimeoutMs ?? defaultCommandTimeoutMs;
    const trees: VerifyTree[] = [];
    const treeWith = (edits: readonly FileEdit[]): VerifyTree => {
      const tree = new VerifyTree(sandbox, repo, edits, timeoutMs, signal);
      trees.push(tree);
      return tree;
    };
    const before = treeWith([]);
    const after = treeWith(change.edits);
    const byEdits = new Map<string, VerifyTree>();
    const treeFor = (edits: readonly FileEdit[]): VerifyTree => {
      const key = JSON.stringify(edits.map(({path}) => path));
      const tree = byEdits.get(key) ?? treeWith(edits);
      byEdits.set(key, tree);
      return tree;
    };
    try {
      const results: VerifyResult[] = [];
      for (const command of commands) {
        const key = JSON.stringify([repo.key, repo.reader.head.commit, command, timeoutMs]);
        const known = baselines.of(key, signal);
        const trials = new ObservedTrials({
          before: attempt => known(attempt, () => before.run(command)),
          after: () => after.run(command),
        });
        try {
          const result = await judgeCommand(command, trials);
          results.push({...result, output: await mask(result.output)});
        } catch (error) {
          if (signal.aborted) onResults?.([...results, trials.brokenOff(command)]);
          throw error;
        }
      }
      const failure = failureOf(results) ?? (job.verify === 'auto' ? undefined : notRunFailure(results));
      if (failure !== undefined) return {results, failure};
      const sources = await readCheckSources(text);
      const findings = await judgeChecks({
        edits: change.edits,
        results,
        objectFormat: repo.reader.objectFormat,
        scriptsOf: command => scriptsOf(command, sources),
        run: (command, edits) => treeFor(edits).run(command),
      });
      return {results, ...(findings.length === 0 ? {} : {findings})};
    } finally {
      for (const tree of trees) await tree.close();
    }
  };
}

function failureOf(results: readonly VerifyResult[]): JobFailure | undefined {
  const blamed = results.find(isBroken);
  if (blamed === undefined) return undefined;
  const {command, after, output} = blamed;
  const said = output
    .trim()
    .replace(/\s*\n\s*/g, ' | ')
    .slice(-300);
  const what = after === 'failed' ? 'fails' : 'does not end in time';
  return new JobFailure(
    after === 'failed' ? 'verify-failed' : 'verify-timeout',
    `${quoteText(command)} succeeded before the change and ${what} with it${said === '' ? '' : `: ${said}`}`,
  );
}

/** Commands that somebody has asked for by name have to have judged the change; what "auto" found and cannot be run is as if it were not there. */
function notRunFailure(results: readonly VerifyResult[]): JobFailure | undefined {
  const notRun = results.find(({missing}) => missing !== undefined);
  return notRun === undefined ? undefined : new JobFailure('verify-not-run', describeNotRun(notRun));
}

/** For the row, the log and the page. */
export function describeNotRun({command, missing = ''}: VerifyResult): string {
  return `${quoteText(command)} could not run: ${quoteText(missing, 100)} was not found in the sandbox; see "sandbox.tools"`;
}

async function readCheckSources(read: ReturnType<typeof textOf>): Promise<CheckSources> {
  return {manifest: (await read('package.json')) ?? '', makefile: await readMakefile(read)};
}

function textOf({reader}: VerifyRequest['repo'], entries: VerifyRequest['entries']) {
  return async (path: string): Promise<string | undefined> => {
    const id = entries.get(path)?.id;
    const [blob] = id === undefined ? [] : await reader.blobs([id]);
    return blob?.toString('utf8');
  };
}
