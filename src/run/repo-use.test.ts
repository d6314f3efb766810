import {expect, it} from 'vitest';
import {RepoUse} from './repo-use.ts';

it('a repo is free for other runs when the last job in it has left', () => {
  const use = new RepoUse();
  use.enter('/a');
  use.enter('/a');
  use.enter('/b');
  expect([use.leave('/a'), use.leave('/b'), use.leave('/a')]).toEqual([false, true, true]);
});
