import {Transform} from 'node:stream';
import type {NetworkCounter} from '../../domain/network-use.ts';
import type {ProxyLimits} from './limits.ts';

export type Direction = 'sent' | 'received';

/** All bytes of one command, in both directions. */
export class Traffic {
  readonly #counter: NetworkCounter;
  readonly #limits: Pick<ProxyLimits, 'sentBytes' | 'receivedBytes'>;
  readonly #onFull: () => void;
  #sent = 0;
  #received = 0;

  constructor(counter: NetworkCounter, limits: Pick<ProxyLimits, 'sentBytes' | 'receivedBytes'>, onFull: () => void) {
    this.#counter = counter;
    this.#limits = limits;
    this.#onFull = onFull;
  }

  get isFull(): boolean {
    return this.#sent > this.#limits.sentBytes || this.#received > this.#limits.receivedBytes;
  }

  count(host: string, direction: Direction, bytes: number): void {
    const [sentBytes, receivedBytes] = direction === 'sent' ? [bytes, 0] : [0, bytes];
    this.#sent += sentBytes;
    this.#received += receivedBytes;
    this.#counter.add({host, times: 0, sentBytes, receivedBytes});
    if (this.isFull) this.#onFull();
  }

  /** Passes bytes on and counts them; what is too much goes nowhere. */
  through(host: string, direction: Direction): Transform {
    return new Transform({
      transform: (chunk: Buffer, _encoding, pass) => {
        this.count(host, direction, chunk.length);
        if (this.isFull) pass(new Error('too many bytes'));
        else pass(undefined, chunk);
      },
    });
  }
}
