import {formatNetworkHost, readNetworkHost} from '../../domain/network-host.ts';
import {quoteText} from '../../util/quote-text.ts';

/** Nothing is passed on, and whoever asked is told why. */
export class Refusal extends Error {
  /** What the operator would write into `sandbox.network`; absent where nothing would help. */
  readonly entries: readonly string[];

  /** `why` is a few words of ours, ASCII. */
  constructor(why: string, entries: readonly string[] = []) {
    super(why);
    this.name = 'Refusal';
    this.entries = entries.flatMap(entry => {
      const read = readNetworkHost(entry);
      return 'problem' in read ? [] : [formatNetworkHost(read)];
    });
  }
}

/** The host is allowed and does not answer. */
export class Unreachable extends Error {}

/** A whole answer, with the reason in its first line too: many programs show nothing else. */
export function answerText(target: string, error: Refusal | Unreachable): string {
  const [status, said] = error instanceof Refusal ? ['403', 'refused'] : ['502', 'cannot reach'];
  const line = `orchestrator: ${said} ${quoteText(target)}: ${error.message}${adviceOf(error)}\n`;
  const head = [
    `HTTP/1.1 ${status} ${error.message.replaceAll(/[^ -~]/g, '?')}`,
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(line)}`,
    'Connection: close',
  ];
  return `${head.join('\r\n')}\r\n\r\n${line}`;
}

function adviceOf(error: Refusal | Unreachable): string {
  if (!(error instanceof Refusal) || error.entries.length === 0) return '';
  return `; who may allow it is the operator, with "settings": {"sandbox": {"network": ${JSON.stringify(error.entries)}}}`;
}
