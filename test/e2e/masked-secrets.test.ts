import {expect, it} from 'vitest';
import type {ChangeView} from '../../src/web/api.ts';
import {openTestPage} from '../support/open-test-page.ts';
import {invitePerson} from '../support/person.ts';
import {seedChanges, seededRunId} from '../support/seed-changes.ts';

const token = `ghp_${'A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8'}`;

it('a secret that the policy held back is in no window and in nothing that leaves, but for --raw', async () => {
  await using person = await invitePerson();
  const ledger = await seedChanges(person.state, [
    {
      repo: 'api',
      path: 'src/a.ts',
      text: `const key = "${token}";\n`,
      findings: [{rule: 'secret', path: 'src/a.ts', detail: 'line 1 holds what looks like a secret (github-token)'}],
    },
  ]);
  const [change] = await ledger.changes({runId: seededRunId});
  await ledger.close();

  const shown = await person.call(['diff', 'api']);
  expect(shown.stdout).toContain('[held back: ');
  expect(shown.stderr).toBe(
    `what looks like a secret is held back here; as it is: orchestrator diff ${seededRunId}/readme-generator/api --raw\n`,
  );
  await using page = await openTestPage(person.state);
  const ask = async (address: string): Promise<ChangeView> => (await (await page.ask(address)).json()) as ChangeView;
  const texts = {
    diff: shown.stdout,
    json: (await person.call(['diff', 'api', '--json', '--content'])).stdout,
    review: (await person.call(['review', '--json', '--content'])).stdout,
    html: (await person.call(['report', '--html', '-'])).stdout,
    markdown: (await person.call(['report', '--md', '-'])).stdout,
    page: JSON.stringify(await ask(`/api/review/${seededRunId}/${change!.jobId}`)),
    job: JSON.stringify(await ask(`/api/runs/${seededRunId}/jobs/${change!.jobId}`)),
  };
  for (const [name, text] of Object.entries(texts)) expect([name, text.includes(token)]).toEqual([name, false]);
  expect(texts.html).toContain('[held back: ');
  expect((await person.call(['diff', 'api', '--raw'])).stdout).toContain(token);
});
