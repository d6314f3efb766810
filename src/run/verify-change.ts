import {type Change, isBroken, type VerifyResult} from '../domain/change.ts';
import type {TreeEntry} from '../domain/git.ts';
import {defaultCommandTimeoutMs, type Job} from '../domain/job.ts';
import {JobFailure} from '../domain/outcome.ts';
import type {Sandbox} from '../sandbox/sandbox.ts';
import {quoteText} from '../util/quote-text.ts';
import {applyEdits} from '../workspace/apply-edits.ts';
import type {OpenRepo} from './job-tools.ts';
import {judgeCommand, type Trial} from './judge-command.ts';
import {findVerifyCommands} from './verify-commands.ts';

export interface VerifyRequest {
  readonly job: Job;
  readonly repo: Pick<OpenRepo, 'reader' | 'key' | 'openCheckout'>;
  /** Every file of the planned commit, by path. */
  readonly entries: ReadonlyMap<string, TreeEntry>;
  readonly change: Pick<Change, 'edits'>;
  readonly signal: AbortSignal;
}

export interface Verified {
  readonly results: readonly VerifyResult[];
  /** Set when a command that succeeded before the change fails with it. */
  readonly failure?: JobFailure;
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
  return async ({job, repo, entries, change, signal}) => {
    if (change.edits.length === 0) return {results: []};
    const commands = job.verify === 'auto' ? await findVerifyCommands(entries, textOf(repo, entries)) : job.verify;
    if (commands.length === 0) return {results: []};
    const sandbox = await openSandbox();
    const timeoutMs = job.commandTimeoutMs ?? defaultCommandTimeoutMs;
    const before = new Tree(sandbox, repo, [], timeoutMs, signal);
    const after = new Tree(sandbox, repo, change.edits, timeoutMs, signal);
    try {
      const results: VerifyResult[] = [];
      for (const command of commands) {
        const key = JSON.stringify([repo.key, repo.reader.head.commit, command, timeoutMs]);
        const known = baselines.of(key);
        const result = await judgeCommand(command, {
          before: attempt => known(attempt, () => before.run(command)),
          after: () => after.run(command),
        });
        results.push({...result, output: await mask(result.output)});
      }
      const failure = failureOf(results);
      return {results, ...(failure === undefined ? {} : {failure})};
    } finally {
      await before.close();
      await after.close();
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

function textOf({reader}: VerifyRequest['repo'], entries: VerifyRequest['entries']) {
  return async (path: string): Promise<string | undefined> => {
    const id = entries.get(path)?.id;
    const [blob] = id === undefined ? [] : await reader.blobs([id]);
    return blob?.toString('utf8');
  };
}

/** A work tree that is made when the first command needs it; later commands find what earlier ones built. */
class Tree {
  #checkout: ReturnType<OpenRepo['openCheckout']> | undefined;
  readonly #sandbox: Sandbox;
  readonly #repo: VerifyRequest['repo'];
  readonly #edits: Change['edits'];
  readonly #timeoutMs: number;
  readonly #signal: AbortSignal;

  constructor(
    sandbox: Sandbox,
    repo: VerifyRequest['repo'],
    edits: Change['edits'],
    timeoutMs: number,
    signal: AbortSignal,
  ) {
    this.#sandbox = sandbox;
    this.#repo = repo;
    this.#edits = edits;
    this.#timeoutMs = timeoutMs;
    this.#signal = signal;
  }

  async run(command: string): Promise<Trial> {
    this.#checkout ??= this.#open();
    const {directory} = await this.#checkout;
    const {end, output, durationMs} = await this.#sandbox.run({
      argv: ['/bin/sh', '-c', command],
      workspace: directory,
      timeoutMs: this.#timeoutMs,
      signal: this.#signal,
    });
    this.#signal.throwIfAborted();
    if (end.kind === 'exited') return {end: end.exitCode === 0 ? 'passed' : 'failed', output, durationMs};
    if (end.kind === 'limit' && end.limit === 'time') return {end: 'timed-out', output, durationMs};
    const limit = end.kind === 'limit' ? `stopped at the limit of ${end.limit}` : 'broken off';
    return {end: 'failed', output: `${output}\n${limit}`, durationMs};
  }

  async close(): Promise<void> {
    await (await this.#checkout)?.remove();
  }

  async #open(): ReturnType<OpenRepo['openCheckout']> {
    const {owner} = this.#sandbox;
    const checkout = await this.#repo.openCheckout({owner});
    applyEdits(checkout.directory, this.#edits, owner);
    return checkout;
  }
}

/** What commands did at a commit, kept for other jobs of the run on the same repo. */
class Baselines {
  readonly #known = new Map<string, Promise<Trial>[]>();

  of(key: string): (attempt: number, run: () => Promise<Trial>) => Promise<Trial> {
    const trials = this.#known.get(key) ?? [];
    this.#known.set(key, trials);
    return async (attempt, run) => {
      const trial = trials[attempt] ?? run();
      trials[attempt] = trial;
      // What was broken off says nothing.
      trial.catch(() => trials.splice(attempt, 1));
      return await trial;
    };
  }
}
