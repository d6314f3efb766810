import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import type {RunSummary} from '../../domain/event.ts';
import {type FailureReason, failureReasons, notStartedReasons} from '../../domain/outcome.ts';
import {mailMessage} from './mail.ts';
import {composeNotification, type RunEndFacts} from './notification-text.ts';
import {ntfyRequest} from './ntfy.ts';
import {slackRequest, webhookRequest} from './webhook.ts';

const nothing: RunSummary = {
  total: 9,
  changed: 0,
  unchanged: 4,
  upToDate: 5,
  failed: 0,
  held: 0,
  notStarted: 0,
  costUsd: 0,
  costUnknown: 0,
};
const facts: RunEndFacts = {
  runId: 'r-20251201-223000-7f3a',
  exitCode: 1,
  summary: {...nothing, changed: 9, failed: 2},
  failures: [
    {repo: 'infra', reason: 'reply-truncated'},
    {repo: 'ops', reason: 'uncommitted-changes'},
  ],
  spentUsd: 3.912,
  budgetUsd: 5,
  startedAt: new Date(2025, 11, 1, 22, 30).getTime(),
  endedAt: new Date(2025, 11, 2, 2, 39).getTime(),
  resultsFile: '/home/ann/results.json',
};
const textOf = (given: RunEndFacts): string => {
  const notification = composeNotification(given);
  return notification === undefined ? '' : [notification.title, ...notification.lines].join('\n');
};

describe('composeNotification', () => {
  it('says counts, failures, cost, times and what to type next', () => {
    expect(textOf(facts)).toBe(`r-20251201-223000-7f3a: 9 changed, 2 failed, 4 unchanged, 5 up to date
✗ infra reply-truncated · ✗ ops uncommitted-changes
3.9120 of 5.00 USD, 2025-12-01 22:30–2025-12-02 02:39
Next: orchestrator report r-20251201-223000-7f3a; orchestrator retry r-20251201-223000-7f3a`);
  });

  it('says what waits for a person, and where to decide', () => {
    const text = textOf({...facts, toReview: 4});
    expect(text).toContain('5 up to date, 4 to review\n');
    expect(text).toContain('Next: orchestrator review; orchestrator report');
  });

  it('says nothing when there is nothing to decide', () => {
    expect(textOf({...facts, exitCode: 0, summary: nothing, failures: []})).toBe('');
  });

  it.each([
    ['budget', 'Budget reached'],
    ['auth', 'Key refused'],
    ['quota', 'No credit left'],
    ['deadline', 'Deadline reached'],
    ['stopped', 'Stopped'],
  ] as const)('says first that %s stopped it', (stopped, words) => {
    const text = textOf({...facts, stopped, summary: {...nothing, notStarted: 3}, failures: []});
    expect(text.split('\n').slice(0, 2)).toEqual([
      `${words}: r-20251201-223000-7f3a: 3 not started, 4 unchanged, 5 up to date`,
      notStartedReasons[stopped],
    ]);
    expect(text).toContain('orchestrator resume r-20251201-223000-7f3a');
  });

  it('tells of a run that broke off', () => {
    expect(textOf({...facts, brokenOff: 'ledger-locked'})).toMatch(
      /^Broken off: .*\nThe run could not go on: ledger-locked\n/,
    );
  });

  it('offers no retry where a retry cannot help', () => {
    const failures = [{repo: 'a', reason: 'reply-refused'}] as const;
    expect(textOf({...facts, failures})).not.toContain('retry');
  });

  it('stays at six lines, five names and one kind of text, whatever repos are called', () => {
    const reason = fc.constantFrom(...(Object.keys(failureReasons) as FailureReason[]));
    const hostile = fc.oneof(
      fc.string({unit: 'binary', maxLength: 200}),
      fc.constantFrom(
        'a\r\nBcc: evil@x.test',
        '<!channel> @all',
        '\u202egnp',
        'x\u001b]0;t\u0007',
        '\n.\r\n',
        '=?utf-8?B?eA==?=',
      ),
    );
    fc.assert(
      fc.property(
        fc.array(fc.record({repo: hostile, reason}), {maxLength: 120}),
        fc.option(fc.constantFrom('auth' as const, 'budget' as const), {nil: undefined}),
        (failures, stopped) => {
          const notification = composeNotification({
            ...facts,
            failures,
            summary: {...nothing, changed: 1, failed: failures.length + 7},
            ...(stopped === undefined ? {} : {stopped}),
          });
          const {title, lines} = notification!;
          expect(lines.length).toBeLessThanOrEqual(5);
          const text = [title, ...lines].join('\n');
          expect(text.match(/✗ /g)?.length ?? 0).toBeLessThanOrEqual(
            5 + failures.filter(f => f.repo.includes('✗')).length,
          );
          expect(text.split('\n')).toHaveLength(lines.length + 1);
          expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/);
          expect(text.length).toBeLessThan(1_200);
          expect(title).toMatch(/^[ -~]+$/);

          const slack = JSON.parse(slackRequest(notification!).body);
          expect(slack.text).not.toMatch(/[<>@]/);
          expect(Object.values(ntfyRequest(notification!).headers).join('')).toMatch(/^[ -~]+$/);
          const hook = JSON.parse(webhookRequest(notification!).body);
          expect(Object.keys(hook.failures[0] ?? {repo: 1, reason: 1})).toEqual(['repo', 'reason']);
          const mail = mailMessage(notification!, {from: 'a@b.test', to: ['c@d.test']});
          const head = mail.slice(0, mail.indexOf('\r\n\r\n')).split('\r\n');
          expect(head.map(line => line.split(':')[0])).toEqual([
            'From',
            'To',
            'Subject',
            'Date',
            'Message-ID',
            'Auto-Submitted',
            'MIME-Version',
            'Content-Type',
            'Content-Transfer-Encoding',
          ]);
          expect(mail).toMatch(/^[\r\n -~]+$/);
          expect(Buffer.from(mail.slice(mail.indexOf('\r\n\r\n')), 'base64').toString()).toBe(
            `${lines.join('\r\n')}\r\n`,
          );
        },
      ),
      {numRuns: 300},
    );
  });
});

it('gives programs figures and words of ours', () => {
  expect(JSON.parse(webhookRequest(composeNotification({...facts, stopped: 'budget'})!).body)).toEqual({
    event: 'run.finished',
    run: 'r-20251201-223000-7f3a',
    exit_code: 1,
    stopped: 'budget',
    jobs: {total: 9, changed: 9, unchanged: 4, up_to_date: 5, failed: 2, held: 0, not_started: 0},
    cost_usd: 3.912,
    budget_usd: 5,
    started_at: new Date(facts.startedAt).toISOString(),
    ended_at: new Date(facts.endedAt).toISOString(),
    results_file: '/home/ann/results.json',
    failures: facts.failures,
    text: textOf({...facts, stopped: 'budget'}),
  });
});
