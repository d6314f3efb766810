import type {HttpPost} from '../../util/post-once.ts';
import {type Notification, shownRepo} from './notification-text.ts';

type Request = Pick<HttpPost, 'headers' | 'body'>;

/** For programs: figures and words of ours. Of a failure the repo and the reason, of the run where its results are. */
export function webhookRequest({title, lines, facts}: Notification): Request {
  const {summary} = facts;
  return json({
    event: 'run.finished',
    run: facts.runId,
    exit_code: facts.exitCode,
    stopped: facts.brokenOff === undefined ? (facts.stopped ?? null) : 'broken-off',
    jobs: {
      total: summary.total,
      changed: summary.changed,
      unchanged: summary.unchanged,
      up_to_date: summary.upToDate,
      failed: summary.failed,
      held: summary.held,
      not_started: summary.notStarted,
    },
    cost_usd: facts.spentUsd,
    budget_usd: facts.budgetUsd ?? null,
    started_at: new Date(facts.startedAt).toISOString(),
    ended_at: new Date(facts.endedAt).toISOString(),
    results_file: facts.resultsFile,
    failures: facts.failures.map(({repo, reason}) => ({repo: shownRepo(repo), reason})),
    text: [title, ...lines].join('\n'),
  });
}

/** Slack, and what takes the same: Mattermost, Rocket.Chat, Discord with /slack behind its address. */
export function slackRequest({title, lines}: Notification): Request {
  const text = [title, ...lines].join('\n');
  // What Slack reads as markup: https://docs.slack.dev/messaging/formatting-message-text; Mattermost acts on a bare @all.
  const inert = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('@', '＠');
  return json({text: inert, mrkdwn: false, unfurl_links: false, unfurl_media: false});
}

function json(value: unknown): Request {
  return {headers: {'content-type': 'application/json'}, body: JSON.stringify(value)};
}
