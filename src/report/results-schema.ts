import {z} from 'zod';
import {rejectReasons} from '../domain/change.ts';
import {failureReasons, notStartedReasons} from '../domain/outcome.ts';
import {sandboxTiers} from '../domain/sandbox.ts';

const failures = Object.keys(failureReasons) as (keyof typeof failureReasons)[];
const notStarted = Object.keys(notStartedReasons) as (keyof typeof notStartedReasons)[];

const delivered = z.strictObject({
  kind: z.enum(['files', 'branch', 'pull-request', 'patch']),
  branch: z.string().optional(),
  commit: z.string().optional(),
  url: z.string().optional(),
  path: z.string().optional().describe('Patch file, on the machine that ran the job.'),
  note: z.string().optional().describe('What of it the forge did not take, such as a label.'),
});

/** The published shape of a results file; `ResultRow` and schema/results.schema.json both come from it. */
export const resultRowSchema = z.strictObject({
  run: z.string().describe('Id of the run.'),
  task: z.string().describe('Name of the task in the configuration.'),
  skill: z.string(),
  repo: z.string().describe('Name of the repo in the fleet.'),
  path: z.string().nullable().describe('Path on the machine that ran the job.'),
  job: z.string().describe('What logs and commands call the job: skill/repo.'),
  worker: z
    .string()
    .optional()
    .describe('Which worker has it or had it last, by host and process; for runs in a queue.'),
  status: z.enum(['success', 'error', 'skipped', 'cancelled', 'pending', 'running']),
  outcome: z.enum(['changed', 'unchanged', 'up-to-date', 'not-started', ...failures]).optional(),
  reason: z.enum(notStarted).optional().describe('Why the job was not started.'),
  message: z.string().optional().describe('What happened; always there on an error.'),
  next: z.string().optional().describe('What to do about an error.'),
  mode: z.enum(['simple', 'agent', 'script']),
  model: z.string().nullable(),
  output_file: z
    .string()
    .nullable()
    .describe('Null when neither task nor skill names one, and an agent or a script did the work.'),
  files: z.array(z.strictObject({path: z.string(), added: z.int(), removed: z.int()})).optional(),
  delivered: delivered.optional().describe('Proof that the change left.'),
  review: z
    .strictObject({
      state: z.enum(['to-review', 'to-deliver', 'rejected', 'delivered', 'superseded']),
      decided_at: z.string().optional().describe('ISO time, UTC.'),
      why: z.enum(rejectReasons).optional().describe('Why it was rejected.'),
      text: z.string().optional().describe('The same in words of the person.'),
      delivered: delivered.optional().describe('Where it went after the run.'),
    })
    .optional()
    .describe(
      'What became of a change that a person decides on. Not in results files: as the ledger has it when it is asked.',
    ),
  attempts: z.int().optional().describe('Model calls of the last attempt at the job, answered or not.'),
  started_at: z.string().optional().describe('ISO time, UTC.'),
  timestamp: z.string().optional().describe('When the job ended; ISO time, UTC.'),
  duration_ms: z.number().optional(),
  usage: z
    .strictObject({
      input_tokens: z.number().describe('All input tokens, cache reads and writes included.'),
      output_tokens: z.number(),
      cache_read_tokens: z.number(),
      cache_write_tokens: z.number(),
      requests: z.int(),
    })
    .optional(),
  cost_usd: z
    .number()
    .nullable()
    .optional()
    .describe(
      'US dollars: all that the job cost in this run, earlier attempts included; null when the price is not known.',
    ),
  cost_reason: z.string().optional().describe('Why the cost is not known.'),
  held_back: z
    .array(z.string())
    .optional()
    .describe('Files that were not sent because they hold a secret, with the rule.'),
  left_out: z
    .record(z.string(), z.number())
    .optional()
    .describe('How many files were not shown to the model, by reason.'),
  sandbox: z
    .enum([...sandboxTiers, 'none'])
    .optional()
    .describe(
      'What kept commands in: "strong" was attacked before it was used, "external" is the word of the operator, "none" stands for an agent without commands, or one that is not ours.',
    ),
  network: z
    .strictObject({
      allowed: z.array(z.string()).describe('Hosts that commands could reach; empty: no network at all.'),
      reached: z
        .array(
          z.strictObject({
            host: z.string(),
            times: z.int(),
            sent_bytes: z.int().describe('By commands.'),
            received_bytes: z.int(),
          }),
        )
        .optional(),
      refused: z
        .array(z.strictObject({host: z.string().describe('Untrusted.'), times: z.int(), why: z.string()}))
        .optional()
        .describe('What the proxy did not pass on.'),
      more: z.int().optional().describe('Requests to further hosts, of which no more is kept.'),
    })
    .optional()
    .describe('What commands in a strong sandbox could reach, and what they asked for.'),
  verified: z
    .array(
      z.strictObject({
        command: z.string(),
        before: z.enum(['passed', 'failed', 'not-run']),
        after: z.enum(['passed', 'failed', 'flaky', 'timed-out', 'not-run']),
        duration_ms: z.number().describe('All its runs together, before and after.'),
        output: z.string().describe('The end of what it said. Untrusted.'),
        missing: z.string().optional().describe('The program that was not found, so that it could not be run.'),
      }),
    )
    .optional()
    .describe('Verify commands, at the planned commit and with the change.'),
  warnings: z.array(z.string()).optional().describe('What to know before the job is taken for done.'),
  dropped: z
    .array(z.string())
    .optional()
    .describe('What the job made that git cannot have, and that is no part of the change.'),
  batch: z.boolean().optional().describe('Answered through the batch interface of the provider, at its price.'),
  replayed: z.boolean().optional().describe('A recorded reply was used; nothing was paid.'),
});

export const resultsSchema = z.array(resultRowSchema);

export type ResultRow = z.infer<typeof resultRowSchema>;
