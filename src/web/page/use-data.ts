import {useCallback, useEffect, useState} from 'preact/hooks';
import {type Fault, useClient} from './client.ts';

export interface Data<Value> {
  readonly value?: Value;
  readonly error?: Fault;
  reload(): void;
}

interface Answer<Value> {
  readonly path?: string;
  readonly value?: Value;
  readonly error?: Fault;
}

/** What the server says at `path`; the last answer stays while a new one is on its way. */
export function useData<Value>(path: string): Data<Value> {
  const client = useClient();
  const [state, setState] = useState<Answer<Value>>({path});
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const gone = new AbortController();
    client
      .get<Value>(path, gone.signal)
      .then(value => setState({path, value}))
      .catch((error: Error) => gone.signal.aborted || setState(before => ({...before, path, error})));
    return () => gone.abort();
  }, [path, turn]);
  const reload = useCallback(() => setTurn(before => before + 1), []);
  const {value, error}: Answer<Value> = state.path === path ? state : {};
  return {...(value === undefined ? {} : {value}), ...(error === undefined ? {} : {error}), reload};
}
