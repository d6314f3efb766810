import {expect, it} from 'vitest';
import {deliverUnderSwaps} from '../../test/support/deliver-under-swaps.ts';

it.runIf(process.platform === 'linux')(
  'nothing is written outside while another process swaps the folder and a link',
  async () => {
    const started = performance.now();
    // On a busy machine the two processes meet less often.
    const result = await deliverUnderSwaps((_, {delivered, refused}) => {
      const ms = performance.now() - started;
      return ms > 20_000 || (ms > 1_500 && delivered > 0 && refused > 0);
    });
    expect(result.touched).toEqual([]);
    expect(result.flips).toBeGreaterThan(100);
    expect(result.refused).toBeGreaterThan(0);
    expect(result.delivered).toBeGreaterThan(0);
  },
  30_000,
);
