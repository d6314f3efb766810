import {chmodSync, mkdirSync, rmSync} from 'node:fs';
import path from 'node:path';
import {expect, it} from 'vitest';
import {makeTemporaryDirectory} from '../testing/temporary-fleet.ts';
import {findPrivatePlace} from './find-private-place.ts';

it('a folder below one that everybody may write to is not private', async () => {
  await using temporary = await makeTemporaryDirectory();
  expect(findPrivatePlace([undefined, '/nonexistent', temporary.path])).toBeUndefined();
});

it.skipIf(process.geteuid?.() !== 0)('one whose every folder belongs to root is', () => {
  const open = '/run/orchestrator-test-open';
  const below = path.join(open, 'below');
  mkdirSync(below, {recursive: true, mode: 0o755});
  try {
    expect(findPrivatePlace([below])).toBe(below);
    chmodSync(open, 0o777);
    expect(findPrivatePlace([below, '/run'])).toBe('/run');
  } finally {
    rmSync(open, {recursive: true});
  }
});
