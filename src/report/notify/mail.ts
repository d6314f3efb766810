import {createHash} from 'node:crypto';
import type {Notification} from './notification-text.ts';

/** A plain text message as mail servers take it, lines ended by CR LF. The addresses were checked when they were parsed. */
export function mailMessage(
  {title, lines, facts}: Notification,
  {from, to}: {readonly from: string; readonly to: readonly string[]},
): string {
  // The same when it is sent twice, so that a mailbox can tell.
  const id = createHash('sha256').update(`${facts.runId} ${facts.endedAt}`).digest('hex').slice(0, 32);
  const body = Buffer.from(`${lines.join('\r\n')}\r\n`).toString('base64');
  return [
    `From: ${from}`,
    `To: ${to.join(', ')}`,
    `Subject: ${encodeHeader(title)}`,
    `Date: ${new Date(facts.endedAt).toUTCString().replace(/GMT$/, '+0000')}`,
    `Message-ID: <${id}@orchestrator.invalid>`,
    'Auto-Submitted: auto-generated',
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: base64',
    '',
    ...(body.match(/.{1,76}/g) ?? []),
    '',
  ].join('\r\n');
}

/** Text as it is when it is plain and short; else as encoded words of RFC 2047, which hold no line end. */
function encodeHeader(text: string): string {
  if (/^[ -~]*$/.test(text) && text.length <= 900 && !text.includes('=?')) return text;
  const words: string[] = [];
  let word = '';
  for (const character of text) {
    if (Buffer.byteLength(word + character) > 45) {
      words.push(word);
      word = '';
    }
    word += character;
  }
  return [...words, word].map(part => `=?utf-8?B?${Buffer.from(part).toString('base64')}?=`).join('\r\n ');
}
