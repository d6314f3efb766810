import type {Change} from '../domain/change.ts';
import type {Sandbox} from '../sandbox/sandbox.ts';
import {applyEdits} from '../workspace/apply-edits.ts';
import type {OpenRepo} from './job-tools.ts';
import type {Trial} from './judge-command.ts';
import {missingTool} from './missing-tool.ts';

type TreeRepo = Pick<OpenRepo, 'openCheckout'>;

/** A work tree that is made when the first command needs it; later commands find what earlier ones built. */
export class VerifyTree {
  #checkout: ReturnType<OpenRepo['openCheckout']> | undefined;
  readonly #sandbox: Sandbox;
  readonly #repo: TreeRepo;
  readonly #edits: Change['edits'];
  readonly #timeoutMs: number;
  readonly #signal: AbortSignal;

  constructor(sandbox: Sandbox, repo: TreeRepo, edits: Change['edits'], timeoutMs: number, signal: AbortSignal) {
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
    if (end.kind === 'exited') {
      if (end.exitCode === 0) return {end: 'passed', output, durationMs};
      const missing = missingTool(command, end.exitCode, output);
      return {end: 'failed', output, durationMs, ...(missing === undefined ? {} : {missing})};
    }
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
