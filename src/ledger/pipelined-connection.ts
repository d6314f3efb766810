import type {Writable} from 'node:stream';
import pg from 'pg';

/** A connection on which statements follow one another without waiting for answers; those of one turn of the event loop leave in one piece. */
export interface Pipeline {
  query(statement: string | pg.QueryConfig, values?: unknown[]): Promise<pg.QueryResult>;
}

/** Opened when it is first used, and again when it broke. */
export class PipelinedConnection {
  readonly #settings: pg.ClientConfig;
  readonly #setUp: string;
  #opened: Promise<Pipeline & {end(): Promise<void>}> | undefined;

  /** `setUp` is executed on each connection before anything else. */
  constructor(settings: pg.ClientConfig, setUp = '') {
    this.#settings = settings;
    this.#setUp = setUp;
  }

  async open(): Promise<Pipeline> {
    if (this.#opened !== undefined) return await this.#opened;
    const forget = (): void => {
      if (this.#opened === opened) this.#opened = undefined;
    };
    const opened = this.#connect(forget);
    this.#opened = opened;
    opened.catch(forget);
    return await opened;
  }

  /** The next one who uses it gets a new connection. */
  drop(): void {
    this.end().catch(() => {});
  }

  async end(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    await (await opened?.catch(() => undefined))?.end();
  }

  async #connect(forget: () => void): Promise<Pipeline & {end(): Promise<void>}> {
    const client = new pg.Client({...this.#settings, pipeline: true});
    client.on('error', forget);
    client.on('end', forget);
    await client.connect();
    if (this.#setUp !== '') await client.query(this.#setUp);
    const {stream} = (client as unknown as {connection: {stream: Writable}}).connection;
    let isGathering = false;
    const gather = (): void => {
      if (isGathering) return;
      isGathering = true;
      stream.cork();
      setImmediate(() => {
        isGathering = false;
        stream.uncork();
      });
    };
    return {
      query(statement, values) {
        gather();
        return client.query(statement as string, values);
      },
      end: () => client.end(),
    };
  }
}
