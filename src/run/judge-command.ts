import type {VerifyResult} from '../domain/change.ts';

/** One run of a command. */
export interface Trial {
  readonly end: 'passed' | 'failed' | 'timed-out';
  readonly output: string;
  readonly durationMs: number;
  /** It failed since this program was not found. */
  readonly missing?: string;
}

export interface Trials {
  /** The n-th run at the planned commit, counted from 0; the same number gives the same run. */
  readonly before: (attempt: number) => Promise<Trial>;
  readonly after: () => Promise<Trial>;
}

const shownCharacters = 4000;

/**
 * Whether a change breaks a command. Nobody is blamed for one failure: the change has to fail three times where the planned commit
 * passes, and once the planned commit is seen to be flaky itself, three times more. A command that ran into its time limit is given one
 * more try.
 */
export async function judgeCommand(command: string, trials: Trials): Promise<VerifyResult> {
  let durationMs = 0;
  const run = async (trial: Promise<Trial>): Promise<Trial> => {
    const done = await trial;
    durationMs += done.durationMs;
    return done;
  };
  const passesOnce = async (times: number): Promise<boolean> => {
    for (let time = 0; time < times; time++) if ((await run(trials.after())).end === 'passed') return true;
    return false;
  };

  const before = await run(trials.before(0));
  const after = await run(trials.after());
  // It has judged nothing, and running it again would not either.
  if (before.missing !== undefined && after.missing !== undefined) {
    const output = after.output.slice(-shownCharacters);
    return {command, before: 'not-run', after: 'not-run', durationMs, output, missing: before.missing};
  }
  const result = (early: VerifyResult['before'], late: VerifyResult['after']): VerifyResult => {
    return {command, before: early, after: late, durationMs, output: after.output.slice(-shownCharacters)};
  };
  if (after.end === 'passed') return result(before.end === 'passed' ? 'passed' : 'failed', 'passed');
  // A failure before may be a whim too, and would excuse one after.
  const passedBefore = before.end === 'passed' || (before.end === 'failed' && (await passedAt(1)));
  if (!passedBefore) return result('failed', after.end);
  if (await passesOnce(after.end === 'timed-out' ? 1 : 2)) return result('passed', 'flaky');
  const isSteady = before.end === 'passed' && (await passedAt(1)) && (await passedAt(2));
  if (!isSteady && (await passesOnce(3))) return result('passed', 'flaky');
  return result('passed', after.end);

  async function passedAt(attempt: number): Promise<boolean> {
    return (await run(trials.before(attempt))).end === 'passed';
  }
}
