import {mkdirSync, readFileSync, rmSync} from 'node:fs';
import path from 'node:path';
import {startScriptedModelServer} from '../../src/testing/scripted-model-server.ts';
import {mapConcurrently} from '../../src/util/map-concurrently.ts';
import {batchOptions, paidTwice, readMoney} from './batch-rig.ts';
import {type CrashMode, crashModes, recover, runUndisturbed, runWithCrash} from './crash-point.ts';
import {answerJob, describeEnd, difference, readFleetBytes} from './night-checks.ts';
import {copyNight, makeNight, type Night, readResults} from './night-rig.ts';

/** A night in batches, how it ends when nothing disturbs it, and how many durable operations that takes. */
export interface BatchTrialRig {
  readonly template: Night;
  readonly operations: number;
  readonly endState: ReadonlyMap<string, string>;
}

/** Batches of two requests. */
const env = {ORCHESTRATOR_BATCH_REQUESTS: '2'};

export async function makeBatchTrialRig(directory: string, repos: number, model: string): Promise<BatchTrialRig> {
  const template = await makeNight(path.join(directory, 'template'), {repos, settings: {batch: true, model}});
  const {night, operations} = await runUndisturbed(template, directory, server => batchOptions(server, env));
  return {template, operations, endState: await readFleetBytes(night)};
}

/** Kills a run at one durable operation, lets it recover, and says what is not as it must be. */
async function tryPoint(rig: BatchTrialRig, at: number, mode: CrashMode, directory: string): Promise<string[]> {
  const night = await copyNight(rig.template, path.join(directory, 'night'));
  const log = path.join(directory, 'operation.log');
  await using server = await startScriptedModelServer({strict: false});
  server.reply(answerJob);
  const options = batchOptions(server, env);
  const killed = await runWithCrash(night, log, {at, mode}, options);
  if (killed.signal !== 'SIGKILL') return killed.code === 0 ? [] : [`ended by itself: ${describeEnd(killed)}`];
  const problems: string[] = [];
  const recovered = await recover(night, at % 2 === 0 ? 'resume' : 'again', options);
  if (recovered.code !== 0) problems.push(`recovery failed: ${describeEnd(recovered)}`);
  problems.push(...difference(rig.endState, await readFleetBytes(night)));
  const rows = await readResults(night);
  if (!rows.every(({status}) => status === 'success' || status === 'skipped'))
    problems.push('a job has not ended well');
  for (const id of paidTwice(server)) problems.push(`${id} was paid twice`);
  if (server.batches.billed.length !== rows.length) problems.push(`${server.batches.billed.length} requests were paid`);
  const money = readMoney(night);
  const {settled, released, ...others} = money.calls;
  if (settled !== rows.length || Object.keys(others).length > 0 || money.openBatches > 0) {
    problems.push(`the ledger ends with ${JSON.stringify(money)}`);
  }
  if (Math.abs(money.spentUsd - money.countedUsd) > 1e-8) problems.push(`${JSON.stringify(money)} does not add up`);
  const operation = readFileSync(log, 'utf8').trim();
  return problems.map(problem => `${operation} (${at}): ${problem}`);
}

/** Kills at these operations, each before, in the middle of, or after it. */
export async function tryBatchPoints(
  rig: BatchTrialRig,
  points: readonly number[],
  directory: string,
): Promise<string[]> {
  const problems: string[] = [];
  await mapConcurrently([...points.entries()], 2, async ([index, at]) => {
    const folder = path.join(directory, `point-${at}-${index}`);
    mkdirSync(folder, {recursive: true});
    const found = await tryPoint(rig, at, crashModes[index % crashModes.length]!, folder);
    problems.push(...found);
    if (found.length === 0) rmSync(folder, {recursive: true});
  });
  return problems;
}
