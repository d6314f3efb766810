import {describe, expect, it} from 'vitest';
import {startMailServer} from '../../../test/support/mail-server.ts';
import {startRecordingServer} from '../../../test/support/recording-server.ts';
import type {Clock} from '../../util/clock.ts';
import {composeTest} from './notification-text.ts';
import {type NotifyOptions, sendNotifications} from './notify.ts';

const clock: Clock = {now: () => 0, sleep: async () => {}};
const notification = composeTest();

function tell(options: Partial<NotifyOptions>): Promise<string[]> {
  return sendNotifications({addresses: [], notification, exitCode: 0, env: {}, clock, ...options});
}

describe('sendNotifications', () => {
  it('speaks to each kind of address in its own way', async () => {
    await using web = await startRecordingServer();
    await using mail = await startMailServer();
    const problems = await tell({
      addresses: [
        `${web.url}/hook`,
        `slack+${web.url}/slack`,
        `ntfy+${web.url.replace('//', '//:tk_1@')}/night`,
        '$MAIL',
        `mailto:bob@b.test?server=smtp://127.0.0.1:${mail.port}`,
      ],
      env: {MAIL: `smtp://127.0.0.1:${mail.port}/?to=ann@a.test`},
    });
    expect(problems).toEqual([]);
    const [hook, night, slack] = web.asked.toSorted((a, b) => String(a.url).localeCompare(String(b.url)));
    expect(hook).toMatchObject({method: 'POST', headers: {'content-type': 'application/json'}});
    expect(JSON.parse(hook!.body)).toMatchObject({event: 'run.finished', run: 'test'});
    expect(night).toMatchObject({
      url: '/night',
      headers: {title: 'orchestrator: a test message', priority: 'low', authorization: `Basic ${btoa(':tk_1')}`},
      body: notification.lines.join('\n'),
    });
    expect(JSON.parse(slack!.body).text).toContain('orchestrator: a test message');
    expect(mail.mails.flatMap(({to}) => to).toSorted()).toEqual(['RCPT TO:<ann@a.test>', 'RCPT TO:<bob@b.test>']);
  });

  it('pings for each end, and behind /fail unless all went well', async () => {
    await using web = await startRecordingServer();
    expect(
      await tell({
        notification: undefined,
        addresses: [web.url],
        deadManUrl: '$PING',
        env: {PING: `${web.url}/id?a=1`},
      }),
    ).toEqual([]);
    expect(await tell({notification: undefined, deadManUrl: `${web.url}/id/?a=1`, exitCode: 1})).toEqual([]);
    expect(await tell({notification: undefined, deadManUrl: `${web.url}/id`, exitCode: 130})).toEqual([]);
    expect(web.asked.map(({method, url}) => `${method} ${url}`)).toEqual([
      'GET /id?a=1',
      'GET /id/fail?a=1',
      'GET /id/fail',
    ]);
  });

  it('tries again once when that can help, and says what failed without showing the address', async () => {
    await using web = await startRecordingServer(({url}, count) =>
      url === '/once' ? (count === 1 ? 503 : 204) : Number(url?.slice(1, 4)),
    );
    const env = {
      A: `${web.url}/404sEcReT`,
      B: `${web.url}/301sEcReT`,
      C: `${web.url}/500sEcReT`,
      D: 'http://127.0.0.1:1/sEcReT',
    };
    expect(await tell({addresses: [`${web.url}/once`]})).toEqual([]);
    expect(await tell({addresses: ['$A', '$B', '$C', '$D', '$NOPE', `${web.url}/429sEcReT`], env})).toEqual([
      'notification to $A failed: it answered 404',
      'notification to $B failed: it answered 301, a redirect, which is not followed',
      'notification to $C failed: it answered 500',
      'notification to $D failed: it cannot be reached',
      'notification to $NOPE failed: the environment variable NOPE is not set',
      'notification to 127.0.0.1 failed: it answered 429',
    ]);
    const count = (path: string): number => web.asked.filter(({url}) => url?.startsWith(path)).length;
    expect(['/once', '/404', '/301', '/500', '/429', '/elsewhere'].map(count)).toEqual([2, 1, 1, 2, 2, 0]);
  });

  it('waits no longer than it says for a server that stands still', async () => {
    await using web = await startRecordingServer(() => undefined);
    expect(await tell({addresses: [web.url], deadManUrl: web.url, timeoutMs: 40})).toEqual([
      'notification to 127.0.0.1 failed: no answer within 0.04 s',
      'dead-man ping to 127.0.0.1 failed: no answer within 0.04 s',
    ]);
  });
});
