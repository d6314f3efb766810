import {expandVariables} from '../../util/expand-path.ts';

/** Where and how to tell that a run has ended. URLs carry no credentials; those stand apart. */
export type NotifyTarget =
  | {readonly kind: 'slack' | 'webhook'; readonly url: string; readonly authorization?: string}
  | {readonly kind: 'ntfy'; readonly url: string; readonly authorization?: string}
  | {readonly kind: 'mail'; readonly server: MailServer; readonly from: string; readonly to: readonly string[]};

export interface MailServer {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte; otherwise STARTTLS when the server offers it. */
  readonly secure: boolean;
  /** On this machine, where a certificate is seldom valid and nobody else listens. */
  readonly loopback: boolean;
  readonly login?: {readonly user: string; readonly password: string};
}

/** What is wrong with an address, in words that show nothing of it. */
export class AddressError extends Error {}

type Env = Readonly<Record<string, string | undefined>>;

/** @throws AddressError when it is none, or a variable in it is not set. */
export function parseNotifyTarget(written: string, env: Env): NotifyTarget {
  const url = toUrl(written, env);
  switch (url.protocol) {
    case 'slack+https:':
    case 'slack+http:':
      return http('slack', url, url.protocol.slice('slack+'.length));
    case 'ntfy:':
      return ntfy(url, url.searchParams.get('secure') === 'false' ? 'http:' : 'https:');
    case 'ntfy+https:':
    case 'ntfy+http:':
      return ntfy(url, url.protocol.slice('ntfy+'.length));
    case 'https:':
    case 'http:':
      if (url.hostname === 'hooks.slack.com') return http('slack', url, url.protocol);
      return url.hostname === 'ntfy.sh' ? ntfy(url, url.protocol) : http('webhook', url, url.protocol);
    case 'smtp:':
    case 'smtps:':
      return mail(url, url.searchParams.get('to'), url.searchParams.get('from'));
    case 'mailto:': {
      const server = url.searchParams.get('server') ?? 'smtp://127.0.0.1:25';
      if (!/^smtps?:/.test(server)) throw new AddressError('"server" of a mailto address must be smtp:// or smtps://');
      return mail(asUrl(server), decode(url.pathname), url.searchParams.get('from'));
    }
    default:
      throw new AddressError('this kind of address is not known');
  }
}

/** @throws AddressError when it is not http or https, or a variable in it is not set. */
export function parsePingUrl(written: string, env: Env): URL {
  const url = toUrl(written, env);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw new AddressError('it must be an http or https URL');
  return url;
}

/** How a log names the address: `$NAME` as it is written, else no more than the host. */
export function nameAddress(written: string): string {
  if (written.includes('$')) return /\$(?:\{\w+\}|\w+)/.exec(written)?.[0] ?? '$';
  const url = URL.parse(written);
  if (url?.protocol === 'mailto:') return 'mailto';
  return url?.hostname === undefined || url.hostname === '' ? 'an address' : url.hostname;
}

function toUrl(written: string, env: Env): URL {
  const {text, unset} = expandVariables(written, env);
  if (unset !== undefined) throw new AddressError(`the environment variable ${unset} is not set`);
  return asUrl(text);
}

function asUrl(text: string): URL {
  const url = /\s/.test(text) ? null : URL.parse(text);
  if (url === null) throw new AddressError('it does not hold a URL');
  return url;
}

function http(kind: 'slack' | 'webhook', url: URL, protocol: string): NotifyTarget {
  return {kind, ...withoutLogin(url, protocol)};
}

function ntfy(url: URL, protocol: string): NotifyTarget {
  if (!/^\/[\w-]{1,64}$/.test(url.pathname)) throw new AddressError('an ntfy address must be host/topic');
  const {url: whole, authorization} = withoutLogin(url, protocol);
  return {kind: 'ntfy', url: whole.split('?')[0] ?? whole, ...(authorization === undefined ? {} : {authorization})};
}

/** A URL of another scheme cannot be turned into https by assignment: `URL.protocol` refuses that. */
function withoutLogin(url: URL, protocol: string): {url: string; authorization?: string} {
  if (url.host === '') throw new AddressError('it names no host');
  const plain = asUrl(`${protocol}//${url.host}${url.pathname}${url.search}`);
  if (url.username === '' && url.password === '') return {url: plain.href};
  const login = Buffer.from(`${decode(url.username)}:${decode(url.password)}`).toString('base64');
  return {url: plain.href, authorization: `Basic ${login}`};
}

function mail(url: URL, to: string | null, from: string | null): NotifyTarget {
  const recipients = (to ?? '').split(',').map(address => address.trim());
  if (!recipients.every(isMailAddress)) throw new AddressError('it names no mail address to send to');
  const secure = url.protocol === 'smtps:';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (host === '') throw new AddressError('it names no mail server');
  const user = decode(url.username);
  const sender = from ?? (isMailAddress(user) ? user : recipients[0]!);
  if (!isMailAddress(sender)) throw new AddressError('"from" is not a mail address');
  return {
    kind: 'mail',
    server: {
      host,
      port: url.port === '' ? (secure ? 465 : user === '' ? 25 : 587) : Number(url.port),
      secure,
      loopback: host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host),
      ...(user === '' ? {} : {login: {user, password: decode(url.password)}}),
    },
    from: sender,
    to: recipients,
  };
}

/** Narrower than the standard: nothing that could end a command or a header. */
function isMailAddress(text: string): boolean {
  return /^[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?$/.test(text);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new AddressError('a % in it is not followed by two hexadecimal digits');
  }
}
