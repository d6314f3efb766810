// A process beside ours, with an empty environment: what a command sends is read by nobody who holds a key.
import type {Server} from 'node:net';
import {FilteringProxy} from './filtering-proxy.ts';
import type {FromProxy, ToProxy} from './proxy-messages.ts';

const proxy = new FilteringProxy(JSON.parse(process.argv[2] ?? '[]') as string[]);
const tell = (message: FromProxy): void => void process.send?.(message);

process.on('disconnect', () => process.exit());
process.on('message', async (message: ToProxy, server: Server | undefined) => {
  switch (message.kind) {
    case 'serve':
      await proxy.listen(server!);
      tell({kind: 'serving'});
      return;
    case 'finish':
      proxy.close();
      tell({kind: 'finished', ...proxy.record});
      return;
    default:
      return message satisfies never;
  }
});
tell({kind: 'ready'});
