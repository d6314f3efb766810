import type {CronExpression} from './cron-expression.ts';

/** A workflow that runs the configuration in the repository it stands in. GitHub's times are UTC. */
export function renderWorkflow(id: string, cron: CronExpression, config: string): string {
  return `name: orchestrator ${id}
on:
  schedule:
    # UTC, and later than that when GitHub is busy.
    - cron: '${cron.text}'
  workflow_dispatch:
permissions:
  contents: write
concurrency: orchestrator-${id}
jobs:
  run:
    runs-on: ubuntu-latest
    timeout-minutes: 300
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
        with:
          fetch-depth: 50
      - uses: your-org/orchestrator@v0.1.0
        with:
          config: ${JSON.stringify(config)}
        env:
          ANTHROPIC_API_KEY: \${{ secrets.ANTHROPIC_API_KEY }}
`;
}
