import {expect, it} from 'vitest';
import {deliverUnderSwaps} from '../support/deliver-under-swaps.ts';

it.runIf(process.platform === 'linux')(
  '100,000 deliveries under a swapping link: nothing is written outside',
  async () => {
    const result = await deliverUnderSwaps(attempts => attempts >= 100_000);
    console.log(JSON.stringify(result));
    expect(result.touched).toEqual([]);
    expect(result.delivered).toBeGreaterThan(1_000);
  },
);
