import type pg from 'pg';
import {serialize} from 'pg-protocol';
import type {Row, SqlValue} from './database.ts';
import {typeParsers} from './postgres-connection.ts';

/** A statement with `$1`, `$2`… that the server plans once for each connection; one without a name it plans each time. */
export interface NamedStatement {
  readonly name: string;
  readonly text: string;
  readonly values: readonly SqlValue[];
}

interface Column {
  readonly name: string;
  readonly parse: (value: string) => SqlValue;
}

/** What one connection has planned: the columns of each named statement, none for one that returns no rows. */
export type KnownStatements = Map<string, readonly Column[]>;

/**
 * Statements that the server executes one after another and answers in one piece: a single Sync ends them, so that the first
 * that fails takes those after it along. The driver by itself ends each statement, and describes its columns again, each time.
 *
 * Source: https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-PIPELINING
 */
export class StatementBatch implements pg.Submittable {
  readonly rows: Promise<Row[][]>;
  /** The driver puts its own in front, which stops the clock of the time that a query may take. */
  callback: (error: unknown) => void;
  readonly #statements: readonly NamedStatement[];
  readonly #known: KnownStatements;
  readonly #introduced: string[] = [];
  readonly #rows: Row[][];
  #current = 0;
  #columns: readonly Column[] | undefined;

  constructor(statements: readonly NamedStatement[], known: KnownStatements) {
    this.#statements = statements;
    this.#known = known;
    this.#rows = statements.map(() => []);
    const {promise, resolve, reject} = Promise.withResolvers<Row[][]>();
    this.rows = promise;
    this.callback = error => (error === null ? resolve(this.#rows) : reject(error));
  }

  submit(connection: pg.Connection): void {
    const messages: Buffer[] = [];
    for (const {name, text, values} of this.#statements) {
      const isKnown = this.#known.has(name);
      if (!isKnown) {
        // One whose plan was made before an error came may be there already; to close one that is not is no error.
        messages.push(serialize.close({type: 'S', name}), serialize.parse({name, text}));
      }
      messages.push(serialize.bind({statement: name, values: values.map(toWire)}));
      if (!isKnown) {
        messages.push(serialize.describe({type: 'P', name: ''}));
        if (name !== '') {
          this.#known.set(name, []);
          this.#introduced.push(name);
        }
      }
      messages.push(serialize.execute());
    }
    messages.push(serialize.sync());
    connection.stream.write(Buffer.concat(messages));
  }

  handleRowDescription({fields}: {fields: readonly {name: string; dataTypeID: number}[]}): void {
    this.#columns = fields.map(({name, dataTypeID}) => ({
      name,
      parse: typeParsers.getTypeParser(dataTypeID, 'text') as Column['parse'],
    }));
    const {name} = this.#statements[this.#current]!;
    if (name !== '') this.#known.set(name, this.#columns);
  }

  handleDataRow({fields}: {fields: readonly (string | null)[]}): void {
    this.#columns ??= this.#known.get(this.#statements[this.#current]!.name)!;
    const row: Row = {};
    for (const [index, {name, parse}] of this.#columns.entries()) {
      const value = fields[index]!;
      row[name] = value === null ? null : parse(value);
    }
    this.#rows[this.#current]!.push(row);
  }

  handleCommandComplete(): void {
    this.#current++;
    this.#columns = undefined;
  }

  handleError(error: unknown): void {
    for (const name of this.#introduced) this.#known.delete(name);
    this.callback(error);
  }

  handleReadyForQuery(): void {
    this.callback(null);
  }
}

function toWire(value: SqlValue): string | null {
  return typeof value === 'number' ? String(value) : value;
}
