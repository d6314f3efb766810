import type {Job} from '../domain/job.ts';
import type {ModelRequest} from '../domain/model.ts';
import type {Outcome} from '../domain/outcome.ts';
import {noCost, noUsage} from '../domain/usage.ts';
import type {DeliveryRecord, InputParts, Ledger, Memory} from '../ledger/ledger.ts';
import {coversOutput, spellOutput} from '../modes/output-path.ts';
import {assertDeliverable} from './deliver-change.ts';
import {operatorParts, sameInputs, sameOperatorParts} from './inputs.ts';
import type {BuiltContext, JobTools, OpenRepo} from './job-tools.ts';

export interface PreparedJob {
  /** With its outputs as the repo spells them. */
  readonly job: Job;
  readonly repo: OpenRepo;
  readonly built: BuiltContext;
  readonly inputs: InputParts;
  readonly deliveries: readonly DeliveryRecord[];
  /** What the ledger knew of the job's output when this was prepared. */
  readonly standing: string;
  /** Set when the same inputs gave a result that is not in the repo any more: its reply can be delivered again for nothing. */
  readonly remembered?: Memory;
  /** The first request of its mode, where it was composed already. */
  readonly request?: ModelRequest;
  /** When nothing was in the way of its delivery, milliseconds since 1970. */
  readonly deliverableAt?: number;
}

export type Preparation =
  | {readonly kind: 'ready'; readonly prepared: PreparedJob}
  | {readonly kind: 'ended'; readonly outcome: Outcome};

export type PrepareTools = Pick<JobTools, 'openRepo' | 'mode' | 'skill' | 'holdsBlob' | 'expectCalls'> & {
  readonly ledger: Pick<Ledger, 'memory' | 'deliveries'>;
};

/** Reads what the job needs and decides whether there is anything to do. Calls no model and writes nothing. */
export async function prepareJob(job: Job, tools: PrepareTools): Promise<Preparation> {
  assertDeliverable(job);
  const repo = await tools.openRepo(job);
  try {
    const skill = tools.skill(job.skill);
    const mode = tools.mode(job.mode);
    const parts = operatorParts(job, skill, mode.version);
    const memory = job.force ? undefined : await tools.ledger.memory(repo.key, job.skill, job.outputPattern);
    const candidate =
      memory !== undefined && sameOperatorParts(memory.inputs, {...memory.inputs, ...parts}) ? memory : undefined;
    const deliveries = await tools.ledger.deliveries(repo.key);

    if (candidate?.inputs.commit === repo.reader.head.commit && (await isInPlace(candidate, repo, undefined, tools))) {
      repo.release();
      return {kind: 'ended', outcome: upToDate(candidate)};
    }
    tools.expectCalls?.(job.models);
    const built = await repo.buildContext(skill, deliveries);
    const inputs: InputParts = {...parts, commit: repo.reader.head.commit, ...built.digests};
    const same = candidate !== undefined && sameInputs(candidate.inputs, inputs);
    if (same && (await isInPlace(candidate, repo, built.entries, tools))) {
      repo.release();
      return {kind: 'ended', outcome: upToDate(candidate)};
    }
    const spelled = {
      ...job,
      output: spellOutput(job.output, built.entries),
      outputs: job.outputs.map(output => spellOutput(output, built.entries)),
    };
    const standing = describeStanding(spelled, memory, deliveries);
    return {
      kind: 'ready',
      prepared: {job: spelled, repo, built, inputs, deliveries, standing, ...(same ? {remembered: candidate} : {})},
    };
  } catch (error) {
    repo.release();
    throw error;
  }
}

/** The job was prepared before another run wrote what it is about to write: it has to be prepared again. */
export class PreparedTooEarly extends Error {}

/** @throws PreparedTooEarly. To be asked when no other run can write into the repo any more. */
export async function assertCurrent({job, repo, standing}: PreparedJob, ledger: PrepareTools['ledger']): Promise<void> {
  const memory = job.force ? undefined : await ledger.memory(repo.key, job.skill, job.outputPattern);
  const paths = job.outputs.some(output => output.endsWith('/')) ? undefined : job.outputs;
  const now = describeStanding(job, memory, await ledger.deliveries(repo.key, paths));
  if (now !== standing) throw new PreparedTooEarly('another run has delivered meanwhile');
}

function describeStanding(job: Job, memory: Memory | undefined, deliveries: readonly DeliveryRecord[]): string {
  const isOutput = (path: string): boolean => job.outputs.some(output => coversOutput(output, path));
  return JSON.stringify([memory?.runId, memory?.at, deliveries.filter(({path}) => isOutput(path))]);
}

/** Whether every file that the earlier job left is still there as it was left: in the work tree, or committed in a bare repository. */
async function isInPlace(
  memory: Memory,
  repo: OpenRepo,
  entries: BuiltContext['entries'] | undefined,
  tools: PrepareTools,
): Promise<boolean> {
  for (const [path, blob] of Object.entries(memory.files)) {
    const inPlace =
      repo.workTree === undefined ? entries?.get(path)?.id === blob : await tools.holdsBlob(repo.workTree, path, blob);
    if (!inPlace) return false;
  }
  return true;
}

function upToDate(memory: Memory): Outcome {
  return {status: 'up-to-date', since: memory.runId, usage: noUsage, cost: noCost};
}
