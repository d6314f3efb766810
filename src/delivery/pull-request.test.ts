import {chmod, mkdir, readdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {simulateNights, sweepLostReplies} from '../../test/support/forge-sweeps.ts';
import {openPullRequestRig, type PullRequestRig} from '../../test/support/pull-request-rig.ts';
import type {ForgeKind} from '../domain/forge.ts';
import {failureReasons} from '../domain/outcome.ts';
import type {ForgeFault} from '../testing/memory-forge.ts';
import {commitFiles, runGit} from '../testing/temporary-fleet.ts';
import {readMarker} from './pull-request-text.ts';

describe('a pull request', () => {
  let rig: PullRequestRig;

  beforeEach(async () => {
    rig = await openPullRequestRig();
  });

  afterEach(() => rig[Symbol.asyncDispose]());

  it('is opened once, updated by what is new, and left as it is by what is not', async () => {
    const {remote, clone} = await rig.own('api');
    const first = await rig.deliver(clone.path, 'one\n');
    expect(first).toMatchObject({kind: 'delivered', delivered: {kind: 'pull-request', branch: 'orchestrator/docs'}});
    const [pull] = remote.pulls;
    const before = {...pull!};
    const tip = await runGit(remote.directory, ['rev-parse', 'orchestrator/docs']);
    expect(await rig.deliver(clone.path, 'one\n', {second: 60})).toMatchObject({kind: 'unchanged'});
    expect(pull).toEqual(before);
    expect(await runGit(remote.directory, ['rev-parse', 'orchestrator/docs'])).toBe(tip);
    expect(await rig.deliver(clone.path, 'two\n', {second: 120})).toMatchObject({kind: 'delivered'});
    expect(remote.pulls).toHaveLength(1);
    expect(readMarker(pull!.body)?.run).toBe('r-120');
    expect(await runGit(remote.directory, ['show', 'orchestrator/docs:README.md'])).toBe('two');
    // One commit on top of main, however many nights.
    expect(await runGit(remote.directory, ['rev-list', '--count', 'main..orchestrator/docs'])).toBe('1');
  });

  it('keeps the words and the base that a person has chosen', async () => {
    const {remote, clone} = await rig.own('api');
    await rig.deliver(clone.path, 'one\n');
    const pull = remote.pulls[0]!;
    pull.title = 'Better';
    pull.body = `Please read.\n\n${pull.body}`;
    pull.labels = ['mine'];
    await rig.deliver(clone.path, 'two\n', {second: 60});
    expect(pull).toMatchObject({title: 'Better', labels: ['mine']});
    expect(pull.body.startsWith('Please read.')).toBe(true);
    expect(readMarker(pull.body)?.run).toBe('r-60');
    expect(await rig.deliver(clone.path, 'two\n', {second: 120})).toMatchObject({kind: 'unchanged'});
  });

  it.each(['github', 'gitlab'] as const)(
    'that was merged is not made again by a clone that is behind (%s)',
    async kind => {
      await using forges = await openPullRequestRig({kind});
      const {remote, clone} = await forges.own('api');
      await forges.deliver(clone.path, 'one\n');
      const commit = await runGit(remote.directory, ['rev-parse', 'orchestrator/docs']);
      await runGit(remote.directory, ['update-ref', 'refs/heads/main', commit]);
      Object.assign(remote.pulls[0]!, {state: 'merged', mergedAs: commit});
      // Whatever the change would be: before anything is asked of a model.
      const behind = {
        kind: 'not-wanted',
        note: 'pull request 1 was merged, and this clone does not have it yet: update it',
      };
      for (const text of ['one\n', 'two\n']) expect(await forges.deliver(clone.path, text)).toEqual(behind);
      await clone.git('fetch', '-q', remote.directory, 'main');
      expect(await forges.deliver(clone.path, 'two\n')).toEqual(behind);
      await clone.git('merge', '-q', '--ff-only', 'FETCH_HEAD');
      expect(await forges.deliver(clone.path, 'two\n', {second: 60})).toMatchObject({kind: 'delivered'});
    },
  );

  it('that was closed comes back for another change only, and one that was merged not at all', async () => {
    const {remote, clone} = await rig.own('api');
    await rig.deliver(clone.path, 'one\n');
    remote.pulls[0]!.state = 'closed';
    expect(await rig.deliver(clone.path, 'one\n', {second: 60})).toMatchObject({
      kind: 'unchanged',
      note: 'pull request 1 with the same change was closed; it is not opened again',
    });
    expect(await rig.deliver(clone.path, 'two\n', {second: 120})).toMatchObject({kind: 'delivered'});
    expect(remote.pulls).toMatchObject([{state: 'closed'}, {state: 'open'}]);
    remote.pulls[1]!.state = 'merged';
    expect(await rig.deliver(clone.path, 'two\n', {second: 180})).toMatchObject({
      note: expect.stringContaining('merged'),
    });
    remote.pulls[0]!.labels = ['Orchestrator-Skip'];
    expect(await rig.deliver(clone.path, 'three\n', {second: 240})).toMatchObject({kind: 'not-wanted'});
    expect(remote.pulls).toHaveLength(2);
  });

  it('that a run opened before it was cut short is reported as delivered, with its labels', async () => {
    const {remote, clone} = await rig.own('api');
    const job = {pullRequest: {labels: ['docs'], reviewers: ['nobody-knows'], draft: false}};
    rig.forge.fault(/labels/, {status: 403});
    expect(await rig.deliver(clone.path, 'one\n', {job})).toMatchObject({
      delivered: {note: expect.stringMatching(/^labels not set: .*403.*; reviewers not set: .*422/)},
    });
    expect(remote.pulls[0]!.labels).toEqual([]);
    const unconfirmed = [
      {path: 'README.md', added: 1, removed: 0, blob: '5626abf0f72e58d7a153368ba57db4c673c0e171', before: undefined},
    ];
    rig.forge.fault(/labels/, {lose: 'reply'});
    expect(await rig.deliver(clone.path, 'one\n', {job, unconfirmed})).toMatchObject({kind: 'delivered'});
    expect(remote.pulls).toMatchObject([{labels: ['docs']}]);
  });

  it('takes no commits along that their author has not pushed', async () => {
    const {remote, clone} = await rig.own('api');
    await commitFiles(clone.path, {'secret.txt': 'not yet\n'});
    expect(await rig.deliver(clone.path, 'one\n')).toMatchObject({kind: 'failed', reason: 'base-not-pushed'});
    expect(await runGit(remote.directory, ['for-each-ref', '--format=%(refname)'])).toBe('refs/heads/main');
    expect(remote.pulls).toEqual([]);
  });

  it('is asked for no faster than the forge wants', async () => {
    const {remote, clone} = await rig.own('api');
    rig.forge.quota = {remaining: 2, resetAt: Date.now() + 90_000};
    rig.forge.fault(/POST .*pulls/, {status: 403, headers: {'retry-after': '40'}, body: '{"message": "secondary"}'});
    expect(await rig.deliver(clone.path, 'one\n')).toMatchObject({kind: 'delivered'});
    expect(rig.waits.map(ms => Math.round(ms / 1000))).toEqual([expect.closeTo(90, -1), 40]);
    const posts = rig.forge.requests.filter(({method, path: place}) => method === 'POST' && place.endsWith('/pulls'));
    expect(posts[1]!.at - posts[0]!.at).toBeGreaterThanOrEqual(40_000);
    expect(remote.pulls).toHaveLength(1);
  });

  it('waits its turn when that comes before the deadline, else says when it comes', async () => {
    await using slow = await openPullRequestRig({perHour: 1});
    const [a, b] = [await slow.own('a'), await slow.own('b')];
    expect(await slow.deliver(a.clone.path, 'one\n')).toMatchObject({kind: 'delivered'});
    expect(await slow.deliver(b.clone.path, 'one\n')).toMatchObject({kind: 'failed', reason: 'paced'});
    // An update is no new one.
    expect(await slow.deliver(a.clone.path, 'two\n', {second: 60})).toMatchObject({kind: 'delivered'});
    expect(await runGit(b.remote.directory, ['for-each-ref', 'refs/heads/orchestrator'])).toBe('');
  });

  it('that is refused takes no place', async () => {
    await using slow = await openPullRequestRig({perHour: 1});
    const [a, b] = [await slow.own('a'), await slow.own('b')];
    slow.forge.fault(/POST .*pulls$/, {status: 422, body: '{"message": "Validation Failed"}'});
    expect(await slow.deliver(a.clone.path, 'one\n')).toMatchObject({kind: 'failed', reason: 'forge-invalid'});
    expect(await slow.deliver(b.clone.path, 'one\n')).toMatchObject({kind: 'delivered'});
  });
});

/** What a forge or a remote may say, where, and what it is called. */
const answers: readonly (readonly [name: string, reason: string, at: RegExp, fault: ForgeFault])[] = [
  [
    'the token is refused',
    'forge-auth',
    /GET .*acme\/api$/,
    {status: 401, body: '{"message": "Bad credentials: forge-token"}'},
  ],
  [
    'single sign-on is wanted',
    'forge-sso',
    /GET .*acme\/api$/,
    {status: 403, headers: {'x-github-sso': 'required; url=https://x'}},
  ],
  [
    'the token lacks a right',
    'forge-forbidden',
    /POST .*pulls$/,
    {status: 403, body: '{"message": "Resource not accessible"}'},
  ],
  ['the repository is not there', 'forge-repo-missing', /GET .*acme\/api$/, {status: 404}],
  ['it was renamed', 'repo-moved', /GET .*acme\/api$/, {status: 301, headers: {location: 'HOST/repositories/1'}}],
  [
    'the interface is elsewhere',
    'forge-redirected',
    /GET .*acme\/api$/,
    {status: 302, headers: {location: 'https://evil.test/x'}},
  ],
  [
    'it is archived',
    'repo-archived',
    /POST .*pulls$/,
    {status: 403, body: '{"message": "Repository was archived so is read-only."}'},
  ],
  ['it takes no pull requests', 'pull-requests-off', /POST .*pulls$/, {status: 410}],
  ['it is blocked', 'repo-blocked', /GET .*acme\/api$/, {status: 451}],
  ['a conflict', 'forge-conflict', /POST .*pulls$/, {status: 409}],
  [
    'the base is unknown',
    'base-branch-missing',
    /POST .*pulls$/,
    {status: 422, body: '{"errors": [{"field": "base", "code": "invalid"}]}'},
  ],
  [
    'the head is unknown',
    'head-branch-missing',
    /POST .*pulls$/,
    {status: 422, body: '{"errors": [{"field": "head", "code": "invalid"}]}'},
  ],
  [
    'there is no difference',
    'no-difference',
    /POST .*pulls$/,
    {status: 422, body: '{"errors": [{"message": "No commits between main and x"}]}'},
  ],
  [
    'anything else is invalid',
    'forge-invalid',
    /POST .*pulls$/,
    {status: 422, body: '{"message": "Validation Failed"}'},
  ],
  [
    'no requests are left',
    'forge-rate-limited',
    /GET .*acme\/api$/,
    {status: 403, headers: {'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '9999999999'}},
  ],
  ['go slower', 'forge-secondary-limit', /POST .*pulls$/, {status: 403, headers: {'retry-after': '3600'}}],
  ['go slower, with 429', 'forge-secondary-limit', /GET .*acme\/api$/, {status: 429, headers: {'retry-after': '3600'}}],
  ['the server fails', 'forge-error', /GET .*acme\/api$/, {status: 503}],
  ['no connection', 'forge-unreachable', /GET .*acme\/api$/, {lose: 'request'}],
  ['silence', 'forge-timeout', /GET .*acme\/api$/, {stall: true}],
  ['half an answer', 'forge-cut', /GET .*acme\/api$/, {cutAfter: 20}],
  ['an answer that is none', 'forge-malformed', /GET .*acme\/api$/, {status: 200, body: '<html>'}],
  [
    'git refuses the token',
    'remote-denied',
    /info\/refs/,
    {status: 401, headers: {'www-authenticate': 'Basic realm="x"'}},
  ],
  ['git may not push', 'push-denied', /git-receive-pack/, {status: 403}],
  ['git finds no repository', 'remote-missing', /info\/refs/, {status: 404}],
  ['git meets a server that fails', 'remote-unreachable', /info\/refs/, {status: 503}],
];

describe('each answer has a name and a next step', () => {
  it.each(answers)('%s: %s', async (_, reason, at, fault) => {
    await using rig = await openPullRequestRig({timeoutMs: 300, maxWaitMs: 60_000});
    const {clone} = await rig.own('api');
    const location = 'HOST/repositories/1';
    const real =
      'headers' in fault && fault.headers?.['location'] === location
        ? {...fault, headers: {location: `${rig.forge.url}/api/v3/repositories/1`}}
        : fault;
    // As long as it is asked.
    rig.forge.fault(at, ...Array.from({length: 12}, () => real));
    const end = await rig.deliver(clone.path, 'one\n');
    expect(end).toMatchObject({kind: 'failed', reason});
    if (end.kind !== 'failed') return;
    expect(end.message).not.toContain(rig.forge.token);
    expect(rig.forge.token).toBe('forge-token');
    expect(end.message.length).toBeLessThan(700);
    expect(failureReasons[end.reason as keyof typeof failureReasons].next).not.toBe('');
  });

  it.each([
    ['a protected branch', 'push-protected', 'GH006: Protected branch update failed'],
    ['a hook that declines', 'push-declined', 'not on a Sunday'],
  ])('%s: %s', async (_, reason, said) => {
    await using rig = await openPullRequestRig();
    const {clone, remote} = await rig.own('api');
    const hook = path.join(remote.directory, 'hooks', 'pre-receive');
    await mkdir(path.dirname(hook), {recursive: true});
    await writeFile(hook, `#!/bin/sh\necho '${said}' >&2\nexit 1\n`);
    await chmod(hook, 0o755);
    expect(await rig.deliver(clone.path, 'one\n')).toMatchObject({kind: 'failed', reason});
    expect(remote.pulls).toEqual([]);
  });

  it('a forge that nobody named, and one without a token', async () => {
    await using rig = await openPullRequestRig();
    const {clone} = await rig.own('api');
    const deliver = (url: string) => rig.deliver(clone.path, 'one\n', {job: {url}});
    expect(await deliver('https://ann:secret@git.example.com/acme/api.git')).toMatchObject({
      reason: 'forge-unknown',
      message: '"https://git.example.com/acme/api.git" leads to no forge that is known',
    });
    expect(await deliver('git@github.com:acme/api.git')).toMatchObject({
      reason: 'forge-no-token',
      message: 'There is no token for github.com: set GITHUB_TOKEN or GH_TOKEN',
    });
    expect(rig.forge.requests).toEqual([]);
  });
});

it.each<ForgeKind>(['github', 'gitlab'])('lost replies on %s double nothing', async kind => {
  await using rig = await openPullRequestRig({kind});
  expect((await sweepLostReplies(rig, 3, 11)).wrong).toEqual([]);
});

it('nights double nothing and drift nowhere', async () => {
  await using rig = await openPullRequestRig();
  expect(await simulateNights(rig, 6, 5)).toEqual([]);
  expect(await readdir(path.join(rig.directory, 'workspaces')).catch(() => [])).toEqual([]);
});
