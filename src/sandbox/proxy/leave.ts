import type {Duplex} from 'node:stream';

/** How long somebody who is refused may take to read why. */
const readingMs = 1000;

/** Says the last thing on a connection. What comes meanwhile is read, since unread it would take these words away from the other side. */
export function leave(socket: Duplex, last: string | Buffer): void {
  if (socket.writable) socket.end(last);
  socket.once('end', () => socket.destroy());
  socket.resume();
  setTimeout(() => socket.destroy(), readingMs).unref();
}
