import type {VerifyResult} from '../domain/change.ts';
import type {Trial, Trials} from './judge-command.ts';

/** Remembers how far the runs of a command came. */
export class ObservedTrials implements Trials {
  readonly #trials: Trials;
  #before: VerifyResult['before'] = 'not-run';
  #after: VerifyResult['after'] = 'not-run';
  #durationMs = 0;

  constructor(trials: Trials) {
    this.#trials = trials;
  }

  readonly before: Trials['before'] = async attempt => {
    const trial = await this.#trials.before(attempt);
    this.#durationMs += trial.durationMs;
    if (attempt === 0) this.#before = trial.end === 'passed' ? 'passed' : 'failed';
    return trial;
  };

  readonly after: Trials['after'] = async () => {
    this.#after = 'timed-out';
    const trial = await this.#trials.after();
    this.#durationMs += trial.durationMs;
    return trial;
  };

  /** For a command that has not been judged and will not be. */
  brokenOff(command: string): VerifyResult {
    return {command, before: this.#before, after: this.#after, durationMs: this.#durationMs, output: ''};
  }
}

/** What commands did at a commit, kept for other jobs of the run on the same repo. */
export class Baselines {
  readonly #known = new Map<string, Map<number, Promise<Trial>>>();

  of(key: string, signal: AbortSignal): (attempt: number, run: () => Promise<Trial>) => Promise<Trial> {
    const trials = this.#known.get(key) ?? new Map<number, Promise<Trial>>();
    this.#known.set(key, trials);
    return async (attempt, run) => {
      const others = await untilAborted(
        trials.get(attempt)?.catch(() => undefined),
        signal,
      );
      if (others !== undefined) return others;
      // Nobody has run it, or it was broken off for somebody else.
      const trial = run();
      trials.set(attempt, trial);
      trial.catch(() => trials.get(attempt) === trial && trials.delete(attempt));
      return await trial;
    };
  }
}

async function untilAborted<Value>(value: Promise<Value> | undefined, signal: AbortSignal): Promise<Value | undefined> {
  if (value === undefined) return undefined;
  let stop = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason as Error);
    signal.addEventListener('abort', stop, {once: true});
  });
  try {
    signal.throwIfAborted();
    return await Promise.race([value, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
