import type {PullRequestOptions} from '../domain/job.ts';
import type {Clock} from '../util/clock.ts';
import type {Forge, NewPullRequest, PullRequest} from './forge.ts';
import {ForgeError} from './forge-error.ts';
import {isAsWritten, readMarker, remark} from './pull-request-text.ts';

export interface PublishTools {
  readonly forge: Forge;
  readonly path: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

interface Published {
  readonly pull: PullRequest;
  readonly changed: boolean;
}

const attempts = 3;

/** Opens it once. After an answer that leaves open whether it is there, and after none, it is looked for before it is opened again. */
export async function openPullRequest(
  wanted: NewPullRequest,
  {forge, path, clock, signal}: PublishTools,
): Promise<PullRequest> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await forge.openPullRequest(path, wanted, signal);
    } catch (error) {
      if (!(error instanceof ForgeError)) throw error;
      const mayBeThere = error.ambiguous || error.kind === 'exists' || error.kind === 'conflict';
      if (!mayBeThere) throw error;
      const found = (await forge.findPullRequests(path, wanted.head, signal)).find(
        ({state, body}) => state === 'open' || readMarker(body)?.text === readMarker(wanted.body)?.text,
      );
      if (found !== undefined) return found;
      if (attempt === attempts) throw error;
      // A list may lag behind what was just made.
      await clock.sleep(1000 * attempt, signal);
    }
  }
}

/**
 * The pull request is there: a label or a reviewer that the forge does not take is no reason to call it not delivered. Gives what was not
 * taken, in words for people.
 */
export async function decorate(
  number: number,
  {labels, reviewers}: PullRequestOptions = {labels: [], reviewers: [], draft: false},
  tools: PublishTools,
): Promise<string | undefined> {
  const {forge, path, signal} = tools;
  const faults: string[] = [];
  if (labels.length > 0)
    faults.push(...(await tolerate('labels', () => forge.addLabels(path, number, labels, signal), tools)));
  if (reviewers.length > 0)
    faults.push(...(await tolerate('reviewers', () => forge.requestReviewers(path, number, reviewers, signal), tools)));
  return faults.length === 0 ? undefined : faults.join('; ');
}

/** Says what is new; words that a person has changed stay, and so does the base that a person has chosen. */
export async function updatePullRequest(
  open: PullRequest,
  wanted: NewPullRequest,
  {forge, path, clock, signal}: PublishTools,
): Promise<Published> {
  const is = readMarker(open.body);
  const should = readMarker(wanted.body);
  if (should === undefined) throw new Error('a pull request of ours has no marker');
  if (is?.patch === should.patch && is.commit === should.commit) return {pull: open, changed: false};
  const words = isAsWritten(open)
    ? {title: wanted.title, body: wanted.body}
    : {title: open.title, body: remark(open, should)};
  for (let attempt = 1; ; attempt++) {
    try {
      const change = {...words, base: open.base, draft: open.draft};
      return {pull: await forge.updatePullRequest(path, open.number, change, signal), changed: true};
    } catch (error) {
      if (!(error instanceof ForgeError) || !error.ambiguous || attempt === attempts) throw error;
      // The same words once more do no harm.
      await clock.sleep(1000 * attempt, signal);
    }
  }
}

async function tolerate(
  what: string,
  act: () => Promise<void>,
  {clock, signal}: PublishTools,
): Promise<readonly string[]> {
  for (let attempt = 1; ; attempt++) {
    try {
      await act();
      return [];
    } catch (error) {
      if (!(error instanceof ForgeError)) throw error;
      if (!error.ambiguous || attempt === attempts) return [`${what} not set: ${error.message}`];
      await clock.sleep(500 * attempt, signal);
    }
  }
}
