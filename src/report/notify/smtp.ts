import {connect as connectPlain, type Socket} from 'node:net';
import {connect as connectTls} from 'node:tls';
import type {MailServer} from './notify-target.ts';
import {SendError} from './send-error.ts';

export interface Envelope {
  readonly from: string;
  readonly to: readonly string[];
  /** Headers and body, lines ended by CR LF. */
  readonly message: string;
}

/**
 * Hands one message to a mail server, RFC 5321: STARTTLS when it is offered, a login over TLS or inside this machine only. Words
 * of the server are not repeated in errors.
 */
export async function sendMail(server: MailServer, {from, to, message}: Envelope, signal: AbortSignal): Promise<void> {
  if ([from, ...to].some(address => /[\s<>\u0000-\u0020\u007f]/.test(address))) {
    throw new SendError('an address holds what no address may hold', {retryable: false});
  }
  let connection = new SmtpConnection(await open(server, signal), signal);
  try {
    await connection.expect(220, 'greeting');
    let offers = await hello(connection);
    let isPrivate = server.secure;
    if (!isPrivate && offers.includes('STARTTLS')) {
      await connection.command('STARTTLS', 220, 'STARTTLS');
      connection = new SmtpConnection(await secure(connection.release(), server, signal), signal);
      offers = await hello(connection);
      isPrivate = true;
    }
    if (server.login !== undefined) {
      if (!isPrivate && !server.loopback) {
        throw new SendError('the mail server offers no TLS, and a password is not sent without it', {retryable: false});
      }
      const {user, password} = server.login;
      const token = Buffer.from(`\0${user}\0${password}`).toString('base64');
      await connection.command(`AUTH PLAIN ${token}`, 235, 'the login');
    }
    await connection.command(`MAIL FROM:<${from}>`, 250, 'the sender');
    for (const recipient of to) await connection.command(`RCPT TO:<${recipient}>`, 250, 'the recipient', 251);
    await connection.command('DATA', 354, 'DATA');
    // A line that is a single dot would end the message: each first dot is doubled.
    const whole = message.replaceAll(/\r\n|\r|\n/g, '\r\n').replace(/(?:\r\n)?$/, '\r\n');
    await connection.command(`${whole.replaceAll(/^\./gm, '..')}.`, 250, 'the message');
    connection.write('QUIT');
  } finally {
    connection.close();
  }
}

async function hello(connection: SmtpConnection): Promise<string[]> {
  const lines = await connection.command('EHLO [127.0.0.1]', 250, 'EHLO');
  return lines.slice(1).map(line => line.toUpperCase());
}

async function open(server: MailServer, signal: AbortSignal): Promise<Socket> {
  const {host, port} = server;
  if (server.secure) return await connected(connectTls({...tlsOptions(server), host, port}), 'secureConnect', signal);
  return await connected(connectPlain({host, port}), 'connect', signal);
}

async function secure(socket: Socket, server: MailServer, signal: AbortSignal): Promise<Socket> {
  return await connected(connectTls({...tlsOptions(server), socket}), 'secureConnect', signal);
}

function tlsOptions({host, loopback, secure}: MailServer): {
  host: string;
  servername?: string;
  rejectUnauthorized: boolean;
} {
  return {
    host,
    // A name, never an IP address.
    ...(/[a-z]/i.test(host) && !host.includes(':') ? {servername: host} : {}),
    // A mail server of this machine offers STARTTLS with a certificate of its own making.
    rejectUnauthorized: secure || !loopback,
  };
}

function connected(socket: Socket, event: 'connect' | 'secureConnect', signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const end = (act: () => void): void => {
      signal.removeEventListener('abort', onAbort);
      socket.off('error', onError);
      socket.off('close', onClose);
      act();
    };
    const fail = (error: unknown): void =>
      end(() => {
        socket.on('error', () => {});
        socket.destroy();
        reject(error);
      });
    const onAbort = (): void => fail(signal.reason);
    const onError = ({code}: NodeJS.ErrnoException): void => {
      const isCertificate = code !== undefined && /CERT|SIGNATURE|ALTNAME|ISSUER/.test(code);
      fail(
        new SendError(
          isCertificate
            ? `the certificate of the mail server is not trusted (${code})`
            : `no connection (${code ?? 'no code'})`,
          {retryable: !isCertificate},
        ),
      );
    };
    const onClose = (): void => fail(new SendError('the mail server closed the connection', {retryable: true}));
    socket.once('error', onError);
    socket.once('close', onClose);
    socket.once(event, () => end(() => resolve(socket)));
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, {once: true});
  });
}

const maxReplyBytes = 64 * 1024;

/** Lines to and from one server; one reply is awaited at a time. */
class SmtpConnection {
  readonly #socket: Socket;
  readonly #signal: AbortSignal;
  #received = '';
  #failure: unknown;
  #wake: () => void = () => {};
  readonly #onData = (chunk: Buffer): void => {
    this.#received += chunk.toString('latin1');
    if (this.#received.length > maxReplyBytes)
      this.#fail(new SendError('the mail server says too much', {retryable: false}));
    this.#wake();
  };
  readonly #onError = ({code}: NodeJS.ErrnoException): void =>
    this.#fail(new SendError(`the connection broke (${code ?? 'no code'})`, {retryable: true}));
  readonly #onClose = (): void => this.#fail(new SendError('the mail server closed the connection', {retryable: true}));
  readonly #onAbort = (): void => this.#fail(this.#signal.reason);

  constructor(socket: Socket, signal: AbortSignal) {
    this.#socket = socket;
    this.#signal = signal;
    socket.on('data', this.#onData);
    socket.on('error', this.#onError);
    socket.on('close', this.#onClose);
    signal.addEventListener('abort', this.#onAbort, {once: true});
    if (signal.aborted) this.#onAbort();
  }

  write(line: string): void {
    this.#socket.write(`${line}\r\n`);
  }

  /** The lines of the reply, without their codes. */
  async command(line: string, code: number, what: string, alsoGood = code): Promise<string[]> {
    this.write(line);
    return await this.expect(code, what, alsoGood);
  }

  async expect(code: number, what: string, alsoGood = code): Promise<string[]> {
    const reply = await this.#reply();
    if (reply.code !== code && reply.code !== alsoGood) {
      throw new SendError(`the mail server answered ${reply.code} to ${what}`, {
        retryable: reply.code >= 400 && reply.code < 500,
      });
    }
    return reply.lines;
  }

  async #reply(): Promise<{code: number; lines: string[]}> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure;
      const match = /^(?:\d{3}-[^\n]*\n)*(\d{3})(?: [^\n]*|\r?)\n/.exec(this.#received);
      if (match !== null) {
        this.#received = this.#received.slice(match[0].length);
        const lines = match[0].split('\n').slice(0, -1);
        return {code: Number(match[1]), lines: lines.map(line => line.slice(4).trimEnd())};
      }
      if (/^(?!\d{0,3}$|\d{3}[ \r\n-])/.test(this.#received)) {
        throw new SendError('what answered is no mail server', {retryable: false});
      }
      await new Promise<void>(resolve => {
        this.#wake = resolve;
      });
    }
  }

  /** The socket, for TLS. What was received in the clear must not be taken for an answer under TLS. */
  release(): Socket {
    if (this.#received !== '') throw new SendError('the mail server spoke before TLS began', {retryable: false});
    this.#detach();
    return this.#socket;
  }

  close(): void {
    this.#detach();
    this.#socket.on('error', () => {});
    this.#socket.end();
    // A server that does not hang up is not waited for.
    this.#socket.unref();
    this.#socket.setTimeout(2_000, () => this.#socket.destroy());
  }

  #detach(): void {
    this.#socket.off('data', this.#onData);
    this.#socket.off('error', this.#onError);
    this.#socket.off('close', this.#onClose);
    this.#signal.removeEventListener('abort', this.#onAbort);
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    this.#wake();
  }
}
