import {defaultSettings} from '../config/settings.ts';
import {wellKnownForges} from '../domain/forge.ts';
import type {Job} from '../domain/job.ts';
import type {RunRecord} from '../domain/run.ts';
import type {Ledger} from '../ledger/ledger.ts';
import type {AcceptedChange, LaterResult} from '../run/deliver-accepted.ts';
import type {RunSettings} from '../run/run-settings.ts';
import {systemClock} from '../util/clock.ts';
import {openDeliveries} from './deliveries.ts';
import type {Env} from './env.ts';
import {noRun, openRepoTools} from './repo-tools.ts';

export interface ChangeDelivery {
  deliver(accepted: AcceptedChange): Promise<LaterResult>;
  close(): Promise<void>;
}

/** Delivers what a person has accepted, outside of a run. */
export async function openChangeDelivery(
  ledger: Ledger,
  stateDir: string,
  jobs: readonly Job[],
  runs: readonly RunRecord[],
  env: Env,
): Promise<ChangeDelivery> {
  const settings = runs.map(run => run.settings as Partial<RunSettings>);
  const forges = [...settings.flatMap(one => one.forges ?? []), ...wellKnownForges];
  const digests = new Map(settings.flatMap(one => (one.skills ?? []).map(({name, digest}) => [name, digest])));
  const delivery = openDeliveries({
    stateDir,
    env,
    ledger,
    clock: systemClock,
    // Whoever waits for it can press Ctrl-C.
    signal: new AbortController().signal,
    runId: runs[0]?.id ?? '',
    forges: forges.filter(({host}, index) => forges.findIndex(one => one.host === host) === index),
    prPerHour: Math.min(...settings.map(one => one.prPerHour ?? defaultSettings.prPerHour)),
    deadlineAt: undefined,
    skillDigest: name => digests.get(name) ?? '',
  });
  const [{deliverAccepted}, repos] = await Promise.all([
    import('../run/deliver-accepted.ts'),
    openRepoTools(stateDir, jobs, noRun, {env, forges}),
  ]);
  return {
    deliver: accepted => deliverAccepted(accepted, {...repos, delivery, ledger}),
    close: () => repos.close(),
  };
}
