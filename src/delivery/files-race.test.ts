import {expect, it} from 'vitest';
import {deliverUnderSwaps} from '../../test/support/deliver-under-swaps.ts';

it.runIf(process.platform === 'linux')(
  'nothing is written outside while another process swaps the folder and a link',
  async () => {
    const end = performance.now() + 1_500;
    const result = await deliverUnderSwaps(() => performance.now() > end);
    expect(result.touched).toEqual([]);
    expect(result.flips).toBeGreaterThan(100);
    expect(result.refused).toBeGreaterThan(0);
    expect(result.delivered).toBeGreaterThan(0);
  },
);
