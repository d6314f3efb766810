import {chmod, mkdir, readdir, writeFile} from 'node:fs/promises';
import type {IncomingMessage, ServerResponse} from 'node:http';
import {join} from 'node:path';
import {expect, it} from 'vitest';
import {openBranchRig} from '../../test/support/branch-rig.ts';
import {startGitHttpServer} from '../../test/support/git-http-server.ts';
import {commitFiles, makeRepo, runGit, type TemporaryRepo} from '../testing/temporary-fleet.ts';

const branch = 'orchestrator/readme-generator';
const files = {'README.md': '# Old\n', 'a/b.txt': 'b\n'};
const night = {files: {'README.md': '# New\n'}, push: true};
const later = {files: {'README.md': '# Newer\n'}, push: true, at: 1_760_086_400};

async function openRig() {
  const rig = await openBranchRig({
    credential: origin => (origin === server.url ? {username: 'u', password: 'token'} : undefined),
  });
  const server = await startGitHttpServer(rig.path);
  const remote = await makeRepo(join(rig.path, 'remote.git'), {files, bare: true});
  await runGit(rig.path, ['clone', '-q', remote.path, 'repo']);
  const repo = join(rig.path, 'repo');
  return {
    ...rig,
    server,
    remote,
    repo,
    http: `${server.url}/remote.git`,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await rig[Symbol.asyncDispose]();
    },
  };
}

it.each(['here and there', 'only there'])('pushes %s, again and again', async where => {
  await using rig = await openRig();
  const local = where === 'here and there';
  for (const url of [rig.http, rig.remote.path, `file://${rig.remote.path}`]) {
    const first = await rig.night(rig.repo, {...night, local, url});
    expect(await rig.tip(rig.remote.path)).toBe(first.commit);
    expect(await rig.tip(rig.repo)).toBe(local ? first.commit : '');
    // The reply was lost: it is found.
    expect(await rig.night(rig.repo, {...night, local, url})).toEqual({...first, state: 'landed'});
    expect(await rig.night(rig.repo, {...night, at: later.at, local, url})).toEqual({...first, state: 'same'});
    const next = await rig.night(rig.repo, {...later, local, url});
    expect(next.state).toBe('updated');
    expect(await rig.tip(rig.remote.path)).toBe(next.commit);
    await rig.remote.git('update-ref', '-d', `refs/heads/${branch}`);
    if (local) await runGit(rig.repo, ['update-ref', '-d', `refs/heads/${branch}`]);
  }
  expect(await rig.remote.git('fsck', '--strict', '--no-dangling')).toBe('');
  expect(await readdir(join(rig.path, 'state/workspaces'))).toEqual([]);
  expect(new Set(rig.server.requests.map(({authorization}) => authorization))).toEqual(
    new Set([`Basic ${Buffer.from('u:token').toString('base64')}`]),
  );
});

async function actAsPerson(rig: {path: string; remote: TemporaryRepo}, name = 'person'): Promise<string> {
  await runGit(rig.path, ['clone', '-q', '-b', branch, rig.remote.path, name]);
  const commit = await commitFiles(join(rig.path, name), {'mine.txt': 'mine\n'});
  await runGit(join(rig.path, name), ['push', '-q', 'origin', branch]);
  return commit;
}

it('never replaces what a person pushed, before or while it looks', async () => {
  await using rig = await openRig();
  const url = rig.http;
  await rig.night(rig.repo, {...night, url});
  let mine = '';
  const meanwhile = async (): Promise<void> => {
    mine = await actAsPerson(rig);
  };
  expect(await rig.refused(rig.repo, {...later, url, local: false, meanwhile})).toBe('push-rejected');
  expect(await rig.tip(rig.remote.path)).toBe(mine);
  expect(await rig.refused(rig.repo, {...later, url, local: false})).toBe('edited-by-person');
  expect(await rig.refused(rig.repo, {...later, url})).toBe('edited-by-person');
  expect(await rig.tip(rig.remote.path)).toBe(mine);
});

it('pushes from a shallow repo', async () => {
  await using rig = await openRig();
  await commitFiles(rig.repo, {'more.txt': 'x\n'});
  await runGit(rig.repo, ['push', '-q', 'origin', 'main']);
  await runGit(rig.path, ['clone', '-q', '--depth', '1', `file://${rig.remote.path}`, 'shallow']);
  const made = await rig.night(join(rig.path, 'shallow'), {...night, local: false, url: rig.http});
  expect(await rig.tip(rig.remote.path)).toBe(made.commit);
});

type Answer = (request: IncomingMessage, response: ServerResponse) => boolean;
const status =
  (code: number, only: RegExp = /./): Answer =>
  ({method, url}, response) => {
    if (!only.test(`${method} ${url}`)) return false;
    response.writeHead(code).end();
    return true;
  };

it.each<[string, string, Answer]>([
  ['no account', 'remote-denied', status(401)],
  ['no right to read', 'remote-denied', status(403)],
  ['no right to push', 'push-denied', status(403, /receive-pack/)],
  ['no such repository', 'remote-missing', status(404)],
  ['a server in trouble', 'remote-unreachable', status(503)],
  ['a server that hangs up', 'remote-unreachable', ({socket}) => socket.destroy() !== undefined],
  [
    'a server that sends elsewhere',
    'repo-moved',
    (request, response) => {
      response.writeHead(301, {location: `http://127.0.0.2:${request.socket.localPort}${request.url}`}).end();
      return true;
    },
  ],
])('names %s', async (_, reason, answer) => {
  await using rig = await openRig();
  rig.server.answer = answer;
  expect(await rig.refused(rig.repo, {...night, url: rig.http})).toBe(reason);
  expect(await rig.tip(rig.remote.path)).toBe('');
});

it('sends the token to no other listener, wherever it is sent', async () => {
  await using rig = await openRig();
  await using other = await startGitHttpServer(rig.path);
  const places = [/info\/refs\?service=git-upload-pack/, /info\/refs\?service=git-receive-pack/, /POST/];
  for (const code of [301, 302, 303, 307, 308]) {
    for (const place of places) {
      const location = `${other.url.replace('127.0.0.1', code % 2 === 0 ? 'u:p@127.0.0.1' : 'localhost')}/remote.git`;
      rig.server.answer = ({method, url}, response) => {
        if (!place.test(`${method} ${url}`)) return false;
        response.writeHead(code, {location: `${location}${url?.slice('/remote.git'.length)}`}).end();
        return true;
      };
      expect(await rig.refused(rig.repo, {...night, local: false, url: rig.http})).toMatch(
        /^(?:repo-moved|remote-error)$/,
      );
    }
  }
  expect(other.requests).toEqual([]);
  expect(await rig.tip(rig.remote.path)).toBe('');
});

it('ends a git that hears nothing, with all it started', async () => {
  await using rig = await openBranchRig({timeoutMs: 1000});
  await using server = await startGitHttpServer(rig.path);
  server.answer = () => true;
  const repo = await makeRepo(join(rig.path, 'repo'), {files});
  expect(await rig.refused(repo.path, {...night, url: `${server.url}/remote.git`})).toBe('remote-timeout');
});

it.each<[string, string, (rig: {path: string; remote: TemporaryRepo}) => Promise<unknown>]>([
  [
    'a hook that declines',
    'push-declined',
    async ({remote}) => {
      await mkdir(join(remote.path, 'hooks'), {recursive: true});
      await writeFile(join(remote.path, 'hooks/pre-receive'), '#!/bin/sh\necho no\nexit 1\n');
      await chmod(join(remote.path, 'hooks/pre-receive'), 0o755);
    },
  ],
  [
    'a protected branch',
    'push-protected',
    async ({remote}) => {
      await mkdir(join(remote.path, 'hooks'), {recursive: true});
      const text = '#!/bin/sh\necho "GH006: Protected branch update failed for $1."\nexit 1\n';
      await writeFile(join(remote.path, 'hooks/update'), text, {mode: 0o755});
    },
  ],
  ['a branch in the way', 'push-rejected', ({remote}) => remote.git('branch', 'orchestrator')],
])('names %s', async (_, reason, prepare) => {
  await using rig = await openRig();
  await prepare(rig);
  expect(await rig.refused(rig.repo, {...night, local: false})).toBe('remote-unsupported');
  expect(await rig.refused(rig.repo, {...night, local: false, url: rig.remote.path})).toBe(reason);
  expect(await rig.tip(rig.remote.path)).toBe('');
});

it('says when there is no address to push to', async () => {
  await using rig = await openBranchRig();
  const repo = await makeRepo(join(rig.path, 'repo'), {files});
  expect(await rig.refused(repo.path, night)).toBe('remote-unknown');
  expect(await rig.refused(repo.path, {...night, url: join(rig.path, 'none.git')})).toBe('remote-missing');
});
