import path from 'node:path';
import {defaultSettings} from '../config/settings.ts';
import type {Delivery} from '../delivery/delivery.ts';
import type {ForgeHost} from '../domain/forge.ts';
import type {DeliveryKind} from '../domain/job.ts';
import type {Ledger} from '../ledger/ledger.ts';
import {type Clock, systemClock} from '../util/clock.ts';
import type {Branches} from '../workspace/branches.ts';
import type {Identity} from '../workspace/seal-commit.ts';
import type {Env} from './env.ts';
import {openForges} from './forges.ts';
import {openRemoteGit} from './remote-git.ts';

/** The ways in which a change leaves, in a run and after it. Each is loaded when a change first leaves so. */
interface DeliverySettings {
  readonly stateDir: string;
  readonly env: Env;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly runId: string;
  readonly forges: readonly ForgeHost[];
  readonly prPerHour: number;
  /** Milliseconds since 1970. */
  readonly deadlineAt: number | undefined;
  readonly skillDigest: (skill: string) => string;
}

/** For asking what is in the way of a delivery, and for nothing else. */
export function openPlanDeliveries(
  settings: Pick<DeliverySettings, 'stateDir' | 'env' | 'ledger' | 'forges'>,
): (kind: DeliveryKind) => Pick<Delivery, 'check'> {
  return openDeliveries({
    ...settings,
    clock: systemClock,
    signal: new AbortController().signal,
    runId: '',
    prPerHour: defaultSettings.prPerHour,
    deadlineAt: undefined,
    skillDigest: () => '',
  });
}

export function openDeliveries(settings: DeliverySettings): (kind: DeliveryKind) => Delivery {
  const {stateDir, env, forges} = settings;
  const openBranches = async (): Promise<Branches> => {
    const {createBranches} = await import('../workspace/branches.ts');
    const directory = path.join(stateDir, 'workspaces');
    return createBranches({directory, remoteGit: await openRemoteGit(env, forges), ...authorOf(env)});
  };
  const files = later(async () => (await import('../delivery/files.ts')).createFilesDelivery());
  const patch = later(async () =>
    (await import('../delivery/patch.ts')).createPatchDelivery({directory: path.join(stateDir, 'runs')}),
  );
  const branch = later(async () => {
    const {createBranchDelivery} = await import('../delivery/branch.ts');
    return createBranchDelivery({branches: await openBranches()});
  });
  const pullRequest = later(async () => {
    const [{createPullRequestDelivery}, {createPullRequestPace}] = await Promise.all([
      import('../delivery/pull-request.ts'),
      import('../delivery/pull-request-pace.ts'),
    ]);
    return createPullRequestDelivery({
      ...settings,
      openForge: await openForges(env),
      branches: await openBranches(),
      pace: createPullRequestPace({...settings, perHour: settings.prPerHour}),
    });
  });
  return kind => {
    switch (kind) {
      case 'files':
        return files;
      case 'patch':
        return patch;
      case 'branch':
        return branch;
      case 'pull-request':
        return pullRequest;
      default:
        return kind satisfies never;
    }
  };
}

/** A delivery that is loaded when it is first used. */
function later(load: () => Promise<Delivery>): Delivery {
  let loaded: Promise<Delivery> | undefined;
  const delivery = (): Promise<Delivery> => {
    loaded ??= load();
    return loaded;
  };
  return {
    check: async request => (await delivery()).check(request),
    deliver: async request => (await delivery()).deliver(request),
  };
}

/** Who is named in commits, as git itself is told; undefined: us. */
function authorOf(env: Env): {readonly identity?: Identity} {
  const {GIT_AUTHOR_NAME: name, GIT_AUTHOR_EMAIL: email} = env;
  return name === undefined || email === undefined ? {} : {identity: {name, email}};
}
