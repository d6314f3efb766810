import {useState} from 'preact/hooks';
import type {DecisionKind, RejectReason, ReviewItem} from '../api.ts';
import {useClient} from './client.ts';

export interface Decide {
  /** Why the last decision was refused; empty when it was not. */
  readonly problem: string;
  /** False when it was refused. */
  decide(changes: readonly Named[], kind: DecisionKind, why?: Why): Promise<boolean>;
}

type Named = Pick<ReviewItem, 'run' | 'job'>;

export interface Why {
  readonly why: RejectReason;
  readonly text: string;
}

export function useDecide(): Decide {
  const client = useClient();
  const [problem, setProblem] = useState('');
  return {
    problem,
    decide: async (changes, kind, why) => {
      setProblem('');
      try {
        await client.post('/api/decide', {changes: changes.map(({run, job}) => ({run, job})), kind, ...why});
        return true;
      } catch (error) {
        setProblem((error as Error).message);
        return false;
      }
    },
  };
}
