import type {HttpPost} from '../../util/post-once.ts';
import type {Notification} from './notification-text.ts';

/** A message to an ntfy topic, https://docs.ntfy.sh/publish. */
export function ntfyRequest({title, lines, urgency}: Notification): Pick<HttpPost, 'headers' | 'body'> {
  return {
    headers: {
      'content-type': 'text/plain; charset=utf-8',
      // A header holds no line end and no byte beyond ASCII; the title has neither, and this keeps it so.
      title: title.replaceAll(/[^ -~]/g, '?'),
      priority: {stopped: 'high', failed: 'default', changed: 'low'}[urgency],
      tags: {stopped: 'rotating_light', failed: 'warning', changed: 'memo'}[urgency],
    },
    body: lines.join('\n'),
  };
}
