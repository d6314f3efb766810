import {JobFailure} from '../domain/outcome.ts';
import {isLoopback} from '../util/is-loopback.ts';
import {quoteText} from '../util/quote-text.ts';
import {withoutUser} from '../util/show-address.ts';

export interface RemoteUrl {
  /** As git takes it. May hold a password: show `shown`. */
  readonly url: string;
  readonly shown: string;
  readonly kind: 'https' | 'http' | 'ssh' | 'file';
  /** `https://host:port` for what is asked by HTTP. */
  readonly origin?: string;
}

/**
 * An address that git may be sent to. `trusted` is what the operator wrote; what was found in a repo's own configuration may not name a
 * folder of this machine, where pushing would run that folder's hooks. Throws `remote-unsupported`.
 */
export function parseRemoteUrl(text: string, options: {readonly trusted: boolean}): RemoteUrl {
  const refuse = (why: string): JobFailure =>
    new JobFailure('remote-unsupported', `The address ${quoteText(withoutUser(text))} ${why}.`);
  if (/[\p{Cc}\s]/u.test(text) || text.startsWith('-')) throw refuse('holds characters that no address has');
  const scp = /^(?:[\w.+~-]+@)?(?<host>[\w.][\w.-]*):(?!\/\/)(?!:)(?<path>[^-:].*)$/.exec(text);
  if (scp !== null && !/^[a-z]:[\\/]/i.test(text)) return {url: text, shown: text, kind: 'ssh'};
  if (text.startsWith('/')) return fileUrl(text);
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw refuse('is no address');
  }
  switch (url.protocol) {
    case 'file:':
      return fileUrl(text);
    case 'https:':
      return {url: text, shown: withoutUser(text), kind: 'https', origin: url.origin};
    case 'http:':
      if (!isLoopback(url)) throw refuse('is not encrypted; only https is used beyond this machine');
      return {url: text, shown: withoutUser(text), kind: 'http', origin: url.origin};
    case 'ssh:':
      if (url.hostname.startsWith('-') || url.username.startsWith('-')) throw refuse('names no host');
      return {url: text, shown: withoutUser(text), kind: 'ssh'};
    default:
      throw refuse('is not https, ssh or file');
  }

  function fileUrl(url: string): RemoteUrl {
    if (!options.trusted) throw refuse('is a folder of this machine; write it as "url" into the fleet file to use it');
    return {url, shown: url, kind: 'file'};
  }
}
