import {expect, it} from 'vitest';
import {runMutatedConfigurations} from '../support/refused-configurations.ts';

it('300 mutated configurations: exit 2 with a place and a reason, nothing run, nothing written', async () => {
  const {refused} = await runMutatedConfigurations(300);
  expect(refused).toBeGreaterThan(150);
});
