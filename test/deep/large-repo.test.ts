import path from 'node:path';
import {expect, it} from 'vitest';
import {startScriptedModelServer} from '../../src/testing/scripted-model-server.ts';
import {makeLargeRepo} from '../support/odd-repos.ts';
import {anthropicAt, invitePerson, wholeFile} from '../support/person.ts';
import {changesBetween, snapshotTree} from '../support/snapshot-tree.ts';

it('a repo of 50,000 files is read within the budget of tokens and gets its one file', async () => {
  await using server = await startScriptedModelServer();
  server.reply(wholeFile('Large'));
  await using person = await invitePerson(anthropicAt(server.url));
  const repo = path.join(person.home, 'large');
  await makeLargeRepo(repo, 50_000);
  const before = await snapshotTree(repo);
  const startedAt = performance.now();
  const said = await person.start(['--skill', 'readme-generator', '--repos', repo]);
  expect(said).toMatchObject({exitCode: 0, stderr: ''});
  expect(performance.now() - startedAt).toBeLessThan(20_000);
  expect(changesBetween(before, await snapshotTree(repo))).toEqual(['README.md']);
  // About four characters a token, and the default budget is 60,000 tokens.
  expect(server.requests[0]!.prompt.length).toBeLessThan(320_000);
  expect(server.requests[0]!.prompt).toContain('Files: 50000');
});
