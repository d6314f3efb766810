import {type ComponentChild, h} from 'preact';
import {useEffect, useRef, useState} from 'preact/hooks';
import {duration} from '../../util/duration.ts';
import {type DecisionKind, isToReview, type JobRow} from '../api.ts';
import {RejectDialog} from './actions.ts';
import {usd} from './format.ts';
import {Alert, Diffstat, RowState, Waiting} from './pieces.ts';
import {Text} from './text.ts';
import {useDecide, type Why} from './use-decide.ts';
import type {Jobs} from './use-jobs.ts';

/** Rows beyond the window that are drawn, too. */
const spare = 12;

/** The jobs of a run; of many only those in view are in the document. */
export function JobTable({run, jobs}: {run: string; jobs: Jobs}): ComponentChild {
  const [rejecting, setRejecting] = useState<JobRow>();
  const {problem, decide} = useDecide();
  const body = useRef<HTMLTableSectionElement>(null);
  const [from, to] = useWindow(body, jobs.total);
  useEffect(() => jobs.want(from, to));

  const decideOn = async (row: JobRow, kind: DecisionKind, why?: Why): Promise<void> => {
    setRejecting(undefined);
    if (await decide([{run, job: row.id}], kind, why)) jobs.patch({...row, decision: kind});
  };

  if (jobs.error !== undefined || jobs.counts === undefined) return h(Waiting, {error: jobs.error});
  if (jobs.total === 0) return h('p', {class: 'empty'}, 'No job is like that. Choose All, or type less.');
  const rows: ComponentChild[] = [];
  for (let index = from; index < to; index++) {
    const row = jobs.row(index);
    rows.push(
      row === undefined
        ? h('tr', {key: index, class: 'job', 'aria-rowindex': index + 2}, h('td', {colSpan: 8, class: 'muted'}, '…'))
        : h(Row, {key: row.id, run, row, index, onDecide: decideOn, onReject: setRejecting}),
    );
  }
  return h(
    'div',
    null,
    jobs.isStale
      ? h('button', {type: 'button', class: 'stale', onClick: jobs.reorder}, 'Rows have changed · sort again')
      : null,
    h(Alert, {text: problem}),
    h(
      'table',
      {class: 'jobs', 'aria-rowcount': jobs.total + 1, 'aria-label': 'Jobs'},
      h(
        'thead',
        null,
        h(
          'tr',
          {'aria-rowindex': 1},
          columns.map(([name, style]) => h('th', {scope: 'col', class: style}, name)),
        ),
      ),
      h(
        'tbody',
        {ref: body},
        h(Space, {key: 'above', rows: from}),
        rows,
        h(Space, {key: 'below', rows: jobs.total - to}),
      ),
    ),
    rejecting === undefined
      ? null
      : h(RejectDialog, {
          what: `${rejecting.skill}/${rejecting.repo}`,
          onClose: () => setRejecting(undefined),
          onReject: (why, text) => void decideOn(rejecting, 'rejected', {why, text}),
        }),
  );
}

const columns = [
  ['Repo', 'c-repo'],
  ['Skill', 'c-skill'],
  ['Result', 'c-result'],
  ['Diff', 'c-diff number'],
  ['USD', 'c-cost number'],
  ['Time', 'c-time number'],
  ['Checks', 'c-checks'],
  ['Decision', 'c-decision'],
] as const;

interface RowProps {
  readonly run: string;
  readonly row: JobRow;
  readonly index: number;
  onDecide(row: JobRow, kind: DecisionKind): Promise<void>;
  onReject(row: JobRow): void;
}

function Row({run, row, index, onDecide, onReject}: RowProps): ComponentChild {
  return h(
    'tr',
    {class: 'job', 'aria-rowindex': index + 2},
    h('td', {class: 'c-repo'}, h('a', {href: `/r/${run}/${row.id}`}, h(Text, {of: row.repo}))),
    h('td', {class: 'c-skill muted'}, h(Text, {of: row.skill})),
    h(
      'td',
      {class: 'c-result'},
      h(RowState, {row}),
      row.reason === undefined || row.state === 'held' ? null : h('span', {class: 'reason'}, ` ${row.reason}`),
      row.message === undefined
        ? null
        : h('span', {class: 'muted under', title: row.message}, h(Text, {of: row.message})),
    ),
    h('td', {class: 'c-diff number'}, row.files === 0 ? h('span', {class: 'muted'}, '–') : h(Diffstat, {of: row})),
    h('td', {class: 'c-cost number'}, usd(row.costUsd)),
    h('td', {class: 'c-time number'}, row.durationMs === undefined ? '' : duration(row.durationMs)),
    h('td', {class: 'c-checks'}, h(Checks, {row})),
    h(
      'td',
      {class: 'c-decision'},
      isToReview(row)
        ? [
            h(
              'button',
              {
                type: 'button',
                class: 'button small',
                'aria-label': `Accept ${row.repo}`,
                onClick: () => void onDecide(row, 'accepted'),
              },
              'Accept',
            ),
            h(
              'button',
              {type: 'button', class: 'button small', 'aria-label': `Reject ${row.repo}`, onClick: () => onReject(row)},
              'Reject…',
            ),
          ]
        : h(Decided, {row, onUndo: () => void onDecide(row, 'pending')}),
    ),
  );
}

function Checks({row}: {row: JobRow}): ComponentChild {
  const {passed = 0, failed = 0, findings = 0} = row.checks ?? {};
  if (passed + failed + findings === 0) return null;
  return h(
    'span',
    null,
    passed > 0 ? h('span', {class: 'state-changed'}, `✓ ${passed} `) : null,
    failed > 0 ? h('span', {class: 'state-failed'}, `✗ ${failed} `) : null,
    findings > 0 ? h('span', {class: 'state-held'}, `! ${findings} policy`) : null,
  );
}

function Decided({row, onUndo}: {row: JobRow; onUndo(): void}): ComponentChild {
  if (row.delivered) return h('span', {class: 'muted'}, 'delivered');
  if (row.superseded) return h('span', {class: 'muted'}, 'replaced by a later run');
  if (row.decision === 'accepted' || row.decision === 'rejected') {
    return h(
      'span',
      null,
      h('span', {class: row.decision === 'accepted' ? 'state-changed' : 'state-failed'}, row.decision),
      ' ',
      h('button', {type: 'button', class: 'link', 'aria-label': `Undo for ${row.repo}`, onClick: onUndo}, 'undo'),
    );
  }
  return row.retry === 'yes'
    ? h('span', {class: 'muted'}, 'a retry can help')
    : row.retry === 'after-fix'
      ? h('span', {class: 'muted'}, 'retry after a fix')
      : null;
}

function Space({rows}: {rows: number}): ComponentChild {
  if (rows <= 0) return null;
  return h(
    'tr',
    {class: 'space', 'aria-hidden': 'true'},
    h('td', {colSpan: 8, style: {height: `calc(${rows} * var(--row))`}}),
  );
}

/** The rows to draw, by what part of the table is in view. */
function useWindow(body: {current: HTMLElement | null}, total: number): [number, number] {
  const [range, setRange] = useState<[number, number]>([0, 40]);
  useEffect(() => {
    let frame = 0;
    const measure = (): void => {
      frame = 0;
      const element = body.current;
      if (element === null) return;
      const height = Number.parseFloat(getComputedStyle(element).getPropertyValue('--row-px')) || 52;
      const top = element.getBoundingClientRect().top;
      const first = Math.max(0, Math.floor(-top / height) - spare);
      const last = Math.ceil((innerHeight - top) / height) + spare;
      setRange(before => (before[0] === first && before[1] === last ? before : [first, last]));
    };
    const later = (): void => {
      frame ||= requestAnimationFrame(measure);
    };
    measure();
    addEventListener('scroll', later, {passive: true});
    addEventListener('resize', later);
    return () => {
      cancelAnimationFrame(frame);
      removeEventListener('scroll', later);
      removeEventListener('resize', later);
    };
  }, [total]);
  const last = Math.min(total, Math.max(range[1], 1));
  return [Math.min(range[0], Math.max(0, last - 1)), last];
}
