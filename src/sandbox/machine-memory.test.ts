import {expect, it} from 'vitest';
import {SandboxesHere} from './machine-memory.ts';

const gigabyte = 1024 ** 3;
const scarce = {total: 16 * gigabyte, available: gigabyte / 10, shared: 0};
const plenty = {...scarce, available: gigabyte};

it('when memory is scarce the largest sandbox is stopped, and no other until it is gone', () => {
  const here = new SandboxesHere();
  const [small, large, other] = [{}, {}, {}];
  here.tell(small, gigabyte / 8);
  here.tell(large, 3 * gigabyte);
  here.tell(other, gigabyte);
  expect([small, large, other].map(sandbox => here.mustStop(sandbox, plenty))).toEqual([false, false, false]);
  expect([small, large, other].map(sandbox => here.mustStop(sandbox, scarce))).toEqual([false, true, false]);
  here.leave(large);
  expect([small, other].map(sandbox => here.mustStop(sandbox, scarce))).toEqual([false, false]);
  expect(here.total).toBe(gigabyte / 8 + gigabyte);
});

it('sandboxes that hold next to nothing are not stopped for what others took', () => {
  const here = new SandboxesHere();
  const one = {};
  here.tell(one, 10 * 1024 ** 2);
  expect(here.mustStop(one, scarce)).toBe(false);
});
