import {type AddressInfo, createServer, type Socket} from 'node:net';
import {createServer as createTlsServer, TLSSocket} from 'node:tls';

export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  /** Bytes between DATA and the single dot, with doubled dots undone. */
  readonly data: string;
  readonly underTls: boolean;
  readonly login?: string;
}

export interface MailServerOptions {
  /** Key and certificate; with them STARTTLS is offered. */
  readonly tls?: {readonly key: string; readonly cert: string};
  /** TLS from the first byte. */
  readonly secure?: boolean;
  /** What is answered to a verb instead of the usual; undefined closes the connection. `greeting` is one of them. */
  readonly answer?: (verb: string, attempt: number) => string | null | undefined;
  /** Sent right behind the answer to STARTTLS, in the clear. */
  readonly injected?: string;
}

export interface MailServer extends AsyncDisposable {
  readonly port: number;
  readonly mails: readonly ReceivedMail[];
  /** Each line a client sent outside of a message, with a `*` before it where it came under TLS. */
  readonly lines: readonly string[];
}

/** A mail server on 127.0.0.1 that speaks enough of RFC 5321 and believes nothing. */
export async function startMailServer(options: MailServerOptions = {}): Promise<MailServer> {
  const mails: ReceivedMail[] = [];
  const lines: string[] = [];
  const sockets = new Set<Socket>();
  const attempts = new Map<string, number>();
  const serve = (first: Socket): void => {
    let mail: {from: string; to: string[]; login?: string} = {from: '', to: []};
    const listen = (socket: Socket, underTls: boolean): void => {
      let received = '';
      let inMessage = false;
      sockets.add(socket);
      socket.on('error', () => {});
      const say = (text: string): void => void socket.write(`${text}\r\n`);
      const answer = (verb: string, usual: string): boolean => {
        const attempt = (attempts.get(verb) ?? 0) + 1;
        attempts.set(verb, attempt);
        const other = options.answer?.(verb, attempt);
        if (other === undefined && options.answer !== undefined) {
          socket.destroy();
          return false;
        }
        say(other ?? usual);
        return other === null || other === undefined;
      };
      const onLine = (line: string): void => {
        lines.push(`${underTls ? '*' : ''}${line}`);
        const verb = line.split(/[ :]/)[0]?.toUpperCase() ?? '';
        if (verb === 'EHLO') {
          const offers = options.tls !== undefined && !underTls ? ['STARTTLS', 'AUTH PLAIN'] : ['AUTH PLAIN'];
          answer(
            verb,
            ['250-test', ...offers.map((o, i) => `250${i === offers.length - 1 ? ' ' : '-'}${o}`)].join('\r\n'),
          );
        } else if (verb === 'STARTTLS' && options.tls !== undefined) {
          if (!answer(verb, `220 go${options.injected === undefined ? '' : `\r\n${options.injected}`}`)) return;
          socket.removeAllListeners('data');
          listen(new TLSSocket(socket, {isServer: true, ...options.tls}), true);
        } else if (verb === 'AUTH') {
          mail.login = Buffer.from(line.split(' ')[2] ?? '', 'base64').toString();
          answer(verb, '235 welcome');
        } else if (verb === 'MAIL') {
          mail = {...mail, from: line, to: []};
          answer(verb, '250 ok');
        } else if (verb === 'RCPT') {
          if (answer(verb, '250 ok')) mail.to.push(line);
        } else if (verb === 'DATA') {
          inMessage = answer(verb, '354 go on');
        } else {
          answer(verb, verb === 'QUIT' ? '221 bye' : '500 what');
          if (verb === 'QUIT') socket.end();
        }
      };
      socket.on('data', chunk => {
        received += chunk;
        for (;;) {
          const end = inMessage ? /(?:^|\r\n)\.\r\n/.exec(received) : /\r\n/.exec(received);
          if (end === null) return;
          const text = received.slice(0, end.index);
          received = received.slice(end.index + end[0].length);
          if (!inMessage) onLine(text);
          else {
            inMessage = false;
            if (answer('message', '250 queued')) mails.push({...mail, data: text.replaceAll(/^\./gm, ''), underTls});
          }
        }
      });
    };
    listen(first, options.secure === true);
    const greeting = options.answer?.('greeting', 1);
    first.write(`${greeting ?? '220 test'}\r\n`);
  };
  const server = options.secure === true ? createTlsServer({...options.tls}, serve) : createServer(serve);
  server.on('tlsClientError', () => {});
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    mails,
    lines,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise(resolve => server.close(resolve));
    },
  };
}
