import type {Client} from '@modelcontextprotocol/sdk/client/index.js';
import type {Tool as ListedTool} from '@modelcontextprotocol/sdk/types.js';
import {quoteText} from '../../util/quote-text.ts';
import {ToolError} from './tool.ts';

const listTimeoutMs = 30_000;
const callTimeoutMs = 120_000;
/** Of one server: no model chooses well among more, and no request has room for them. */
const maxTools = 200;

/** The line to one server. One that ends is started again, once: a second end is no accident. */
export class McpLink {
  readonly #connect: () => Promise<Client>;
  #client: Promise<Client>;
  #restarts = 0;

  constructor(connect: () => Promise<Client>) {
    this.#connect = connect;
    this.#client = connect();
  }

  /** All pages of its list. */
  async tools(): Promise<ListedTool[]> {
    const client = await this.#client;
    const found: ListedTool[] = [];
    let cursor: string | undefined;
    do {
      const page = await client.listTools(cursor === undefined ? {} : {cursor}, {timeout: listTimeoutMs});
      found.push(...page.tools);
      // A server that always has another page ends here too, as none of them brings anything new.
      cursor = page.tools.length === 0 ? undefined : page.nextCursor;
    } while (cursor !== undefined && found.length < maxTools);
    return found.slice(0, maxTools);
  }

  /** @throws ToolError for what the server does wrong; a call that it ended in is not made again. */
  async call(
    name: string,
    input: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
  ): Promise<Awaited<ReturnType<Client['callTool']>>> {
    const client = await this.#living();
    try {
      return await client.callTool({name, arguments: input}, undefined, {timeout: callTimeoutMs, signal});
    } catch (error) {
      signal.throwIfAborted();
      throw new ToolError(`the server failed: ${describe(error)}`);
    }
  }

  async close(): Promise<void> {
    await this.#client.then(
      client => client.close(),
      () => {},
    );
  }

  async #living(): Promise<Client> {
    try {
      const client = await this.#client;
      // It has none any more when the other end is gone.
      if (client.transport !== undefined) return client;
      if (this.#restarts > 0) throw new ToolError('the server has ended, also after it was started again');
      this.#restarts++;
      this.#client = this.#connect();
      return await this.#client;
    } catch (error) {
      if (error instanceof ToolError) throw error;
      throw new ToolError(`the server has ended and cannot be started again: ${describe(error)}`);
    }
  }
}

function describe(error: unknown): string {
  return quoteText(error instanceof Error ? error.message : String(error));
}
