import {expect, it} from 'vitest';
import {type HostileVector, hostileVectors} from '../support/hostile-repos.ts';
import {tryHostileRepo} from '../support/hostile-trial.ts';

it('runs nothing of a repo that tries to have commands run in every way at once', async () => {
  // It leaves a repo that cannot be checked out.
  const possible = hostileVectors.filter(({name}) => !name.startsWith('a promisor'));
  // What has to be committed comes before what keeps git from committing.
  const isCommitted = ({name}: HostileVector): boolean => /^submodules|inside the tree$/.test(name);
  const together = [...possible.filter(isCommitted), ...possible.filter(vector => !isCommitted(vector))];
  const result = await tryHostileRepo(together);
  // What fetches is checked, and git knows these submodules for what they are.
  expect(result).toEqual({
    did: {'check out': 'done', branch: 'new', push: 'updated', 'push again': 'updated', mirror: 'clone-failed'},
    fired: false,
    firesForPersons: true,
  });
});
