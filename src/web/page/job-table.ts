import {type ComponentChild, h} from 'preact';
import {useEffect, useRef, useState} from 'preact/hooks';
import {type DecisionKind, type JobRow, type RunOverview, standingAfter} from '../api.ts';
import {JobTableRow} from './job-table-row.ts';
import {Alert} from './pieces.ts';
import {Waiting} from './problem.ts';
import {RejectDialog} from './reject-dialog.ts';
import {useDecide, type Why} from './use-decide.ts';
import type {Jobs} from './use-jobs.ts';
import type {RunCommands} from './use-run-commands.ts';

/** Rows beyond the window that are drawn, too. */
const spare = 12;

export interface JobTableProps {
  readonly overview: RunOverview;
  readonly jobs: Jobs;
  readonly commands: RunCommands;
}

/** The jobs of a run; of many only those in view are in the document. */
export function JobTable({overview, jobs, commands}: JobTableProps): ComponentChild {
  const [rejecting, setRejecting] = useState<JobRow>();
  const {problem, decide} = useDecide();
  const body = useRef<HTMLTableSectionElement>(null);
  const total = jobs.total ?? 0;
  const [from, to] = useWindow(body, total);
  useEffect(() => jobs.want(from, to));

  const decideOn = async (row: JobRow, kind: DecisionKind, why?: Why): Promise<void> => {
    setRejecting(undefined);
    if (await decide([{run: overview.id, job: row.id}], kind, why))
      jobs.patch({...row, decision: kind, standing: standingAfter[kind]});
  };

  if (jobs.error !== undefined || jobs.total === undefined) return h(Waiting, {error: jobs.error});
  if (total === 0) return h('p', {class: 'empty'}, 'No job is like that. Choose All, or type less.');
  const rows: ComponentChild[] = [];
  for (let index = from; index < to; index++) {
    const row = jobs.row(index);
    rows.push(
      row === undefined
        ? h('tr', {key: index, class: 'job', 'aria-rowindex': index + 2}, h('td', {colSpan: 8, class: 'muted'}, '…'))
        : h(JobTableRow, {key: row.id, overview, row, index, commands, onDecide: decideOn, onReject: setRejecting}),
    );
  }
  return h(
    'div',
    null,
    jobs.isStale
      ? h('button', {type: 'button', class: 'stale', onClick: jobs.reorder}, 'Rows have changed · sort again')
      : null,
    h(Alert, {text: problem === '' ? commands.problem : problem}),
    h(
      'table',
      {class: 'jobs', 'aria-rowcount': total + 1, 'aria-label': 'Jobs'},
      h(
        'thead',
        null,
        h(
          'tr',
          {'aria-rowindex': 1},
          columns.map(([name, style]) => h('th', {scope: 'col', class: style}, name)),
        ),
      ),
      h('tbody', {ref: body}, h(Space, {key: 'above', rows: from}), rows, h(Space, {key: 'below', rows: total - to})),
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
  ['Checks', 'c-checks'],
  ['Diff', 'c-diff number'],
  ['USD', 'c-cost number'],
  ['Time', 'c-time number'],
  [h('span', {class: 'unseen'}, 'Decision'), 'c-decision'],
] as const;

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
