import {accessSync, constants} from 'node:fs';
import {rm} from 'node:fs/promises';
import {setTimeout} from 'node:timers/promises';
import {ReadBuffer, serializeMessage} from '@modelcontextprotocol/sdk/shared/stdio.js';
import type {Transport} from '@modelcontextprotocol/sdk/shared/transport.js';
import type {JSONRPCMessage} from '@modelcontextprotocol/sdk/types.js';
import {type LeashedProgram, startLeashed} from '../../sandbox/leash.ts';
import {findPrivatePlace} from '../../util/find-private-place.ts';
import {programFile} from '../../util/find-program.ts';
import {makeTemporaryFolder} from '../../util/temporary-folder.ts';

export interface McpProcessOptions {
  readonly command: readonly string[];
  /** Where its folder may be made, best first. */
  readonly places: readonly (string | undefined)[];
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
}

/** How long a server may take to end by itself when its input ends. */
const graceMs = 2000;

/** An MCP server that is a process, spoken to through its input and output. It stands in a folder of its own, and no process of it outlives us. */
export class McpProcess implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  readonly #options: McpProcessOptions;
  readonly #received = new ReadBuffer();
  #program: LeashedProgram | undefined;
  #folder: string | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: McpProcessOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const {command, env, places} = this.#options;
    const [name = '', ...args] = command;
    const file = programFile(name, env);
    accessSync(file, constants.X_OK);
    const place = findPrivatePlace(places);
    if (place !== undefined) this.#folder = makeTemporaryFolder('mcp', place);
    // npx runs what it finds in any folder above: where none of ours is safe, there is nothing above the root.
    this.#program = startLeashed([file, ...args], {cwd: this.#folder ?? '/', env, stderr: 'ignore'});
    const {child} = this.#program;
    child.on('error', error => this.onerror?.(error));
    child.on('exit', () => {
      // Nobody closes what has ended by itself.
      void this.close();
      this.onclose?.();
    });
    // It may be gone before it has read everything.
    child.stdin?.on('error', error => this.onerror?.(error));
    child.stdout?.on('error', error => this.onerror?.(error));
    child.stdout?.on('data', (chunk: Buffer) => this.#receive(chunk));
  }

  async send(message: JSONRPCMessage): Promise<void> {
    const input = this.#program?.child.stdin;
    if (input === undefined || input === null) throw new Error('the server is not running');
    if (!input.write(serializeMessage(message))) await new Promise(resolve => input.once('drain', resolve));
  }

  async close(): Promise<void> {
    const program = this.#program;
    this.#closed ??= program === undefined ? Promise.resolve() : this.#end(program);
    await this.#closed;
  }

  async #end({child, end}: LeashedProgram): Promise<void> {
    child.stdin?.end();
    if (child.exitCode === null && child.signalCode === null) {
      const ended = new Promise(resolve => child.once('exit', resolve));
      await Promise.race([ended, setTimeout(graceMs, undefined, {ref: false})]);
    }
    await end();
    if (this.#folder !== undefined) await rm(this.#folder, {recursive: true, force: true});
    this.#received.clear();
  }

  #receive(chunk: Buffer): void {
    try {
      this.#received.append(chunk);
    } catch (error) {
      // A line without end.
      this.onerror?.(error as Error);
      void this.close();
      return;
    }
    for (;;) {
      try {
        const message = this.#received.readMessage();
        if (message === null) return;
        this.onmessage?.(message);
      } catch (error) {
        this.onerror?.(error as Error);
      }
    }
  }
}
