import {useEffect, useRef, useState} from 'preact/hooks';
import type {JobFilter, JobPage, JobRow} from '../api.ts';
import {type Fault, Refused, useClient} from './client.ts';
import {useLive} from './live.ts';
import {encodeValue} from './router.ts';

export interface Jobs {
  /** Absent while the first page is on its way. */
  readonly total?: number;
  /** Undefined while it is on its way. */
  row(index: number): JobRow | undefined;
  /** Asks for the rows that are about to be seen. */
  want(from: number, to: number): void;
  /** Rows have changed so that another order would be right. */
  readonly isStale: boolean;
  /** Puts the rows into the order that is right now. */
  reorder(): void;
  /** What we know before the server tells it. */
  patch(row: JobRow): void;
  readonly error?: Fault;
}

const pageRows = 100;

interface Loaded {
  readonly key: string;
  readonly first: JobPage;
  readonly rows: Map<number, JobRow>;
  readonly places: Map<string, number>;
  readonly asked: Set<number>;
}

/**
 * The jobs of a run, read in pages as they come into view. Their order is kept while rows change, so that no row moves under a
 * hand; a new order is shown when somebody asks for it.
 */
export function useJobs(run: string, filter: JobFilter, text: string): Jobs {
  const client = useClient();
  const [turn, setTurn] = useState(0);
  const [, redraw] = useState(0);
  const [error, setError] = useState<Fault>();
  const [isStale, setStale] = useState(false);
  const loaded = useRef<Loaded | undefined>(undefined);
  const address = `/api/runs/${run}/jobs?filter=${filter}&text=${encodeValue(text)}`;
  const key = `${address} ${turn}`;

  const take = (target: Loaded, page: JobPage): void => {
    for (const [index, row] of page.rows.entries()) {
      target.rows.set(page.offset + index, row);
      target.places.set(row.id, page.offset + index);
    }
  };

  useEffect(() => {
    let isCurrent = true;
    client
      .get<JobPage>(`${address}&limit=${pageRows}`)
      .then(first => {
        if (!isCurrent) return;
        const next: Loaded = {key, first, rows: new Map(), places: new Map(), asked: new Set([0])};
        take(next, first);
        loaded.current = next;
        setError(undefined);
        setStale(false);
        redraw(before => before + 1);
      })
      .catch((failure: Fault) => isCurrent && setError(failure));
    return () => {
      isCurrent = false;
    };
  }, [key]);

  useLive(event => {
    const current = loaded.current;
    if (event.type === 'reset') return setTurn(before => before + 1);
    if (event.type !== 'jobs' || event.run !== run || current === undefined) return;
    for (const row of event.rows) patch(row);
    // No row can move where there is none.
    if (current.first.total === 0) setTurn(before => before + 1);
    else setStale(true);
  });

  const patch = (row: JobRow): void => {
    const index = loaded.current?.places.get(row.id);
    if (index !== undefined) loaded.current?.rows.set(index, row);
    redraw(before => before + 1);
  };

  const want = (from: number, to: number): void => {
    const current = loaded.current;
    if (current === undefined) return;
    for (let page = Math.floor(from / pageRows); page <= Math.floor(to / pageRows); page++) {
      if (current.asked.has(page) || page * pageRows >= current.first.total) continue;
      current.asked.add(page);
      client
        .get<JobPage>(`${address}&snapshot=${current.first.snapshot}&offset=${page * pageRows}&limit=${pageRows}`)
        .then(answer => {
          take(current, answer);
          redraw(before => before + 1);
        })
        .catch((failure: unknown) => {
          // The server has forgotten this order: a new one is made.
          if (failure instanceof Refused && failure.status === 410) setTurn(before => before + 1);
          else current.asked.delete(page);
        });
    }
  };

  const current = loaded.current;
  return {
    ...(current === undefined ? {} : {total: current.first.total}),
    row: index => current?.rows.get(index),
    want,
    isStale,
    reorder: () => setTurn(before => before + 1),
    patch,
    ...(error === undefined ? {} : {error}),
  };
}
