import {mkdirSync} from 'node:fs';
import {readFile} from 'node:fs/promises';
import path from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {expect, it} from 'vitest';
import {
  type RecordedRequest,
  type ScriptedAnswer,
  startScriptedModelServer,
} from '../../src/testing/scripted-model-server.ts';
import {makeTemporaryDirectory} from '../../src/testing/temporary-fleet.ts';
import {
  cli,
  configurationOf,
  copyNight,
  makeNight,
  type Night,
  processesOf,
  readResults,
  repoOf,
  startCli,
} from '../support/night-rig.ts';
import {wholeFile} from '../support/person.ts';
import {seededRandom} from '../support/seeded-random.ts';

const repos = 4;
/** ORCHESTRATOR_DEEP_ROUNDS sets another number. */
const wantedKills = Number(process.env['ORCHESTRATOR_DEEP_ROUNDS'] ?? 100);
const killsPerNight = 4;

/** Five turns that look, write, edit, run a command where that is possible, and finish. */
function answer({turns, prompt, tools}: RecordedRequest): ScriptedAnswer {
  const repo = repoOf({prompt});
  const calls = [
    [
      {name: 'list_files', input: {}},
      {name: 'read_file', input: {path: 'package.json'}},
    ],
    [{name: 'write_file', input: {path: 'README.md', content: wholeFile(repo)}}],
    [{name: 'edit_file', input: {path: 'README.md', old: 'A small program', new: `A small program called ${repo}`}}],
    [
      tools.includes('run_command')
        ? // It fails, and what it did counts all the same, also after a crash.
          {name: 'run_command', input: {command: 'wc -l README.md > lines.txt; echo once >> count.txt; false'}}
        : {name: 'search_files', input: {pattern: 'program'}},
    ],
    [{name: 'finish', input: {summary: `Described ${repo}.`}}],
  ];
  return {text: '', toolCalls: calls[turns] ?? calls[4]!, delayMs: 60};
}

/** What an operator finds in the repos. */
async function endState(night: Night): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const repo of night.repos) {
    for (const file of ['README.md', 'count.txt', 'lines.txt'])
      found[`${repo}/${file}`] = await readFile(path.join(night.directory, 'fleet', repo, file), 'utf8').catch(
        () => '',
      );
  }
  return found;
}

it('ends as if undisturbed after kill -9 at random moments, repeats at most the calls in flight, and leaves no process', async () => {
  await using directory = await makeTemporaryDirectory();
  const template = await makeNight(path.join(directory.path, 'template'), {
    repos,
    settings: {max_workers: 2, mode: 'agent'},
  });
  const random = seededRandom(20251201);
  const undisturbed = await copyNight(template, path.join(directory.path, 'undisturbed'));
  await using reference = await startScriptedModelServer();
  reference.reply(answer);
  expect((await cli(undisturbed, ['--config', configurationOf(undisturbed)], {server: reference})).code).toBe(0);
  const expected = await endState(undisturbed);
  const wholeMs = 2500;

  let kills = 0;
  let repeated = 0;
  let recoveries: number[] = [];
  const problems: string[] = [];
  let nights = 0;
  for (let number = 0; kills < wantedKills; number++) {
    nights++;
    const night = await copyNight(template, path.join(directory.path, `night-${number}`));
    mkdirSync(path.join(night.directory, 'home'), {recursive: true});
    await using server = await startScriptedModelServer({strict: false});
    server.reply(answer);
    let killsHere = 0;
    for (let attempt = 0; attempt < killsPerNight; attempt++) {
      const args = attempt === 0 ? ['--config', configurationOf(night)] : ['resume'];
      const started = startCli(night, args, {server});
      // From its first call on: before that there is nothing to lose.
      const callsBefore = server.requestCount;
      while (attempt === 0 && server.requestCount === callsBefore && started.child.exitCode === null) await sleep(20);
      await Promise.race([sleep(random() * wholeMs), started.ended]);
      if (started.child.exitCode !== null) break;
      killsHere++;
      started.child.kill('SIGKILL');
      await started.ended;
      kills++;
      await sleep(1000);
      const left = await processesOf(night);
      if (left.length > 0) problems.push(`night ${number}: left running: ${left.join('; ')}`);
    }
    const resumedAt = performance.now();
    const ended = await cli(night, ['resume'], {server});
    recoveries = [...recoveries, performance.now() - resumedAt];
    const rows = await readResults(night).catch(() => []);
    const bad = rows.filter(({status}) => status !== 'success').map(({repo, message}) => `${repo}: ${message}`);
    if (bad.length > 0 || (ended.code !== 0 && rows.length === 0))
      problems.push(`night ${number}: ${ended.stderr} ${bad.join('; ')}`);
    const state = await endState(night);
    for (const [file, text] of Object.entries(expected))
      if (state[file] !== text) problems.push(`night ${number}: ${file} is ${JSON.stringify(state[file])}`);
    const bodies = new Map<string, string[]>();
    for (const request of server.requests) {
      const key = `${repoOf(request)} ${request.turns}`;
      bodies.set(key, [...(bodies.get(key) ?? []), request.body]);
    }
    const more = [...bodies.values()].reduce((sum, {length}) => sum + length - 1, 0);
    repeated += more;
    // Each of two workers has one call that was sent and is not recorded.
    if (more > 2 * killsHere) problems.push(`night ${number}: ${more} calls were made again after ${killsHere} kills`);
    for (const [key, sent] of bodies)
      if (new Set(sent).size > 1) problems.push(`night ${number}: ${key} was asked in other words`);
  }
  const slowest = Math.round(Math.max(...recoveries));
  console.log(
    `${kills} kills in ${nights} nights, ${repeated} calls made again, ${problems.length} problems; the last resume of a night took at most ${slowest} ms`,
  );
  expect(problems).toEqual([]);
  expect(kills).toBeGreaterThanOrEqual(wantedKills);
});
