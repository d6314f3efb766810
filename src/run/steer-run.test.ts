import {describe, expect, it} from 'vitest';
import {makeRun} from '../../test/support/make-run.ts';
import {noControl, queueHolder, type RunControl, type RunRecord} from '../domain/run.ts';
import type {Ledger} from '../ledger/ledger.ts';
import {FakeClock} from '../testing/fake-clock.ts';
import {RunGate} from './run-gate.ts';
import {RunSteering} from './steer-run.ts';

describe('steering a run whose jobs others execute too', () => {
  it.each([
    ['stop was asked for', {control: {...noControl, stop: 'gracefully'}, closed: 'stopped'}],
    ['its deadline has passed', {deadlineAt: -1, closed: 'deadline'}],
    ['nothing of the kind', {deadlineAt: 1, closed: undefined}],
  ] as const)('lets no job begin from the first moment when %s', async (_what, given) => {
    const {gate, steering} = open({isShared: true, ...given});
    expect(gate.jobsClosed).toBe(given.closed);
    expect(gate.callsClosed).toBe(given.closed);
    steering.end();
  });

  it('goes on when the ledger does not answer, which a run of one machine does not', async () => {
    for (const isShared of [true, false]) {
      const {gate, steering, clock, notes, fail, mend, control} = open({isShared});
      fail();
      await clock.advance(120_000);
      expect(gate.jobsClosed).toBe(isShared ? undefined : 'stopped');
      // Once, however long it lasts.
      expect(notes).toHaveLength(1);
      mend();
      control({...noControl, stop: 'gracefully'});
      await clock.advance(1_000);
      expect(gate.jobsClosed).toBe('stopped');
      steering.end();
    }
  });
});

function open(given: {
  readonly isShared: boolean;
  readonly control?: RunControl;
  /** After the begin, milliseconds. */
  readonly deadlineAt?: number;
}) {
  const clock = new FakeClock();
  const gate = new RunGate();
  const notes: string[] = [];
  let isAway = false;
  let run: RunRecord = makeRun('r-1', {holder: queueHolder, control: given.control ?? noControl});
  const look = async (): Promise<RunRecord> => {
    if (isAway) throw new Error('away');
    return run;
  };
  const steering = new RunSteering(
    {
      runId: 'r-1',
      holder: queueHolder,
      ledger: {run: look, beat: look} as Partial<Ledger> as Ledger,
      clock,
      gate,
      reporter: {report: event => void (event.type === 'run.noted' && notes.push(event.text)), close: async () => {}},
      graceMs: 1_000,
      isShared: given.isShared,
      ...(given.deadlineAt === undefined
        ? {}
        : {deadline: {time: '06:00', at: clock.now() + given.deadlineAt * 60_000}}),
      onChange: () => {},
    },
    run.control,
  );
  return {
    clock,
    gate,
    notes,
    steering,
    fail() {
      isAway = true;
    },
    mend() {
      isAway = false;
    },
    control(control: RunControl) {
      run = {...run, control};
    },
  };
}
