import type {Io} from './io.ts';

/** What a command needs behind it to look at the same queue: nothing where the environment says which, and never the address, which holds a password. */
export function queueFlag({queue, env}: Pick<Io, 'queue' | 'env'>): string {
  return queue === undefined || queue === env['ORCHESTRATOR_QUEUE'] ? '' : ' --queue URL';
}
