import {toRunJson} from '../src/cli/run-view.ts';
import type {RunView} from '../src/run/read-run-view.ts';

const documents: readonly (readonly [command: string, shape: string])[] = [
  [
    'status --json',
    '`{running: [run], interrupted: [run], last: run or null, missed: [{config, expected_by, last_run, last_started_at}], next: [command]}`; each run as below, with `running_jobs`, `newest_failures`, `estimated_end`, `log` and `next`',
  ],
  ['status RUN --json', 'one such run'],
  ['status --watch --json', 'one run a line, each time something changed'],
  ['history --json, list runs --json', '`[run]`, newest first'],
  ['history REPO --json', 'rows as in the results file, newest run first'],
  ['report --json', 'rows as in the results file: `orchestrator schema results`'],
  [
    'explain REPO --json',
    '`[{job, task, skill, repo, verdict: "run", "up-to-date" or "fail", message, force, since, changed: [part], same: [part], touched: [path], last}]`',
  ],
  ['list repos --json', '`[{name, path, exists, url, github, branch, description, tags, active}]`'],
  ['list groups --json, list tags --json', '`[{name, repos: [name]}]`'],
  ['list skills --json', '`[{name, output, mode, source, directory, description, problem}]`'],
  [
    'list models --json',
    '`[{id, provider, key_set, default, input_usd_per_million, output_usd_per_million}]`; `null` for a price that is not known',
  ],
  [
    'doctor --json',
    '`{ok, checks: [{name, status: "ok", "warning" or "failure", message, fix}]}`; `fix` where there is one',
  ],
  ['run --json, resume --json, retry --json', 'one event a line, from `run.started` to `run.finished`'],
];

/** docs/reference/json.md: what `--json` prints. */
export function renderJsonReference(): string {
  return [
    '# JSON output',
    '',
    'With `--json` stdout is JSON and nothing else: one document, or one object a line where that is said. Talk goes to stderr.',
    'Times are ISO 8601 in UTC, money is US dollars. What is absent is `null` or an empty list; new keys may be added.',
    'Only metadata is printed: no text of a model, and of a repo only names and paths.',
    '',
    '| Command | Prints |',
    '| --- | --- |',
    ...documents.map(([command, shape]) => `| \`${command}\` | ${shape} |`),
    '',
    '## A run',
    '',
    '```json',
    JSON.stringify(toRunJson(sample), undefined, 2),
    '```',
    '',
    '`state` is `running`, `finished`, `stopped` or `interrupted`: its process is gone and `orchestrator resume` finishes it.',
    '`cost_usd` counts calls that ended; `reserved_usd` is the most that the calls in flight can add.',
    '',
  ].join('\n');
}

const sample: RunView = {
  run: {
    id: 'r-20251201-020000-7f3a',
    claim: '',
    state: 'running',
    holder: {host: 'mini', pid: 4711, start: ''},
    heartbeatAt: Date.UTC(2025, 11, 1, 2, 14, 5),
    startedAt: Date.UTC(2025, 11, 1, 2),
    command: ['--config', 'config/overnight.json'],
    settings: undefined,
    control: {stop: 'no', paused: false},
    resultsFile: '/home/me/orchestrator_batch_20251201_020000.json',
  },
  state: 'running',
  counts: {
    total: 24,
    changed: 14,
    unchanged: 2,
    upToDate: 0,
    failed: 1,
    held: 0,
    heldDelivered: 0,
    heldRejected: 0,
    heldSuperseded: 0,
    notStarted: 0,
    running: 2,
    pending: 5,
  },
  spentUsd: 1.87,
  reservedUsd: 0.12,
  budgetUsd: 5,
};
