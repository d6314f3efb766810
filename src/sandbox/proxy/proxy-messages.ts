import type {NetworkRecord} from '../../domain/network-use.ts';

/** With `serve` comes the server at whose port it is to be found. */
export type ToProxy = {readonly kind: 'serve'} | {readonly kind: 'finish'};

export type FromProxy =
  | {readonly kind: 'ready'}
  | {readonly kind: 'serving'}
  | ({readonly kind: 'finished'} & Pick<NetworkRecord, 'uses' | 'more'>);
