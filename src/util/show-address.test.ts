import {expect, it} from 'vitest';
import {withoutPassword, withoutUser} from './show-address.ts';

it.each([
  ['https://ann:s@cret@forge.example/acme/api.git', 'https://forge.example/acme/api.git'],
  ['https://ghp_token@forge.example/acme/api.git', 'https://forge.example/acme/api.git'],
  ['ssh://git:secret@forge.example:22/acme/api.git', 'ssh://git@forge.example:22/acme/api.git'],
  ['ssh://git@forge.example/acme/api.git', 'ssh://git@forge.example/acme/api.git'],
  ['git@forge.example:acme/api.git', 'git@forge.example:acme/api.git'],
  ['https://forge.example/@acme/api.git', 'https://forge.example/@acme/api.git'],
  ['/srv/git/api@2.git', '/srv/git/api@2.git'],
])('%s is shown without a password', (address, shown) => {
  expect(withoutPassword(address)).toBe(shown);
  expect(withoutUser(address)).toBe(shown.replace('ssh://git@', 'ssh://'));
});
