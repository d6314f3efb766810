import {describe, expect, it} from 'vitest';
import {type ScriptedAnswer, startScriptedModelServer} from '../../src/testing/scripted-model-server.ts';
import {anthropicAt, invitePerson, repoOf, wholeFile} from '../support/person.ts';

const fleet = 40;
const workers = 4;

const kinds: [name: string, ScriptedAnswer, outcome: string, reason: string][] = [
  ['a refused key', {fault: 'status', status: 401}, 'provider-auth', 'auth'],
  ['a used-up account', {fault: 'status', status: 402}, 'provider-quota', 'quota'],
];

describe('what no further call can mend', () => {
  it.each(kinds)(
    '%s stops new calls of the whole run at once, and retry goes on',
    async (_, answer, outcome, reason) => {
      await using server = await startScriptedModelServer({latencyMs: 5});
      await using person = await invitePerson(anthropicAt(server.url));
      const names = Array.from({length: fleet}, (__, index) => `r${index}`);
      await person.own(names);
      let revoked = false;
      server.reply(request => {
        if (server.requests.length > 10) revoked = true;
        return revoked ? answer : wholeFile(repoOf(request));
      });

      const night = await person.call(['--skill', 'readme-generator', '--max-workers', String(workers)]);
      expect(night.exitCode).toBe(1);
      expect(server.requests.length).toBeLessThanOrEqual(10 + workers);
      const rows = await person.results();
      const of = (status: string) => rows.filter(row => row.status === status);
      expect(of('success').length).toBeGreaterThanOrEqual(10 - workers);
      expect(of('error').length).toBeGreaterThanOrEqual(1);
      expect(of('error').length).toBeLessThanOrEqual(workers);
      for (const row of of('error')) expect(row.outcome).toBe(outcome);
      expect(of('cancelled')).toHaveLength(fleet - of('success').length - of('error').length);
      for (const row of of('cancelled'))
        expect(row).toMatchObject({
          outcome: 'not-started',
          reason,
          message: expect.stringContaining(reason),
          attempts: 0,
        });

      // In the morning the key is in order again.
      server.reply(request => wholeFile(repoOf(request)));
      const paid = of('success').length;
      const before = server.requests.length;
      const retried = await person.call(['retry']);
      expect(retried, retried.stderr).toMatchObject({exitCode: 0});
      expect((await person.results()).map(row => row.outcome)).toEqual(names.map(() => 'changed'));
      expect(server.requests.length - before).toBe(fleet - paid);
    },
  );
});
