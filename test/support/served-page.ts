import {spawn} from 'node:child_process';
import {bin, type Person} from './person.ts';

export interface ServedPage extends AsyncDisposable {
  readonly url: string;
  readonly origin: string;
}

/** `orchestrator serve` as its own process, by this person. */
export async function serveTo(person: Person, args: readonly string[] = []): Promise<ServedPage> {
  const child = spawn(process.execPath, [bin, 'serve', ...args], {
    cwd: person.work,
    env: {...person.env},
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = new Promise(resolve => child.on('close', resolve));
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString().trim()));
    child.once('close', code => reject(new Error(`serve ended with ${code}`)));
  });
  return {
    url,
    origin: new URL(url).origin,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
