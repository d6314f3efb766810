import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import type {Server} from 'node:net';
import {setTimeout as afterMs} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import type {NetworkRecord} from '../../domain/network-use.ts';
import {programFile} from '../../util/find-program.ts';
import {sealStdio} from '../../util/seal-stdio.ts';
import {SandboxError} from '../sandbox.ts';
import type {FromProxy, ToProxy} from './proxy-messages.ts';

/** A proxy of one command. */
export interface RunningProxy {
  /** Serves whoever connects to this server, of which we keep nothing. */
  serve(server: Server): Promise<void>;
  /** Aborted when it has ended by itself. */
  readonly lost: AbortSignal;
  /** Ends it; says what was asked of it. */
  finish(): Promise<Pick<NetworkRecord, 'uses' | 'more'>>;
  kill(): void;
}

/** The sandbox can be started, and its way out cannot. */
export class ProxyFailed extends SandboxError {}

/** To load its modules on a busy machine. */
const answerMs = 20_000;

/** Starts a proxy that passes on to these hosts. It ends with us. Throws `ProxyFailed` when it does not start. */
export async function startProxy(hosts: readonly string[]): Promise<RunningProxy> {
  const child = spawnProxy(hosts);
  const lost = new AbortController();
  let fault = '';
  child.on('error', error => {
    fault = error.message;
    lost.abort();
  });
  child.once('exit', (code, signal) => {
    fault ||= `it ended with ${signal ?? `exit code ${code}`}`;
    lost.abort();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    fault ||=
      chunk
        .toString('utf8')
        .split('\n')
        .find(line => /Error|error/.test(line))
        ?.slice(0, 200) ?? '';
  });
  const answer = async <Kind extends FromProxy['kind']>(kind: Kind) => {
    const signal = AbortSignal.any([lost.signal, AbortSignal.timeout(answerMs)]);
    try {
      for (;;) {
        const [message] = (await once(child, 'message', {signal})) as [FromProxy];
        if (message.kind === kind) return message as Extract<FromProxy, {kind: Kind}>;
      }
    } catch (error) {
      child.kill('SIGKILL');
      if (lost.signal.aborted) await afterMs(10);
      throw new ProxyFailed(`the proxy of the sandbox does not work: ${fault || 'it does not answer'}`, {
        cause: error,
      });
    }
  };
  const ask = (message: ToProxy, server?: Server): void => {
    // Without a function to tell, a failure would be an error of the child. Who waits for the answer finds out.
    child.send(message, server, () => {});
  };
  await answer('ready');
  return {
    lost: lost.signal,
    async serve(server) {
      const serving = answer('serving');
      ask({kind: 'serve'}, server);
      await serving;
      server.close();
    },
    async finish() {
      const finished = answer('finished');
      ask({kind: 'finish'});
      const {uses, more} = await finished;
      child.kill('SIGKILL');
      return {uses, more};
    },
    kill: () => void child.kill('SIGKILL'),
  };
}

const program = new URL(import.meta.url.endsWith('.ts') ? './proxy-process.ts' : './proxy-process.js', import.meta.url);

function spawnProxy(hosts: readonly string[]): ChildProcess {
  const sealed = sealStdio(['ignore', 'ignore', 'pipe', 'ipc']);
  try {
    const argv = ['--pdeathsig', 'KILL', '--', process.execPath, fileURLToPath(program), JSON.stringify(hosts)];
    return spawn(programFile('setpriv', process.env), argv, {cwd: '/', env: {}, stdio: sealed.stdio});
  } finally {
    sealed.close();
  }
}
