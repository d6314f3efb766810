import {spawn} from 'node:child_process';
import {randomBytes} from 'node:crypto';
import {createSocket, type Socket as DatagramSocket} from 'node:dgram';
import {once} from 'node:events';
import {chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {createServer, type Server} from 'node:net';
import {homedir, networkInterfaces} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {readNetworkHost} from '../domain/network-host.ts';
import {programFile} from '../util/find-program.ts';
import {makeTemporaryFolder} from '../util/temporary-folder.ts';
import type {Attack, Bait} from './attacks.ts';
import {nodeInside} from './bubblewrap-arguments.ts';
import {type Sandbox, type SandboxEnd, SandboxError} from './sandbox.ts';

export interface ProbeReport {
  readonly attacks: readonly Attack[];
  readonly durationMs: number;
}

/** Those that got through. */
export function brokenThrough({attacks}: ProbeReport): readonly Attack[] {
  return attacks.filter(({end}) => end === 'broken');
}

/**
 * Attacks the sandbox from inside and looks from outside at what became of it: bait is laid out in files, sockets, ports and the
 * environment of a process, with nothing in it that is worth a thing. Throws `SandboxError` when the sandbox does not start.
 */
export async function probeSandbox(sandbox: Sandbox): Promise<ProbeReport> {
  const startedAt = performance.now();
  const folder = makeTemporaryFolder('probe');
  const workspace = path.join(folder, 'workspace');
  mkdirSync(workspace);
  if (sandbox.owner !== undefined) chownSync(workspace, sandbox.owner.uid, sandbox.owner.gid);
  const trap = await layBait(folder, sandbox.network ?? []);
  try {
    const {end, output} = await sandbox.run({
      argv: [nodeInside(), '--input-type=module', '-e', script, base64(trap.bait)],
      workspace,
      mounts: attackFiles.map(file => ({source: fileURLToPath(file), at: placeInside(file), writable: false})),
      timeoutMs: 30_000,
      // What the attacks need; the operator may give commands less than Node takes to start.
      limits: {memoryBytes: 1024 ** 3},
    });
    const said = output.split('\n').find(line => line.startsWith(marker));
    if (end.kind !== 'exited' || end.exitCode !== 0 || said === undefined)
      throw new AttacksNotRun(`the attacks on the sandbox cannot be run: ${reasonOf(end, output)}`);
    const attacks = JSON.parse(said.slice(marker.length)) as Attack[];
    return {attacks: [...attacks, ...trap.seenOutside()], durationMs: Math.round(performance.now() - startedAt)};
  } finally {
    trap.close();
    rmSync(folder, {recursive: true, force: true});
  }
}

/** The sandbox starts, and what is to attack it does not come to its end. */
export class AttacksNotRun extends SandboxError {}

function reasonOf(end: SandboxEnd, output: string): string {
  const line = output.split('\n').find(text => text.trim() !== '') ?? 'they say nothing';
  if (end.kind === 'exited') return `exit code ${end.exitCode}, ${line.trim().slice(0, 200)}`;
  return end.kind === 'limit' ? `stopped at the limit of ${end.limit}` : 'broken off';
}

const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const attacksFile = new URL(`./attacks.${extension}`, import.meta.url);
const attackFiles = [attacksFile, new URL(`./proxy-attacks.${extension}`, import.meta.url)];
const placeInside = (file: URL): string => `/probe/${path.basename(file.pathname)}`;
const marker = 'attacks: ';
// Nothing of the repo runs here, so what is printed is ours.
const script = `const {runAttacks} = await import('${placeInside(attacksFile)}');
console.log('\\n${marker}' + JSON.stringify(await runAttacks(JSON.parse(Buffer.from(process.argv[1], 'base64').toString()))));`;

/** As it is, the canary would stand in a command line, where it is looked for. */
function base64(bait: Bait): string {
  return Buffer.from(JSON.stringify(bait)).toString('base64');
}

interface Trap {
  readonly bait: Bait;
  seenOutside(): Attack[];
  close(): void;
}

async function layBait(folder: string, network: readonly string[]): Promise<Trap> {
  const canary = randomBytes(16).toString('hex');
  const file = path.join(folder, 'bait');
  writeFileSync(file, canary, {mode: 0o644});
  // Ends with its input, so that it does not outlive us.
  const sleeper = spawn(programFile('cat', process.env), {
    env: {ORCHESTRATOR_BAIT: canary},
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  let visits = 0;
  const visit = (): void => {
    visits++;
  };
  const unixSocket = path.join(folder, 'socket');
  const abstractSocket = `orchestrator-${canary}`;
  const servers = await Promise.all([
    listen(visit, {host: '127.0.0.1', port: 0}),
    listen(visit, {host: '::1', port: 0}).catch(() => undefined),
    listen(visit, {path: unixSocket}),
    listen(visit, {path: `\0${abstractSocket}`}),
  ]);
  const datagrams = await listenUdp(visit);
  const plant = `orchestrator-plant-${canary}`;
  const tcp6Port = servers[1] === undefined ? undefined : portOf(servers[1]);
  return {
    bait: {
      canary,
      file,
      folders: [homedir(), process.cwd(), folder].filter(name => name !== '/' && !name.startsWith('/usr')),
      pid: sleeper.pid ?? process.pid,
      tcpPort: portOf(servers[0]!),
      ...(tcp6Port === undefined ? {} : {tcp6Port}),
      udpPort: datagrams.address().port,
      addresses: Object.values(networkInterfaces())
        .flat()
        .flatMap(entry => (entry === undefined || entry.internal || entry.family !== 'IPv4' ? [] : [entry.address])),
      unixSocket,
      abstractSocket,
      plant,
      ...nameBait(network),
    },
    seenOutside: () => [
      seen('a visit at a socket of the host', visits > 0),
      seen('a file of the host changed', readFileSync(file, 'utf8') !== canary),
      seen(
        'a file planted on the host',
        plantedAt.some(at => existsSync(`${at}/${plant}`)),
      ),
      seen('a process of the host killed', sleeper.exitCode !== null || sleeper.signalCode !== null),
    ],
    close() {
      sleeper.kill('SIGKILL');
      for (const at of plantedAt) rmSync(`${at}/${plant}`, {force: true});
      for (const server of servers) server?.close();
      datagrams.close();
    },
  };
}

/** The first of the list, and a port of it that the list does not name. */
function nameBait(network: readonly string[]): Pick<Bait, 'named'> {
  const hosts = network.map(readNetworkHost).flatMap(read => ('problem' in read ? [] : [read]));
  const [first] = hosts;
  if (first === undefined) return {};
  const ports = new Set(hosts.map(({port}) => port));
  const otherPort = [22, 25, 53, 110, 143].find(port => !ports.has(port)) ?? 1;
  return {named: {host: first.isWildcard ? `probe.${first.host}` : first.host, port: first.port, otherPort}};
}

const plantedAt = ['', '/tmp', '/etc', '/usr', '/dev'];

function seen(name: string, happened: boolean): Attack {
  return {name, end: happened ? 'broken' : 'held', detail: happened ? 'seen outside' : ''};
}

async function listen(onVisit: () => void, at: {host?: string; port?: number; path?: string}): Promise<Server> {
  const server = createServer(socket => {
    onVisit();
    socket.destroy();
  });
  server.listen(at);
  await once(server, 'listening');
  return server.unref();
}

async function listenUdp(onVisit: () => void): Promise<DatagramSocket> {
  const socket = createSocket('udp4', onVisit);
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket.unref();
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
