import type {RunOverview} from './api.ts';

interface Metric {
  readonly name: string;
  readonly help: string;
  readonly samples: readonly {readonly labels?: Readonly<Record<string, string>>; readonly value: number}[];
}

const stateNames = [
  ['changed', 'changed'],
  ['unchanged', 'unchanged'],
  ['upToDate', 'up-to-date'],
  ['failed', 'failed'],
  ['held', 'held'],
  ['notStarted', 'not-started'],
  ['running', 'running'],
  ['pending', 'pending'],
] as const satisfies readonly (readonly [keyof RunOverview['counts'], string])[];

/**
 * Prometheus text, version 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/). Money is in US dollars, times are
 * seconds since 1970. Labels are ids of runs and words of ours, never text of a repo or a model.
 */
export function formatMetrics(
  runs: readonly RunOverview[],
  waiting: {readonly toReview: number; readonly toDeliver: number},
): string {
  const ofRun = (value: (run: RunOverview) => number | undefined): Metric['samples'] =>
    runs.flatMap(run => {
      const found = value(run);
      return found === undefined ? [] : [{labels: {run: run.id}, value: found}];
    });
  const metrics: Metric[] = [
    {
      name: 'orchestrator_jobs',
      help: 'Jobs of the runs that go on and of the one that ended last, by state.',
      samples: runs.flatMap(({id, counts, held}) =>
        stateNames.map(([key, state]) => ({
          labels: {run: id, state},
          value: key === 'failed' ? counts.failed - held : key === 'held' ? held : counts[key],
        })),
      ),
    },
    {name: 'orchestrator_run_spent_usd', help: 'What its calls have cost.', samples: ofRun(run => run.spentUsd)},
    {
      name: 'orchestrator_run_reserved_usd',
      help: 'Worst case of its calls in flight.',
      samples: ofRun(run => run.reservedUsd),
    },
    {name: 'orchestrator_run_budget_usd', help: 'The most it may cost.', samples: ofRun(run => run.budgetUsd)},
    {
      name: 'orchestrator_run_started_seconds',
      help: 'When it started.',
      samples: ofRun(run => run.startedAt / 1000),
    },
    {
      name: 'orchestrator_run_ended_seconds',
      help: 'When it ended.',
      samples: ofRun(run => (run.endedAt === undefined ? undefined : run.endedAt / 1000)),
    },
    {name: 'orchestrator_run_exit_code', help: 'Its exit code.', samples: ofRun(run => run.exitCode)},
    {
      name: 'orchestrator_changes',
      help: 'Changes that wait, of all runs.',
      samples: [
        {labels: {waits_for: 'decision'}, value: waiting.toReview},
        {labels: {waits_for: 'delivery'}, value: waiting.toDeliver},
      ],
    },
  ];
  return metrics
    .filter(({samples}) => samples.length > 0)
    .map(({name, help, samples}) => {
      const lines = samples.map(({labels = {}, value}) => `${name}${formatLabels(labels)} ${value}\n`);
      return `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${lines.join('')}`;
    })
    .join('');
}

function formatLabels(labels: Readonly<Record<string, string>>): string {
  const written = Object.entries(labels).map(
    ([name, value]) => `${name}="${value.replace(/[\\"\n]/g, found => (found === '\n' ? '\\n' : `\\${found}`))}"`,
  );
  return written.length === 0 ? '' : `{${written.join(',')}}`;
}
