import type {ForgeFault} from '../../src/testing/memory-forge.ts';
import type {ForgeRequest} from '../../src/testing/memory-forge-http.ts';
import {commitFiles, runGit} from '../../src/testing/temporary-fleet.ts';
import type {PullRequestRig} from './pull-request-rig.ts';
import {seededRandom} from './seeded-random.ts';

export interface LostReplies {
  readonly cases: number;
  readonly faults: number;
  /** Deliveries that had to be asked for again, as `retry` does. */
  readonly again: number;
  /** What is not one branch and one pull request with the right content. */
  readonly wrong: readonly string[];
}

const places = [
  /git-receive-pack$/,
  /POST .*(?:pulls|merge_requests)$/,
  /GET .*(?:pulls|merge_requests)\?/,
  /(?:PATCH|PUT) /,
  /info\/refs/,
];

/** Loses replies at push, at opening, at changing and at looking; each case is a repo of its own and two nights. */
export async function sweepLostReplies(rig: PullRequestRig, cases: number, seed: number): Promise<LostReplies> {
  const random = seededRandom(seed);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
  const wrong: string[] = [];
  let again = 0;
  let faults = 0;
  for (let number = 0; number < cases; number++) {
    const name = `repo-${String(number).padStart(5, '0')}`;
    const {remote, clone} = await rig.own(name);
    for (const [night, text] of ['one\n', 'two\n'].entries()) {
      const broken = Array.from({length: 1 + Math.floor(random() * 3)}, () => {
        const place = pick(places);
        const fault = pick<ForgeFault>([
          {lose: 'reply'},
          {lose: 'reply'},
          {lose: 'request'},
          ...(place.source.startsWith('git') || place.source.startsWith('info')
            ? []
            : [{status: 502, done: true}, {cutAfter: 10}, {status: 200, body: '<html>', done: true}]),
        ]);
        // Of this repo alone, so that what one case leaves is not met by the next.
        const mine = ({method, path, query}: ForgeRequest): boolean => {
          const asked = `${method} ${path}${path.includes('/api/') && query.size > 0 ? `?${query}` : ''}`;
          return path.includes(name) && place.test(asked);
        };
        rig.forge.fault(mine, fault);
        faults++;
        return `${place.source} ${JSON.stringify(fault)}`;
      });
      let end = await rig.deliver(clone.path, text, {second: night * 60});
      for (let attempt = 0; attempt < 4 && end.kind === 'failed'; attempt++) {
        again++;
        end = await rig.deliver(clone.path, text, {second: night * 60});
      }
      const branches = (
        await runGit(remote.directory, ['for-each-ref', '--format=%(refname:short)', 'refs/heads/'])
      ).split('\n');
      const content = await runGit(remote.directory, ['show', 'orchestrator/docs:README.md']).catch(() => 'nothing');
      const isRight =
        end.kind !== 'failed' &&
        branches.join() === 'main,orchestrator/docs' &&
        remote.pulls.length === 1 &&
        `${content}\n` === text;
      if (!isRight) {
        wrong.push(
          `case ${number} night ${night}: ${JSON.stringify(end)} ${branches.join()} ${remote.pulls.length} pulls, ${content}; ${broken.join(', ')}`,
        );
      }
    }
  }
  return {cases, faults, again, wrong};
}

/** Nights of one repo in which people close, merge, label and push; says where something doubled or drifted. */
export async function simulateNights(rig: PullRequestRig, nights: number, seed: number): Promise<readonly string[]> {
  const random = seededRandom(seed);
  const {remote, clone} = await rig.own('fleet');
  const wrong: string[] = [];
  let text = 'night 0\n';
  for (let night = 0; night < nights; night++) {
    const event = random();
    if (event < 0.35) text = `night ${night}\n`;
    const open = remote.pulls.find(({state}) => state === 'open');
    const closed = event > 0.9 && open !== undefined ? open : undefined;
    if (closed !== undefined) closed.state = 'closed';
    if (event > 0.6 && event < 0.75) {
      await commitFiles(clone.path, {'main.py': `print(${night})\n`}, `Night ${night}`);
      await runGit(clone.path, ['push', '-q', remote.directory, 'HEAD:refs/heads/main']);
    }
    const before = remote.pulls.map(pull => pull.updatedAt).join();
    const first = await rig.deliver(clone.path, text, {second: night * 86_400});
    const changed = remote.pulls.map(pull => pull.updatedAt).join() !== before;
    const tip = await runGit(remote.directory, ['rev-parse', 'orchestrator/docs']);
    // The same night once more changes nothing, nor does the next with the same inputs.
    const state = JSON.stringify(remote.pulls);
    for (const second of [night * 86_400, night * 86_400 + 3600]) {
      const same = await rig.deliver(clone.path, text, {second});
      if (same.kind !== 'unchanged') wrong.push(`night ${night}: again gives ${JSON.stringify(same)}`);
    }
    if (JSON.stringify(remote.pulls) !== state) wrong.push(`night ${night}: a pull request drifts`);
    if ((await runGit(remote.directory, ['rev-parse', 'orchestrator/docs'])) !== tip)
      wrong.push(`night ${night}: the branch drifts`);
    if (first.kind === 'failed') wrong.push(`night ${night}: ${first.reason} ${first.message}`);
    if (first.kind === 'unchanged' && changed) wrong.push(`night ${night}: unchanged, and yet something changed`);
    if (remote.pulls.filter(pull => pull.state === 'open').length > 1) wrong.push(`night ${night}: two are open`);
    const branches = await runGit(remote.directory, [
      'for-each-ref',
      '--format=%(refname:short)',
      'refs/heads/orchestrator',
    ]);
    if (branches !== 'orchestrator/docs') wrong.push(`night ${night}: branches ${branches}`);
    // What was closed comes back only when the change is another.
    if (closed !== undefined && event > 0.35 && remote.pulls.some(pull => pull.state === 'open'))
      wrong.push(`night ${night}: opened again`);
  }
  return wrong;
}
