import {expect, it} from 'vitest';
import {runMutatedConfigurations} from '../support/refused-configurations.ts';

it('2,000 mutated configurations: exit 2 with a place and a reason, nothing run, nothing written', async () => {
  const {refused} = await runMutatedConfigurations(2000);
  expect(refused).toBeGreaterThan(1000);
});
