import {once} from 'node:events';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {defaultSandboxSettings} from '../../src/domain/sandbox.ts';
import {createBubblewrap} from '../../src/sandbox/bubblewrap.ts';

// Serves on the loopback of this machine, lets one command reach that and nothing else, and prints what came of it, as whatever user this
// runs. argv is a workspace and the command, in which PORT stands for the port; with a third word the command goes on until we are killed.
const [, , workspace = '', command = '', forever] = process.argv;
const server = createServer((request, response) => response.end(`hello ${request.url}\n`)).listen(0, '127.0.0.1');
await once(server, 'listening');
const port = String((server.address() as AddressInfo).port);
const sandbox = createBubblewrap({...defaultSandboxSettings, network: [`127.0.0.1:${port}`]});
if (forever !== undefined) console.log('started');
const {output, network} = await sandbox.run({
  argv: ['/bin/sh', '-c', command.replaceAll('PORT', port)],
  workspace,
  timeoutMs: 60_000,
});
process.stdout.write(JSON.stringify({output, network, port}));
server.close();
server.closeAllConnections();
