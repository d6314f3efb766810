import {type ComponentChild, h} from 'preact';
import {useState} from 'preact/hooks';
import type {DecisionKind, JobView} from '../api.ts';
import {Alert} from './pieces.ts';
import {RejectDialog} from './reject-dialog.ts';
import {RetryButton, uselessRetry} from './retry-button.ts';
import {useDecide, type Why} from './use-decide.ts';
import {useRunCommands} from './use-run-commands.ts';

/** What a person can do about a job: decide on its change, take that back, or run it again. */
export function JobActions({view, reload}: {view: JobView; reload(): void}): ComponentChild {
  const {problem, decide} = useDecide();
  const commands = useRunCommands({id: view.run, state: view.runState, toRetry: view.row.retry === undefined ? 0 : 1});
  const [isRejecting, setRejecting] = useState(false);
  const {row} = view;
  const decideOn = async (kind: DecisionKind, why?: Why): Promise<void> => {
    setRejecting(false);
    if (await decide([{run: view.run, job: row.id}], kind, why)) reload();
  };
  const isFailed = row.standing === 'failed' || row.standing === 'not-started';
  const useless = uselessRetry(row);
  return h(
    'div',
    {class: 'actions'},
    row.standing === 'to-review'
      ? [
          h('button', {type: 'button', class: 'button primary', onClick: () => void decideOn('accepted')}, 'Accept'),
          h('button', {type: 'button', class: 'button', onClick: () => setRejecting(true)}, 'Reject…'),
        ]
      : null,
    row.standing === 'accepted' || row.standing === 'rejected'
      ? h('button', {type: 'button', class: 'button', onClick: () => void decideOn('pending')}, `Undo: ${row.standing}`)
      : null,
    isFailed || (row.standing === 'to-review' && row.state === 'failed')
      ? h(RetryButton, {
          commands,
          label: 'Retry',
          jobs: [row.id],
          costUsd: useless.useless === undefined ? commands.costs.jobs[row.id] : undefined,
          ...useless,
        })
      : null,
    isFailed && useless.useless !== undefined ? h('span', {class: 'muted'}, useless.useless) : null,
    h(Alert, {text: problem === '' ? commands.problem : problem}),
    isRejecting
      ? h(RejectDialog, {
          what: `${row.skill}/${row.repo}`,
          onClose: () => setRejecting(false),
          onReject: (why, text) => void decideOn('rejected', {why, text}),
        })
      : null,
  );
}
