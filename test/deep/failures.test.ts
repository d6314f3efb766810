import {expect, it} from 'vitest';
import {spendNight} from '../support/night-of-failures.ts';

it('a night over a thousand repos with every kind of failure among them ends well for all others', async () => {
  const night = await spendNight(1000);
  expect(Object.fromEntries(night.rows.map(row => [row.repo, row.outcome]))).toEqual(
    Object.fromEntries(night.expected),
  );
  expect(night.wrongFiles).toEqual([]);
  expect(night.said).toMatchObject({exitCode: 1, stderr: ''});
});
