import type {ChildProcess} from 'node:child_process';
import type {AddressInfo} from 'node:net';
import {connect, createServer, type Server, type Socket} from 'node:net';
import path from 'node:path';
import type {ScriptedModelServer} from '../../src/testing/scripted-model-server.ts';
import {type Night, repoOf, type Started, startCli} from './night-rig.ts';

/** Heartbeats as short as the queue allows, so that tests see a dead worker's jobs move. */
export const quickTimes = {ORCHESTRATOR_QUEUE_HEARTBEAT_S: '10', ORCHESTRATOR_QUEUE_MONITOR_S: '1'};

/** A README that every check of the shipped skill takes, for the repo that the request is about. */
export function readmeFor(request: Parameters<typeof repoOf>[0]): string {
  const repo = repoOf(request);
  return `# ${repo}\n\n${repo} prints its own name and nothing else, for those who look at how a fleet of repositories is served.\n\n## Use\n\nRun index.js with node; there is nothing to install and nothing to set up.\n`;
}

export interface StartWorkerOptions {
  readonly name: string;
  readonly url: string;
  readonly server: Pick<ScriptedModelServer, 'url'>;
  readonly maxWorkers?: number;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** A worker with a HOME and a state folder of its own, as on a machine of its own. */
export function startWorker(night: Night, options: StartWorkerOptions): Started {
  const home = path.join(night.directory, 'machines', options.name);
  return startCli(
    night,
    ['worker', '--queue', options.url, '--max-workers', String(options.maxWorkers ?? 4), ...(options.args ?? [])],
    {server: options.server, home: path.join(home, 'state'), env: {HOME: home, ...quickTimes, ...options.env}},
  );
}

/** Sends the signal to this process alone. */
export function signal(child: ChildProcess, name: NodeJS.Signals): void {
  if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) process.kill(child.pid, name);
}

/** A way to a database that can be cut: as a network that swallows every packet, in both directions. */
export interface CuttableWay extends AsyncDisposable {
  readonly url: string;
  cut(): void;
  mend(): void;
  /** Breaks every connection there is; new ones go through. */
  drop(): void;
}

export async function openCuttableWay(url: string): Promise<CuttableWay> {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  let isCut = false;
  const server: Server = createServer(near => {
    const far = connect(Number(target.port), target.hostname);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on('data', bytes => {
        if (!isCut) other.write(bytes);
      });
      socket.on('close', () => {
        sockets.delete(socket);
        if (!isCut) other.destroy();
      });
      socket.on('error', () => {});
    }
    if (isCut) near.pause();
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const way = new URL(url);
  way.port = String((server.address() as AddressInfo).port);
  return {
    url: way.href,
    cut() {
      isCut = true;
    },
    mend() {
      isCut = false;
      // What was swallowed never comes: both ends notice.
      for (const socket of sockets) socket.destroy();
    },
    drop() {
      for (const socket of sockets) socket.destroy();
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise(resolve => server.close(resolve));
    },
  };
}
