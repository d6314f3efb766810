import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {credentialTricks, type Listener, leaksOf, startListener} from '../../test/support/credential-tricks.ts';
import {openPullRequestRig} from '../../test/support/pull-request-rig.ts';
import {findForgeAddress, forgeCredential, wellKnownForges} from '../domain/forge.ts';
import {createPost} from '../util/post-once.ts';

describe('a token goes to its own origin', () => {
  let evil: Listener;

  beforeAll(async () => {
    evil = await startListener();
  });

  afterAll(async () => {
    await evil[Symbol.asyncDispose]();
  });

  it('tries at least 30 tricks', () => {
    expect(new Set(credentialTricks.map(({name}) => name)).size).toBeGreaterThanOrEqual(30);
  });

  it.each(credentialTricks)('whatever is tried: $name', async ({repo, plant, arrange}) => {
    await using rig = await openPullRequestRig();
    const {clone} = await rig.own('api');
    await plant?.(clone.path, evil);
    arrange?.(rig.forge, evil);
    const planned = rig.forge.unusedFaults;
    const fields = repo?.(rig.forge, evil) ?? {};
    // However it ends: only where the token went counts.
    const end = await rig.deliver(clone.path, 'one\n', {job: fields});
    expect(leaksOf(evil, rig.forge.token)).toEqual([]);
    // It was reached.
    if (arrange !== undefined) expect(rig.forge.unusedFaults).toBeLessThan(planned);
    if (end.kind === 'failed') expect(end.message).not.toContain(rig.forge.token);
  });

  it('and the listener would have noticed', async () => {
    const {signal} = new AbortController();
    for (const headers of [{authorization: 'Bearer t0k3n'}, {'private-token': 't0k3n'}, {cookie: 't0k3n'}]) {
      const before = leaksOf(evil, 't0k3n').length;
      await createPost({})({url: `${evil.url}/x`, method: 'GET', headers, body: '', signal});
      expect(leaksOf(evil, 't0k3n')).toHaveLength(before + 1);
    }
  });
});

describe('the address of a repo', () => {
  const find = (address: string) => findForgeAddress({url: address}, wellKnownForges)?.path;

  it.each([
    'https://github.com/acme/api',
    'https://github.com/acme/api.git',
    'https://GitHub.com:443/acme/api/',
    'https://ann@github.com/acme/api.git',
    'http://github.com/acme/api',
    'git@github.com:acme/api.git',
    'ssh://git@github.com/acme/api.git',
    'ssh://git@github.com:22/acme/api.git',
  ])('%s is acme/api', address => {
    expect(find(address)).toBe('acme/api');
  });

  it.each([
    'https://github.com.evil.test/acme/api',
    'https://evil.test/github.com/acme/api',
    'https://github.com@evil.test/acme/api',
    'https://github.com:8443/acme/api',
    'https://github.com./acme/api',
    'https://github.com/acme',
    'https://github.com/acme/api/tree/main',
    'https://github.com/acme/..',
    'https://github.com/./api',
    'https://github.com/acme/a%2Fb',
    'https://github.com/acme/api?x=1',
    'git://github.com/acme/api',
    'github.com/acme/api',
    '/srv/github.com/acme/api',
    'file:///github.com/acme/api',
    'https://github.com\\@evil.test/acme/api',
    'https://github.com/acme/api\n',
  ])('%j leads to no forge', address => {
    expect(find(address)).toBeUndefined();
  });

  it('on GitLab may have groups within groups', () => {
    expect(find('https://gitlab.com/acme/sub/deep/api.git')).toBe('acme/sub/deep/api');
  });

  it('gives git a credential for exactly the origin of its forge', () => {
    const env = {GH_TOKEN: 't', GITLAB_TOKEN: ''};
    const at = (origin: string) => forgeCredential(origin, wellKnownForges, env)?.password;
    expect(at('https://github.com')).toBe('t');
    for (const other of [
      'http://github.com',
      'https://api.github.com',
      'https://github.com:8443',
      'https://gitlab.com',
      'https://x.github.com',
    ])
      expect(at(other)).toBeUndefined();
  });
});
