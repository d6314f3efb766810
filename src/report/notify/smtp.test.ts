import {describe, expect, it} from 'vitest';
import {startMailServer} from '../../../test/support/mail-server.ts';
import {makeSelfSigned} from '../../../test/support/self-signed.ts';
import type {MailServer} from './notify-target.ts';
import {SendError} from './send-error.ts';
import {sendMail} from './smtp.ts';

const never = new AbortController().signal;
const mail = {from: 'night@a.test', to: ['ann@b.test', 'bob@b.test'], message: 'Subject: x\r\n\r\nwords\r\n'};
const here = (port: number, more: Partial<MailServer> = {}): MailServer => ({
  host: '127.0.0.1',
  port,
  secure: false,
  loopback: true,
  ...more,
});
const login = {user: 'ann', password: 'pässword'};

describe('sendMail', () => {
  it('hands a message over, to each recipient, and says goodbye', async () => {
    await using server = await startMailServer();
    await sendMail(here(server.port), mail, never);
    expect(server.mails).toEqual([
      {
        from: 'MAIL FROM:<night@a.test>',
        to: ['RCPT TO:<ann@b.test>', 'RCPT TO:<bob@b.test>'],
        data: 'Subject: x\r\n\r\nwords',
        underTls: false,
      },
    ]);
  });

  it('keeps dots at the start of lines, and a message cannot end itself', async () => {
    await using server = await startMailServer();
    const message = 'Subject: x\r\n\r\n.\r\n..\nMAIL FROM:<evil@x.test>\r\n.hidden';
    await sendMail(here(server.port), {...mail, message}, never);
    expect(server.mails).toHaveLength(1);
    expect(server.mails[0]?.data).toBe('Subject: x\r\n\r\n.\r\n..\r\nMAIL FROM:<evil@x.test>\r\n.hidden');
    expect(server.lines.filter(line => line.startsWith('MAIL'))).toEqual(['MAIL FROM:<night@a.test>']);
  });

  it('uses STARTTLS when it is offered, and sends the login only under it', async () => {
    await using server = await startMailServer({tls: makeSelfSigned('localhost')});
    await sendMail(here(server.port, {login}), mail, never);
    expect(server.mails[0]).toMatchObject({underTls: true, login: '\0ann\0pässword'});
    expect(server.lines.filter(line => !line.startsWith('*'))).toEqual(['EHLO [127.0.0.1]', 'STARTTLS']);
  });

  it('believes no certificate that it cannot check, except of this machine', async () => {
    await using server = await startMailServer({tls: makeSelfSigned('localhost')});
    const error = await sendMail(here(server.port, {loopback: false, login}), mail, never).catch(caught => caught);
    expect(error).toBeInstanceOf(SendError);
    expect(error.message).toBe('the certificate of the mail server is not trusted (DEPTH_ZERO_SELF_SIGNED_CERT)');
    expect(server.lines).toEqual(['EHLO [127.0.0.1]', 'STARTTLS']);

    await using direct = await startMailServer({tls: makeSelfSigned('localhost'), secure: true});
    await expect(sendMail(here(direct.port, {secure: true}), mail, never)).rejects.toThrow('is not trusted');
    expect([...server.mails, ...direct.mails]).toEqual([]);
  });

  it('sends no password in the clear to another machine', async () => {
    await using server = await startMailServer();
    await expect(sendMail(here(server.port, {loopback: false, login}), mail, never)).rejects.toThrow(
      'the mail server offers no TLS, and a password is not sent without it',
    );
    expect(server.lines.join()).not.toContain('AUTH');
    await sendMail(here(server.port, {login}), mail, never);
    expect(server.mails[0]?.login).toBe('\0ann\0pässword');
  });

  it('takes nothing said before TLS for an answer under TLS', async () => {
    await using server = await startMailServer({tls: makeSelfSigned('localhost'), injected: '250 injected'});
    await expect(sendMail(here(server.port), mail, never)).rejects.toThrow('the mail server spoke before TLS began');
    expect(server.mails).toEqual([]);
  });

  it.each<[string, string, boolean]>([
    ['greeting', '554 go away', false],
    ['EHLO', '502 no', false],
    ['MAIL', '550 <evil\u001b[31m>', false],
    ['RCPT', '451 greylisted', true],
    ['DATA', '421 later', true],
    ['message', '554 spam', false],
  ])('fails when %s is answered with %j', async (verb, text, retryable) => {
    await using server = await startMailServer({answer: asked => (asked === verb ? text : null)});
    const error = await sendMail(here(server.port), mail, never).catch(caught => caught);
    expect(error).toBeInstanceOf(SendError);
    expect(error.retryable).toBe(retryable);
    expect(error.message).toMatch(new RegExp(`^the mail server answered ${text.slice(0, 3)} to [\\w ]+$`));
    expect(server.mails).toEqual([]);
  });

  it('fails when the connection ends, when it is no mail server, when it floods and when it stands still', async () => {
    await using closing = await startMailServer({answer: verb => (verb === 'DATA' ? undefined : null)});
    await expect(sendMail(here(closing.port), mail, never)).rejects.toThrow(/closed the connection|connection broke/);
    await using web = await startMailServer({answer: () => 'HTTP/1.1 400 Bad Request'});
    await expect(sendMail(here(web.port), mail, never)).rejects.toThrow('what answered is no mail server');
    await using flood = await startMailServer({answer: verb => (verb === 'EHLO' ? '250-x\r\n'.repeat(20_000) : null)});
    await expect(sendMail(here(flood.port), mail, never)).rejects.toThrow('says too much');
    await using still = await startMailServer({answer: verb => (verb === 'EHLO' ? '250-wait' : null)});
    await expect(sendMail(here(still.port), mail, AbortSignal.timeout(50))).rejects.toThrow(/timeout/i);
    await expect(sendMail(here(1), mail, never)).rejects.toThrow('no connection (ECONNREFUSED)');
  });

  it('connects to nobody with an address that could carry a command', async () => {
    for (const from of ['a@b.test>\r\nRCPT TO:<evil@x.test', 'a b@c.test', '<a@b.test>']) {
      await expect(sendMail(here(1), {...mail, from}, never)).rejects.toThrow('what no address may hold');
    }
  });
});
