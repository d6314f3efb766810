import {useEffect, useState} from 'preact/hooks';
import type {RetryCosts, RunOverview, StartedCommand} from '../api.ts';
import {useClient} from './client.ts';
import {useLive} from './live.ts';

/** What was started for a run from here, and what can be. */
export interface RunCommands {
  /** The newest one. */
  readonly command?: StartedCommand;
  /** Why nothing can be started now; undefined when it can. */
  readonly busy?: string;
  /** Why the last one was refused; empty when it was not. */
  readonly problem: string;
  /** About what retries cost, as far as that is known. */
  readonly costs: RetryCosts;
  /** All that a retry can help, or only these. */
  retry(jobs?: readonly string[]): void;
  deliver(confirm: string): Promise<void>;
}

export function useRunCommands({id, state, toRetry}: Pick<RunOverview, 'id' | 'state' | 'toRetry'>): RunCommands {
  const client = useClient();
  const [command, setCommand] = useState<StartedCommand>();
  const [problem, setProblem] = useState('');
  const [costs, setCosts] = useState<RetryCosts>({jobs: {}});
  useEffect(() => {
    client
      .get<{commands: StartedCommand[]}>(`/api/runs/${id}`)
      .then(({commands}) => setCommand(before => before ?? commands[0]))
      .catch(() => {});
  }, [id]);
  useEffect(() => {
    if (toRetry === 0 || state === 'running') return;
    client
      .get<RetryCosts>(`/api/runs/${id}/retry`)
      .then(setCosts)
      .catch(() => {});
  }, [id, state, toRetry]);
  useLive(event => {
    if (event.type === 'command' && event.command.run === id) setCommand(event.command);
  });
  const goesOn = command !== undefined && command.exitCode === undefined;
  const busy = goesOn ? `${command.what} goes on` : state === 'running' ? 'the run goes on' : undefined;
  return {
    ...(command === undefined ? {} : {command}),
    ...(busy === undefined ? {} : {busy}),
    problem,
    costs,
    retry: jobs => {
      setProblem('');
      client
        .post<StartedCommand>(`/api/runs/${id}/retry`, jobs === undefined ? {} : {jobs})
        .then(setCommand)
        .catch((error: Error) => setProblem(error.message));
    },
    deliver: async confirm => setCommand(await client.post<StartedCommand>(`/api/runs/${id}/deliver`, {confirm})),
  };
}
