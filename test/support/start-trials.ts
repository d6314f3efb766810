import {startScriptedModelServer} from '../../src/testing/scripted-model-server.ts';
import {answerJob, countCalls, describeEnd, judgeLedger, readLedger} from './night-checks.ts';
import {cli, configurationOf, type Ended, type Night, startCli} from './night-rig.ts';

/**
 * Starts one configuration many times at once while the model holds its answers back, so that the run which won goes on
 * until every other start has given up.
 */
export async function startManyTimes(
  night: Night,
  starts: number,
): Promise<{loneRefusalMs: number; slowestMs: number; problems: string[]}> {
  const {promise: mayAnswer, resolve: answer} = Promise.withResolvers<void>();
  await using server = await startScriptedModelServer();
  server.reply(async request => {
    await mayAnswer;
    return answerJob(request);
  });
  const args = ['--config', configurationOf(night)];
  const refused: Ended[] = [];
  const all = Array.from({length: starts}, () => startCli(night, args, {server}).ended);
  const {promise: enough, resolve: haveEnough} = Promise.withResolvers<void>();
  for (const ended of all) {
    void ended.then(end => {
      refused.push(end);
      if (refused.length === starts - 1) haveEnough();
    });
  }
  await enough;
  const lone = await cli(night, args, {server});
  const losers = [...refused, lone];
  answer();
  const ends = await Promise.all(all);

  const problems: string[] = [];
  const said =
    /running already: (r-\S+) on (\S+), process \d+, since \d{4}-\d\d-\d\dT\S+Z; see: orchestrator status\n$/;
  for (const end of losers) {
    if (end.code !== 0 || !said.test(end.stderr) || end.stdout !== '') problems.push(`a loser: ${describeEnd(end)}`);
  }
  if (new Set(losers.map(end => said.exec(end.stderr)?.[1])).size !== 1) problems.push('losers name several runs');
  const winners = ends.filter(end => end.stdout.includes('finished:'));
  if (winners.length !== 1 || winners[0]?.code !== 0) problems.push(`${winners.length} starts ran`);
  for (const [job, count] of countCalls(server.requests))
    if (count !== 1) problems.push(`${job} was called ${count} times`);
  if (server.requestCount !== night.repos.length) problems.push(`${server.requestCount} calls`);
  const ledger = readLedger(night);
  if (ledger.runs.length !== 1) problems.push(`${ledger.runs.length} runs were recorded`);
  problems.push(...judgeLedger(ledger, night.repos.length));
  return {loneRefusalMs: lone.ms, slowestMs: Math.max(...refused.map(end => end.ms)), problems};
}
