import {z} from 'zod';
import {mcpSchema} from './agent-schema.ts';
import {line, sharedFields, usd} from './fields.ts';
import {sandboxSchema} from './sandbox-schema.ts';

const {
  mode,
  model,
  models,
  output,
  deliver,
  labels,
  reviewers,
  draft,
  verify,
  command_timeout_s,
  timeout_s,
  force,
  context_tokens,
  max_output_tokens,
  agent,
  max_turns,
  job_timeout_s,
  job_budget_usd,
  exclude,
  allow,
  deny,
  allow_protected,
  max_changed_files,
  max_changed_lines,
} = sharedFields;

/** `settings` of a task configuration. What stands here wins over the command line. */
export const settingsSchema = z
  .strictObject({
    parallel: z
      .boolean()
      .exactOptional()
      .describe('false runs one repo at a time, in the listed order. Default: true.'),
    max_workers: z.int().min(1).max(10_000).exactOptional().describe('Jobs at once on this machine. Default: 5.'),
    simple_mode: z
      .boolean()
      .exactOptional()
      .describe('true is mode "simple", false is mode "agent". A task\'s "mode" wins.'),
    mode: mode.exactOptional(),
    log_file: line('a path').exactOptional().describe('Also write the log there. Default: standard output only.'),
    log_max_mb: z
      .number()
      .min(0.001)
      .max(1_000_000)
      .exactOptional()
      .describe(
        'A log_file larger than this, in megabytes, is set aside as .1 (.2, .3) before a run starts. Default: 10.',
      ),
    model: model.exactOptional(),
    models: models.exactOptional(),
    output: output.exactOptional(),
    deliver: deliver.exactOptional(),
    push: z.boolean().exactOptional().describe('true pushes branches to the remote. Default: false.'),
    budget_usd: usd().exactOptional().describe('Most that one run may cost, in US dollars.'),
    budget_usd_per_day: usd().exactOptional().describe('Most that all runs of a day may cost together, in US dollars.'),
    budget_usd_per_month: usd()
      .exactOptional()
      .describe('Most that all runs of a month may cost together, in US dollars.'),
    deadline: z
      .string()
      .regex(/^(?:[01][0-9]|2[0-3]):[0-5][0-9]$/, {error: 'expected a time of day as "HH:MM", from "00:00" to "23:59"'})
      .exactOptional()
      .describe('Local time, the next one, after which no new job starts, as "HH:MM".'),
    results_dir: line('a path').exactOptional().describe('Where the results file goes. Default: the home directory.'),
    batch: z
      .boolean()
      .exactOptional()
      .describe('true uses the batch interface of the provider: half the price, slower. Default: false.'),
    force: force.exactOptional(),
    notify: z
      .array(address('a URL such as "https://…", or "$NAME" of a variable that holds one'))
      .max(50)
      .exactOptional()
      .describe(
        'URLs told when a run ends that changed or failed something: https (webhook, Slack, ntfy), mailto or smtp. $NAME takes one from the environment.',
      ),
    dead_man_url: address('a URL such as "https://…", or "$NAME" of a variable that holds one')
      .exactOptional()
      .describe(
        'URL asked for when a run has ended, with /fail behind it unless all went well, so that a night that did not happen is noticed. $NAME takes it from the environment.',
      ),
    expect_every: z
      .string()
      .regex(/^[1-9]\d{0,4}[mhd]$/, {error: 'expected a time span such as "24h", "7d" or "90m"'})
      .exactOptional()
      .describe('How often this configuration is meant to start; `status` says when it did not. Default: not watched.'),
    fleet: line('a path')
      .exactOptional()
      .describe('The fleet file. Default: config/repos.json, then repos.json in the state directory.'),
    skills: z
      .array(line('a path'))
      .max(100)
      .exactOptional()
      .describe('Folders searched for skills before all others; or folders of single skills.'),
    exclude: exclude.exactOptional(),
    allow: allow.exactOptional(),
    deny: deny.exactOptional(),
    allow_protected: allow_protected.exactOptional(),
    max_changed_files: max_changed_files.exactOptional(),
    max_changed_lines: max_changed_lines.exactOptional(),
    labels: labels.exactOptional(),
    reviewers: reviewers.exactOptional(),
    draft: draft.exactOptional(),
    verify: verify.exactOptional(),
    command_timeout_s: command_timeout_s.exactOptional(),
    sandbox: sandboxSchema.exactOptional(),
    timeout_s: timeout_s.exactOptional(),
    context_tokens: context_tokens.exactOptional(),
    max_output_tokens: max_output_tokens.exactOptional(),
    agent: agent.exactOptional(),
    mcp: mcpSchema.exactOptional(),
    max_turns: max_turns.exactOptional(),
    job_timeout_s: job_timeout_s.exactOptional(),
    job_budget_usd: job_budget_usd.exactOptional(),
    max_attempts: z
      .int()
      .min(1)
      .max(100)
      .exactOptional()
      .describe(
        'Most calls of one model for one reply. Default: 6 when the server or the network is at fault; as many as it takes when the provider asks to wait, for 15 minutes.',
      ),
    pr_per_hour: z
      .int()
      .min(1)
      .max(10_000)
      .exactOptional()
      .describe('Most pull requests opened in an hour. Default: 20.'),
    grace_s: z
      .number()
      .min(0)
      .max(86_400)
      .exactOptional()
      .describe('How long calls in flight may go on after a stop, in seconds. Default: 60.'),
  })
  .describe('What holds for every task. Settings win over the command line.');

export type WrittenSettings = z.infer<typeof settingsSchema>;

function address(what: string) {
  return z
    .string()
    .max(4096)
    .regex(
      /^(?:(?:(?:slack\+|ntfy\+)?https?|ntfy|smtps?):\/\/[^\s]+|mailto:[^\s]+|\$\{?[A-Za-z_][A-Za-z0-9_]*\}?[^\s]*)$/,
      {
        error: `this must be ${what}`,
      },
    );
}
